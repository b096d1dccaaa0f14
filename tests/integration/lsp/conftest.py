"""Servers with a scripted assistant."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.editor import Editor, ghost_text_capabilities
from tests.integration.lsp_record import ENV, SERVER, Command, Record, StartEditor
from tests.wire import Wire, wired


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Where the scripted assistant writes down what it is asked."""
    return Record(tmp_path / "record.jsonl")


@pytest.fixture
def scripted(record: Record) -> Command:
    """The command of a server whose assistant says `text` after `delay_s`."""

    def command(text: str = "return 1", delay_s: float = 0.0, failure: tuple[str, ...] = ()) -> tuple[str, ...]:
        return (sys.executable, str(SERVER), str(record.path), text, str(delay_s), *failure)

    return command


@pytest.fixture
async def start_editor(scripted: Command) -> AsyncIterator[StartEditor]:
    """Start editors; they are stopped after the test."""
    editors: list[Editor] = []

    async def start(
        capabilities: types.ClientCapabilities | None = None,
        *,
        text: str = "return 1",
        delay_s: float = 0.0,
        failure: tuple[str, ...] = (),
        **more: Any,
    ) -> Editor:
        command = list(scripted(text, delay_s, failure))
        editor = await Editor.start(command, capabilities or ghost_text_capabilities(), env=ENV, **more)
        editors.append(editor)
        return editor

    yield start
    for editor in editors:
        await editor.stop()


@pytest.fixture
async def wire(scripted: Command) -> AsyncIterator[Wire]:
    """A server that has been started and told nothing."""
    async with wired(*scripted("done"), env=ENV) as wire:
        yield wire
