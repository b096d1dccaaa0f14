"""The door `cairn lsp` is cheap to look at and knows what editors append."""

import subprocess
import sys

from click.testing import CliRunner

from lsp.commands import lsp


def test_help_is_shown_whatever_an_editor_appends() -> None:
    """Some clients add --stdio, some --clientProcessId; neither is wrong usage."""
    result = CliRunner().invoke(lsp, ["--stdio", "--clientProcessId", "7", "--help"])

    assert result.exit_code == 0
    assert "language server" in result.output


def test_the_door_imports_nothing_heavy() -> None:
    """`cairn --help` loads every door, so no door may load a library of its room."""
    code = "import sys, lsp.commands; sys.exit(bool({'pygls', 'lsprotocol', 'assistant.client'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
