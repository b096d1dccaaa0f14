"""Copying: what a terminal is sent, and which program is asked."""

import base64
from pathlib import Path

import pytest

from assistant.tui.clipboard import copy_by_program, osc52


def test_a_terminal_is_sent_the_text_encoded() -> None:
    """Nothing in the text can end the sequence or begin another."""
    text = "x = '\x1b]52;c;?\x07' # é"

    sequence = osc52(text, {})

    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\x07")
    assert base64.b64decode(sequence[7:-1]).decode() == text


def test_tmux_passes_the_sequence_on() -> None:
    """Its escapes are doubled, as tmux wants what it passes through."""
    plain, wrapped = osc52("x", {}), osc52("x", {"TMUX": "/tmp/tmux"})  # noqa: S108

    assert wrapped == plain + "\x1bPtmux;\x1b" + plain + "\x1b\\"


@pytest.fixture
def programs(tmp_path: Path):
    """Write programs that note what they are given."""

    def write(name: str, *, works: bool = True) -> None:
        script = f'#!/bin/sh\n/bin/cat > "{tmp_path}/{name}.txt"\nexit {0 if works else 1}\n'
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)

    return write


def test_the_program_of_the_running_desktop_is_asked(tmp_path: Path, programs) -> None:
    """Wayland's where Wayland runs; the text comes on its stdin."""
    programs("wl-copy")
    programs("xclip")

    used = copy_by_program("é\n", {"PATH": str(tmp_path), "WAYLAND_DISPLAY": "w", "DISPLAY": ":0"})

    assert used == "wl-copy"
    assert (tmp_path / "wl-copy.txt").read_text() == "é\n"


def test_a_program_that_fails_leaves_it_to_the_next(tmp_path: Path, programs) -> None:
    """And where none works, nothing is claimed."""
    programs("wl-copy", works=False)
    programs("xclip")
    environ = {"PATH": str(tmp_path), "WAYLAND_DISPLAY": "w", "DISPLAY": ":0"}

    assert copy_by_program("x", environ) == "xclip"
    assert copy_by_program("x", {"PATH": str(tmp_path)}) == ""


def test_over_ssh_no_program_is_asked(tmp_path: Path, programs) -> None:
    """It would fill the clipboard of a machine that nobody sits at."""
    programs("pbcopy")

    assert copy_by_program("x", {"PATH": str(tmp_path), "SSH_CONNECTION": "1"}) == ""
