"""The daemon dies while it works for an editor: the editor is answered, and the next request is served."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.wire import Wire, ghost_params, wired

COMMAND = (sys.executable, "-I", "-m", "assistant", "lsp")
TEXT = "def add(a, b):\n    return "


async def show(wire: Wire, line: int, character: int) -> list[str]:
    """Ask for ghost text; the texts."""
    return [item["insertText"] for item in await wire.ghost(line, character) or ()]


@pytest.mark.slow
async def test_the_next_request_works_after_the_daemon_was_killed(home: Path, cairn, daemon_pids) -> None:
    """Killed with a request in its hands, again and again; the server starts another and goes on."""
    async with wired(*COMMAND, env=dict(os.environ)) as wire:
        await wire.initialize()
        wire.open(TEXT)
        before = await show(wire, 1, 11)
        for kill in range(2):
            daemon, engine = await asyncio.to_thread(daemon_pids)
            for pid in (daemon, engine):
                os.kill(pid, signal.SIGSTOP)  # so that the request cannot be answered before
            wire.send("textDocument/inlineCompletion", ghost_params(0, 3), id=f"killed {kill}")
            await asyncio.sleep(0.3)
            os.kill(daemon, signal.SIGKILL)
            os.kill(engine, signal.SIGKILL)
            interrupted = await wire.answer(f"killed {kill}")
            wire.change({"text": TEXT})

            assert "result" in interrupted
            assert await show(wire, 1, 11) == before
        assert before
        await wire.ask("shutdown", None)
        wire.send("exit", None)
        assert await wire.exit_code() == 0
        assert b"Traceback" not in await wire.process.stderr.read()
