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


def test_the_server_starts_without_what_only_later_work_needs() -> None:
    """How long a start takes is measured by `cairn bench lsp`; here, that it loads no numpy, no engine and no chat."""
    code = (
        "import sys, lsp.transports.stdio; from assistant.client import connect; from lsp.server import build_server; "
        "build_server(connect()); "
        "print(*{'numpy', 'llama_cpp', 'textual', 'torch', 'rich', 'starlette', 'tree_sitter'} & set(sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "\n"


def test_the_door_imports_nothing_heavy() -> None:
    """`cairn --help` loads every door, so no door may load a library of its room."""
    code = "import sys, lsp.commands; sys.exit(bool({'pygls', 'lsprotocol', 'assistant.client'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
