"""Text to the clipboard: the terminal's own way first, then a program of the desktop.

OSC 52 reaches the clipboard of the terminal that the user sits at, over ssh, too; but some terminals ignore it and none
says so. Therefore a program is asked as well, where the desktop is this machine's.
"""

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

_PROGRAMS: Sequence[tuple[str, Sequence[str]]] = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
    ("", ("clip.exe",)),
)
"""A variable that tells that the program would work ("" for none), and the program."""
_PATIENCE_S = 2.0


def osc52(text: str, environ: Mapping[str, str] = os.environ) -> str:
    r"""The escape sequence that asks a terminal to copy `text`; within tmux it is passed through to tmux's own.

    Text is encoded: nothing in it can end the sequence. Source: xterm's control sequences, OSC 52; tmux(1),
    `allow-passthrough`.
    """
    sequence = f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode()}\x07"
    if "TMUX" not in environ:
        return sequence
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"{sequence}\x1bPtmux;{doubled}\x1b\\"  # tmux takes the first where set-clipboard is on, else the second


def copy_by_program(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """Hand `text` to the first program that takes it: its name; "" where there is none, or this is a remote shell."""
    if "SSH_CONNECTION" in environ:
        return ""
    for variable, command in _PROGRAMS:
        program = shutil.which(command[0], path=environ.get("PATH"))
        if program and (not variable or environ.get(variable)):
            try:
                subprocess.run(  # noqa: S603  # a fixed list of programs, the text on stdin
                    [program, *command[1:]],
                    input=text.encode("utf-8", "replace"),
                    stdout=subprocess.DEVNULL,  # xclip stays behind and would keep a pipe open
                    stderr=subprocess.DEVNULL,
                    timeout=_PATIENCE_S,
                    check=True,
                )
            except (OSError, subprocess.SubprocessError):
                continue
            return command[0]
    return ""
