"""What `cairn doctor` concludes from what it sees."""

import json
import sys

import pytest

from assistant.doctor import machine, models, serving, terminal
from assistant.doctor.settings import check_settings


@pytest.mark.parametrize(
    ("environ", "is_known"),
    [
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, True),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-kitty", "TMUX": "default,1,0"}, False),
    ],
)
def test_the_keys_of_a_terminal_are_guessed_from_its_name(environ, is_known) -> None:
    """And tmux stands before it."""
    assert terminal.knows_kitty_keys(environ) is is_known


def test_a_narrow_latin_terminal_in_tmux_gets_three_pieces_of_advice() -> None:
    """Nothing of it is a failure."""
    check = terminal.check_terminal({"TERM": "screen", "TMUX": "x", "NO_COLOR": "1"}, columns=40, encoding="latin-1")

    assert check.is_good
    assert check.hint.count(";") == 2
    assert "NO_COLOR" in check.found


def test_the_clipboard_is_the_one_at_the_person_s_end() -> None:
    """Over SSH the programs here copy for nobody."""

    def which(tool):
        return "/bin/x" if tool == "xclip" else None

    assert "xclip" in terminal.check_clipboard({}, which).found
    assert "xclip" not in terminal.check_clipboard({"SSH_CONNECTION": "a"}, which).found
    assert "install" in terminal.check_clipboard({}, lambda _: None).hint


def test_every_fault_of_both_files_is_shown_with_its_line(home, tmp_path) -> None:
    """Yours first."""
    (home / "config" / "cairn").mkdir(parents=True)
    (home / "config" / "cairn" / "config.toml").write_text("\nmodle = 1\n")
    (tmp_path / ".cairn.toml").write_text("endpoint = 'http://x'\n")

    check = check_settings(tmp_path)

    assert not check.is_good
    assert '"modle"' in check.found
    assert "line 2" in check.found
    assert 'may not set "endpoint"' in check.found


def test_the_smallest_limit_on_the_way_up_counts(tmp_path) -> None:
    """Control groups are nested; what is not in one has no limit."""
    assert machine.memory_limit(tmp_path) == 0
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.memory_limit(tmp_path) == 0
    (tmp_path / "memory.max").write_text("1000\n")
    assert machine.memory_limit(tmp_path) == 1000


def test_llama_cpp_says_how_it_was_built() -> None:
    """In a process of its own: nothing of it is loaded here."""
    assert machine.check_engine().is_good
    assert "CPU" in machine.check_engine().found


def test_a_broken_model_is_named_and_hashes_are_asked_for(home) -> None:
    """The others are listed all the same."""
    folder = home / "data" / "cairn" / "models"
    folder.mkdir(parents=True)
    (folder / "bad.gguf").write_bytes(b"GGUF")

    quick, full = models.check_others(is_full=False), models.check_others(is_full=True)

    assert not quick.is_good
    assert quick.found.startswith("bad: ")
    assert "builtin" in quick.found
    assert models.check_builtin().found.removesuffix("…") in full.found
    assert "sha256" not in quick.found


def test_the_language_server_is_really_started(home) -> None:
    """Initialised, shut down, ended; its daemon is not needed for that."""
    assert serving.check_language_server().is_good
    assert not (home / "run" / "cairn" / "cairn.sock").exists()


@pytest.mark.parametrize(("program", "why"), [("raise SystemExit('no room')", "no room"), ("pass", "exit code 0")])
def test_a_language_server_that_does_not_answer_is_said(program, why) -> None:
    """With what it said last."""
    check = serving.check_language_server([sys.executable, "-c", program])

    assert not check.is_good
    assert why in check.found


def test_the_framing_is_the_protocol_s() -> None:
    """The length counts bytes."""
    head, body = serving.framed({"method": "é"}).split(b"\r\n\r\n")

    assert int(head.partition(b": ")[2]) == len(body)
    assert json.loads(body) == {"jsonrpc": "2.0", "method": "é"}
