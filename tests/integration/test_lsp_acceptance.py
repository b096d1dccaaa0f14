"""An editor's session ends in the acceptance log, over real stdin and stdout."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from assistant import paths
from lsp.acceptance.store import opened
from tests.editor import Editor, ghost_text_capabilities

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests" / "integration" / "lsp_scripted_server.py"


async def session(tmp_path: Path, **more: Any) -> Editor:
    command = [sys.executable, str(SERVER), str(tmp_path / "record.jsonl"), 'add(first, "🐍ok!")', "0"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return await Editor.start(command, ghost_text_capabilities(), env=env, **more)


def logged() -> list[tuple[Any, ...]]:
    with opened(paths.acceptance_file()) as connection:
        return connection.execute("SELECT language, outcome, num_shown, num_accepted FROM suggestions").fetchall()


@pytest.mark.usefixtures("home")
async def test_an_accepted_suggestion_is_noted_with_its_language(tmp_path: Path) -> None:
    """The edit tells, the command confirms; positions are UTF-16."""
    editor = await session(tmp_path)
    editor.open("𝔵 = \n")
    ghost = await editor.ghost(0, 5)
    editor.edit((0, 5), (0, 5), str(ghost))
    params = types.ExecuteCommandParams("cairn.accepted", [1])
    await editor.client.workspace_execute_command_async(params)
    await editor.stop()

    assert logged() == [("python", "accepted", 18, 18)]


@pytest.mark.usefixtures("home")
async def test_words_that_were_taken_and_what_was_typed_are_one_suggestion(tmp_path: Path) -> None:
    """The editor asks again after each piece, and gets what is left."""
    editor = await session(tmp_path)
    editor.open("x = \n")
    await editor.ghost(0, 4)
    editor.edit((0, 4), (0, 4), "add")
    await editor.ghost(0, 7)
    editor.edit((0, 7), (0, 7), "[")
    await editor.stop()

    assert logged() == [("python", "partly", 18, 3)]


@pytest.mark.usefixtures("home")
async def test_nothing_is_noted_where_the_user_does_not_want_it(tmp_path: Path) -> None:
    """Not even a file."""
    editor = await session(tmp_path, options={"acceptance_log": False})
    editor.open("x = \n")
    ghost = await editor.ghost(0, 4)
    editor.edit((0, 4), (0, 4), str(ghost))
    await editor.stop()

    assert not paths.acceptance_file().parent.exists()


@pytest.mark.parametrize("arguments", [None, [], ["1"], [{"a": 1}], [99], [True]])
@pytest.mark.usefixtures("home")
async def test_a_command_that_names_no_suggestion_does_nothing(tmp_path: Path, arguments: list[Any] | None) -> None:
    """Anybody can send one."""
    editor = await session(tmp_path)
    editor.open("x = \n")
    await editor.ghost(0, 4)

    params = types.ExecuteCommandParams("cairn.accepted", arguments)
    assert await editor.client.workspace_execute_command_async(params) is None
    await editor.stop()
