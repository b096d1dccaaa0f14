"""A terminal under a test: tmux holds the screen, keys go in and lines come out."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


def wait_for(look: Callable[[], Any], *, timeout_s: float = 60.0) -> Any:
    """Look again and again until something true is seen."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not seen within {timeout_s} s"
        time.sleep(0.02)
    return seen


class Terminal:
    """A terminal with a program in it."""

    def __init__(self, folder: Path) -> None:
        self._command = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux.sock")]
        self._folder = folder

    def tmux(self, *arguments: str) -> str:
        """Run a command of tmux, whose server is the test's own."""
        whole = [*self._command, *arguments]
        return subprocess.run(whole, capture_output=True, text=True, timeout=60, check=True, cwd=self._folder).stdout

    def press(self, *keys: str) -> None:
        """Press keys, in tmux's notation: `Tab`, `C-Right`; other words are typed."""
        self.tmux("send-keys", *keys)

    @property
    def is_open(self) -> bool:
        """Whether the program in it still runs; tmux ends with the last one."""
        command = [*self._command, "has-session"]
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0

    @property
    def lines(self) -> list[str]:
        """What stands on the screen, without blanks at the ends."""
        return self.tmux("capture-pane", "-p").splitlines()

    def wait_for(self, is_wanted: Callable[[str], bool], *, timeout_s: float = 60.0) -> str:
        """Wait until there is such a line on the screen; the first of them."""
        return wait_for(lambda: next(filter(is_wanted, self.lines), ""), timeout_s=timeout_s)


@contextlib.contextmanager
def terminal(folder: Path, command: list[str], *, size: tuple[int, int] = (100, 40)) -> Iterator[Terminal]:
    """Run a program on a terminal of so many columns and rows; it and what it started are gone afterwards."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed: .ci/editors does it")
    screen = Terminal(folder)
    sizeless = ("env", "-u", "COLUMNS", "-u", "LINES")  # pytest sets them, and programs believe them
    screen.tmux("new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), *sizeless, *command)
    try:
        yield screen
    finally:
        if screen.is_open:
            screen.tmux("kill-server")
