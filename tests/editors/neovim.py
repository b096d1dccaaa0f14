"""Neovim under a test: keys go in as a person's would, and what it holds is asked over its socket."""

import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).parents[2] / "lsp" / "editors" / "neovim"
SERVER = Path(__file__).with_name("neovim_server.lua")


def find_neovim() -> str:
    """Path of `nvim`, from the virtual environment or from PATH; skips the test where there is none new enough."""
    program = shutil.which("nvim", path=str(Path(sys.executable).parent)) or shutil.which("nvim")
    if program is None:
        pytest.skip("nvim is not installed: .ci/editors does it")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    major_minor = tuple(int(part) for part in version.split()[1].lstrip("v").split(".")[:2])
    if major_minor < (0, 10):
        pytest.skip(f"the plugin needs Neovim 0.10, and {program} is {version.split()[1]}")
    return program


def wait_for(look: Callable[[], Any], *, timeout_s: float = 10.0) -> Any:
    """Look again and again until something true is seen."""
    deadline = time.monotonic() + timeout_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not seen within {timeout_s} s"
        time.sleep(0.02)
    return seen


class Neovim:
    """A running Neovim.

    Attributes:
        program: Its path.
        socket: Where it listens.
    """

    def __init__(self, program: str, socket: Path) -> None:
        self.program = program
        self.socket = socket

    def lua(self, expression: str) -> Any:
        """Value of a Lua expression."""
        script = f"json_encode(luaeval({json.dumps(expression, ensure_ascii=False)}))"
        command = [self.program, "--server", str(self.socket), "--remote-expr", script]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def do(self, statements: str) -> None:
        """Run Lua statements."""
        self.lua(f"(function() {statements} end)()")

    def type(self, keys: str) -> None:
        """Press keys, in Neovim's notation: `<Tab>`, `<lt>`. It works them off before it answers the next question."""
        self.lua(f"vim.api.nvim_input({lua_string(keys)})")

    @property
    def text(self) -> str:
        """The buffer."""
        return self.lua("table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\\n')")

    @property
    def ghost(self) -> str:
        """The suggestion that is drawn; empty if there is none."""
        return self.lua("_G.drawn()")

    def wait_for_ghost(self, text: str) -> None:
        """Wait until exactly this is drawn."""
        wait_for(lambda: self.ghost == text)


def lua_string(text: str) -> str:
    """A Lua literal."""
    return json.dumps(text, ensure_ascii=False)


@contextlib.contextmanager
def running(program: str, home: Path, init: str, file: Path | None = None) -> Iterator[Neovim]:
    """Run Neovim without a screen; it is gone afterwards."""
    (home / "init.lua").write_text(init)
    neovim = Neovim(program, home / "nvim.sock")
    command = [program, "-n", "--headless", "-u", str(home / "init.lua"), "--listen", str(neovim.socket)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, *([str(file)] if file else [])], cwd=home, **quiet) as process:
        try:
            wait_for(neovim.socket.exists)
            yield neovim
        finally:
            process.terminate()
            process.wait(10)
