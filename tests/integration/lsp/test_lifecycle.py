"""The beginning and every end of a session: good order, death of the editor, pipes that close."""

import asyncio
import contextlib
import subprocess
import sys
from pathlib import Path

import psutil

from tests.integration.lsp_record import ENV, Command
from tests.wire import INITIALIZE, Wire, message, wired

EDITOR = """
import subprocess, sys, time
server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
server.stdin.write(sys.argv[1].encode())
server.stdin.flush()
server.stdout.readline()
print(server.pid, flush=True)
time.sleep(60)
"""
"""A program that starts a server, hears its first answer, and waits to be killed."""


async def test_exit_after_shutdown_is_success(wire: Wire) -> None:
    """The orderly end has exit code 0."""
    await wire.initialize()
    answer = await wire.ask("shutdown", None)
    wire.send("exit", None)

    assert answer["result"] is None
    assert await wire.exit_code() == 0


async def test_exit_without_shutdown_is_failure(wire: Wire) -> None:
    """The protocol asks for exit code 1, before `initialize`, too."""
    wire.send("exit", None)

    assert await wire.exit_code() == 1


async def test_the_end_of_stdin_ends_the_server(wire: Wire) -> None:
    """An editor that died closes its pipe, be it in the midst of a message."""
    await wire.initialize()
    wire.writer.write(message("textDocument/didSave", None)[:-5])
    wire.writer.close()

    assert await wire.exit_code() == 1


def test_the_end_of_stdout_ends_the_server(scripted: Command) -> None:
    """Nobody hears the answers any more, though stdin stays open."""
    with subprocess.Popen(scripted(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(message("initialize", INITIALIZE, id=1))
        server.stdin.flush()
        server.stdout.readline()

        server.stdout.close()

        assert server.wait(5) == 1


async def test_the_end_of_the_editor_ends_the_server_even_if_stdin_stays_open(wire: Wire) -> None:
    """The process named at `initialize` is watched; its death is enough."""
    editor = await asyncio.create_subprocess_exec("sleep", "60")
    await wire.initialize(processId=editor.pid)

    editor.kill()
    exit_code = await wire.exit_code(within_s=3)
    await editor.wait()

    assert exit_code == 1


def test_an_editor_that_is_killed_leaves_no_server_behind(scripted: Command) -> None:
    """Within five seconds, and although it never said who it is."""
    first = message("initialize", INITIALIZE, id=1).decode()
    with subprocess.Popen(
        [sys.executable, "-c", EDITOR, first, *scripted()], stdout=subprocess.PIPE, env=ENV
    ) as editor:
        assert editor.stdout is not None
        server = psutil.Process(int(editor.stdout.readline()))

        editor.kill()

        with contextlib.suppress(psutil.NoSuchProcess):
            server.wait(5)
    assert not server.is_running()


async def test_the_end_of_the_editor_ends_what_it_had_asked_for(scripted: Command) -> None:
    """A request under way does not keep the server."""
    async with wired(*scripted(delay_s=60), env=ENV) as wire:
        await wire.initialize()
        wire.open("x")
        wire.send("textDocument/inlineCompletion", {"textDocument": {"uri": "file:///a"}}, id="half")
        await wire.answer("half")
        asking = asyncio.create_task(wire.ghost())
        await asyncio.sleep(0.2)

        wire.writer.close()

        assert await wire.exit_code() == 1
        asking.cancel()


async def test_an_editor_whose_process_cannot_be_seen_is_served(wire: Wire) -> None:
    """The number may come from outside of a container."""
    answer = await wire.initialize(processId=2**22 + 1)

    assert "result" in answer
    wire.open("x")
    assert await wire.ghost() is not None


async def test_there_is_one_initialize_and_nothing_after_shutdown(wire: Wire) -> None:
    """A second `initialize` and whatever comes after `shutdown` are refused as InvalidRequest."""
    await wire.initialize()
    second = await wire.ask("initialize", INITIALIZE)
    await wire.ask("shutdown", None)
    late = [await wire.ask(method, {}) for method in ("shutdown", "textDocument/inlineCompletion", "no/such")]

    assert second["error"]["code"] == -32600
    assert [answer["error"]["code"] for answer in late] == [-32600] * 3


async def test_before_initialize_requests_are_refused_and_notifications_dropped(wire: Wire) -> None:
    """The code is ServerNotInitialized; a document opened too early is not open."""
    wire.open("x")
    early = [await wire.ask(method, {}) for method in ("shutdown", "textDocument/inlineCompletion", "no/such")]
    await wire.initialize()

    assert [answer["error"]["code"] for answer in early] == [-32002] * 3
    assert await wire.ghost() is None


def test_a_server_without_a_pipe_says_so_and_ends(home: Path, tmp_path: Path) -> None:
    """Started by hand with stdin from a file it would wait for ever."""
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open() as file:
        done = subprocess.run(
            [sys.executable, "-I", "-m", "assistant", "lsp"], stdin=file, capture_output=True, text=True, timeout=60
        )

    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "error: stdin or stdout is no pipe"
