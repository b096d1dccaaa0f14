"""Neovim under a test: keys go in as a person's would, and what it holds is asked over its socket."""

import contextlib
import functools
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from tests.editors.terminal import wait_for

PLUGIN = Path(__file__).parents[2] / "lsp" / "editors" / "neovim"
SERVER = Path(__file__).with_name("neovim_server.lua")

DRAWN = """
-- What is drawn at the cursor and below, with its line breaks.
function _G.drawn()
  local namespace = vim.api.nvim_get_namespaces().cairn
  local mark = namespace and vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })[1]
  if not mark then
    return ''
  end
  local lines = { mark[4].virt_text[1][1] }
  for _, line in ipairs(mark[4].virt_lines or {}) do
    table.insert(lines, line[1][1])
  end
  return table.concat(lines, '\\n')
end
"""


@functools.cache
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


class Neovim:
    """A running Neovim, and a connection to it: MessagePack-RPC, one question at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = msgpack.Unpacker()

    def call(self, method: str, *arguments: Any) -> Any:
        """Result of a function of Neovim's API."""
        self._connection.sendall(msgpack.packb([0, 0, method, arguments]))
        while (answer := next(self._answers, None)) is None:
            self._answers.feed(self._connection.recv(1 << 16))
        _, _, error, result = answer
        assert error is None, error
        return result

    def lua(self, expression: str) -> Any:
        """Value of a Lua expression."""
        return self.call("nvim_exec_lua", f"return {expression}", [])

    def do(self, statements: str) -> None:
        """Run Lua statements."""
        self.call("nvim_exec_lua", statements, [])

    def type(self, keys: str) -> None:
        """Press keys, in Neovim's notation: `<Tab>`, `<lt>`. It works them off before it answers the next question."""
        self.call("nvim_input", keys)

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


Open = Callable[..., Neovim]
"""The fixture `open_file`."""


def answer_with(neovim: Neovim, text: str, more: str = "{}") -> None:
    """Let the server answer every question with this text at the cursor."""
    neovim.do(f"fake.script.answer = fake.items({lua_string(text)}, {more})")


def asked_at(neovim: Neovim) -> int | None:
    """Character of the newest question."""
    return neovim.lua("#fake.asked > 0 and fake.asked[#fake.asked].position.character or nil")


def lua_string(text: str) -> str:
    """A Lua literal."""
    return json.dumps(text, ensure_ascii=False)


@contextlib.contextmanager
def running(program: str, home: Path, init: str, file: Path | None = None) -> Iterator[Neovim]:
    """Run Neovim without a screen; it is gone afterwards."""
    (home / "init.lua").write_text(
        f"vim.g.loaded_python3_provider = 0\n{DRAWN}\n{init}"
    )  # looking for one takes half a second
    address = home / "nvim.sock"
    command = [program, "-n", "--headless", "-u", str(home / "init.lua"), "--listen", str(address)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, *([str(file)] if file else [])], cwd=home, **quiet) as process:
        try:
            with connected(address) as neovim:
                yield neovim
        finally:
            process.kill()
            address.unlink(missing_ok=True)


@contextlib.contextmanager
def connected(address: Path) -> Iterator[Neovim]:
    """Connect to a Neovim that was just started."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        wait_for(lambda: connection.connect_ex(str(address)) == 0)
        neovim = Neovim(connection)
        wait_for(lambda: neovim.lua("vim.v.vim_did_enter") == 1)  # it listens before it has read its configuration
        yield neovim
