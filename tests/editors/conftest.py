"""What tests of real editors ask for: editors, a daemon with the built-in model, a file with holes."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path

import psutil
import pytest

from tests.editors.neovim import PLUGIN, SERVER, Neovim, Open, find_neovim, lua_string, running
from tests.editors.terminal import wait_for
from tests.integration.conftest import cairn

__all__ = ["cairn", "demo_file", "open_file", "server_command"]


def servers() -> list[psutil.Process]:
    """The language servers that run in the test's home."""
    return [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if (process.info["cmdline"] or [""])[-1] == "lsp"
        and (process.info["environ"] or {}).get("XDG_RUNTIME_DIR") == os.environ["XDG_RUNTIME_DIR"]
    ]


@pytest.fixture
def server_command(cairn: object) -> Iterator[list[str]]:
    """The language server, as an editor starts it. It ends with its editor, and before its daemon is stopped."""
    yield [str(Path(sys.executable).with_name("cairn")), "lsp"]
    wait_for(lambda: not servers())


@pytest.fixture
def demo_file(home: Path) -> Path:
    """The file that `cairn demo` completes; one of its lines ends in `isinstance(name, `."""
    file = home / "notes.py"
    file.write_text(files("assistant").joinpath("demo_file.txt").read_text().replace("⟨hole⟩", ""))
    return file


@pytest.fixture
def open_file(home: Path) -> Iterator[Open]:
    """Open a file of this text, and type at its end in Insert mode."""
    program = find_neovim()
    with ExitStack() as stack:

        def open_file(text: str = "", *, setup: str = "", before: str = "", encoding: str = "utf-8") -> Neovim:
            file = home / "a.py"
            file.write_bytes(text.encode())
            init = (
                f"vim.opt.runtimepath:append({lua_string(str(PLUGIN))}); dofile({lua_string(str(SERVER))}); {before}\n"
                f"fake.script.encoding = {lua_string(encoding)}\n"
                f"require('cairn').setup(vim.tbl_extend('force', {{ cmd = fake.cmd }}, {{ {setup} }}))"
            )
            neovim = stack.enter_context(running(program, home, init, file))
            wait_for(lambda: neovim.lua("#vim.lsp.get_clients({ name = 'cairn' })"))
            neovim.type("GA")
            return neovim

        yield open_file
