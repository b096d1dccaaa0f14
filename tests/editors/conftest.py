"""What tests of real editors ask for: a daemon with the built-in model, and the demonstration file with its holes."""

import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tests.integration.conftest import cairn

__all__ = ["cairn", "demo_file", "server_command"]


@pytest.fixture
def server_command(cairn: object) -> list[str]:
    """The language server, as an editor starts it. The daemon that it starts ends with the test."""
    return [str(Path(sys.executable).with_name("cairn")), "lsp"]


@pytest.fixture
def demo_file(home: Path) -> Path:
    """The file that `cairn demo` completes; in line 24 a call is open after `isinstance(name, `."""
    file = home / "notes.py"
    file.write_text(files("assistant").joinpath("demo_file.txt").read_text().replace("⟨hole⟩", ""))
    return file
