"""What answers: the daemon, the language server, and the model behind both."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence

from assistant import paths
from assistant.client import Client, connect
from assistant.doctor.check import Check
from assistant.errors import CairnError, DaemonError
from assistant.protocol import ChatRequest, Json, Message, Timings

LSP_TIMEOUT_S = 30
LSP_COMMAND = (sys.executable, "-I", "-m", "assistant", "lsp")
NUM_TOKENS = 20
SLOW_TOKENS_PER_S = 5.0
LSP_SESSION: tuple[Json, ...] = (
    {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
    {"method": "initialized", "params": {}},
    {"id": 2, "method": "shutdown"},
    {"method": "exit"},
)


async def daemon_health() -> Json | None:
    """Ask the daemon how it is, without starting one."""
    async with Client(paths.socket_path(), start=False) as client:
        return await client.health()


def check_daemon() -> Check:
    """The daemon, if one runs."""
    try:
        health = asyncio.run(daemon_health())
    except DaemonError as error:
        return Check("daemon", False, str(error), error.hint)
    found = f"version {health['version']}, pid {health['pid']}" if health else "not running; any command starts it"
    return Check("daemon", True, f"{found}; log {paths.log_file()}")


def check_language_server(command: Sequence[str] = LSP_COMMAND) -> Check:
    """`cairn lsp`, as an editor starts it: started, shaken hands with, and asked to end."""
    said = b"".join(framed(message) for message in LSP_SESSION)
    try:
        done = subprocess.run(command, input=said, capture_output=True, timeout=LSP_TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Check("language server", False, f"no answer within {LSP_TIMEOUT_S} s", "see the log: cairn logs")
    if done.returncode or b'"capabilities"' not in done.stdout:
        why = done.stderr.decode("utf-8", "replace").strip()[-200:] or f"exit code {done.returncode}"
        return Check("language server", False, why, "try it by hand: cairn --debug lsp")
    return Check("language server", True, "started, shook hands, ended")


def framed(message: Json) -> bytes:
    """A message as it goes over the pipe."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def check_speed() -> Check:
    """Twenty tokens of the model in use, asked for as the chat does; the daemon is started for it."""
    try:
        timings = asyncio.run(_ask())
    except CairnError as error:
        return Check("speed", False, str(error), error.hint)
    if timings is None:
        return Check("speed", True, "not said by who answered")
    speed = timings.decode_tokens_per_s
    found = (
        f"{timings.num_completion_tokens} tokens: the first after {timings.ttft_ms:.0f} ms, then {speed:.0f} a second"
    )
    hint = (
        "a smaller model, or a stronger quantisation of this one, is quicker" if 0 < speed < SLOW_TOKENS_PER_S else ""
    )
    return Check("speed", True, found, hint)


async def _ask() -> Timings | None:
    request = ChatRequest(messages=(Message(role="user", content="Count from 1 to 100."),), max_tokens=NUM_TOKENS)
    async with connect() as client:
        return [delta.timings async for delta in client.chat(request)][-1]
