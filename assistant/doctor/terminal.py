"""The terminal, as far as it can be told without asking it: an answer would come as typed keys."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping

from assistant.doctor.check import Check

NARROW_COLUMNS = 60
KITTY_KEYS = {"xterm-kitty", "xterm-ghostty", "foot", "foot-extra", "alacritty", "wezterm", "contour"}
"""Terminals, by TERM, that can tell Shift+Enter from Enter once they are asked to."""
KITTY_PROGRAMS = {"WezTerm", "ghostty", "iTerm.app", "vscode", "rio"}
"""The same by TERM_PROGRAM."""
CLIPBOARD_TOOLS = ("wl-copy", "xclip", "xsel", "pbcopy", "clip.exe")


def check_terminal(environ: Mapping[str, str] = os.environ, columns: int = 0, encoding: str = "") -> Check:
    """Name, size, colours, keys; tmux and the wishes of the environment.

    Args:
        environ: TERM and its kin.
        columns: 0: as they are.
        encoding: Of the output; empty: as it is.
    """
    columns = columns or shutil.get_terminal_size().columns
    encoding = (encoding or sys.stdout.encoding).lower()
    said = [
        environ.get("TERM_PROGRAM") or environ.get("TERM") or "no terminal",
        f"{columns} columns",
        "true colour" if environ.get("COLORTERM") in ("truecolor", "24bit") else "256 colours or fewer",
        "Shift+Enter likely works" if knows_kitty_keys(environ) else "Shift+Enter likely does not; Ctrl+J does",
        *(name for name in ("NO_COLOR", "ACCESSIBLE") if environ.get(name)),
        *(["in tmux"] if environ.get("TMUX") else []),
    ]
    return Check("terminal", True, ", ".join(said), "; ".join(_advice(environ, columns, encoding)))


def knows_kitty_keys(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is one that has the kitty keyboard protocol; tmux does not pass it on by itself."""
    if environ.get("TMUX"):
        return False
    return environ.get("TERM") in KITTY_KEYS or environ.get("TERM_PROGRAM") in KITTY_PROGRAMS


def _advice(environ: Mapping[str, str], columns: int, encoding: str) -> list[str]:
    advice: list[str] = []
    if columns < NARROW_COLUMNS:
        advice.append(f"the chat wants {NARROW_COLUMNS} columns")
    if encoding not in ("utf-8", "utf8"):
        advice.append(f"the output is {encoding}: set LANG to a UTF-8 locale")
    if environ.get("TMUX"):
        advice.append("in tmux, `set -g set-clipboard on` and `set -g extended-keys on` bring copying and keys through")
    return advice


def check_clipboard(
    environ: Mapping[str, str] = os.environ, which: Callable[[str], str | None] = shutil.which
) -> Check:
    """What can copy: the terminal itself by OSC 52, which cannot be asked, and programs."""
    found = [tool for tool in CLIPBOARD_TOOLS if which(tool)]
    if environ.get("SSH_CONNECTION"):
        return Check("clipboard", True, "over SSH: by the terminal (OSC 52), programs here reach another clipboard")
    if found:
        return Check("clipboard", True, f"by the terminal (OSC 52), {', '.join(found)}")
    return Check(
        "clipboard", True, "by the terminal alone (OSC 52)", "if copying does nothing: install wl-clipboard or xclip"
    )
