"""Starting, racing, dying, stopping."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from assistant import paths
from assistant.client import connect
from assistant.protocol import ChatRequest, FimRequest, Message

REQUEST = FimRequest(prefix="import ", suffix="\n", max_tokens=4)
LONG_CHAT = ChatRequest(messages=(Message(role="user", content="import "),), max_tokens=900, temperature=0.0)


async def test_twenty_clients_that_start_together_meet_one_daemon(cairn) -> None:
    """Each may start one; the lock lets one live, and all are answered by it."""

    async def ask() -> int:
        async with connect() as client:
            return (await client.status()).pid

    pids = await asyncio.gather(*(ask() for _ in range(20)))

    assert len(set(pids)) == 1


async def test_a_killed_daemon_is_replaced_by_the_next_request(cairn, daemon_pids, hard_kill) -> None:
    """Its stale socket and lock stand in nobody's way, and its engine ends with it."""
    async with connect() as client:
        before = await client.complete(REQUEST)
    daemon, engine = daemon_pids()

    hard_kill(daemon)

    async with connect() as client:
        after = await client.complete(REQUEST)
    assert after.text == before.text
    assert daemon_pids()[0] != daemon
    assert daemon_pids()[1] != engine


async def test_a_killed_engine_costs_a_request_and_not_the_daemon(cairn, daemon_pids, hard_kill) -> None:
    """The next request starts a new engine in the same daemon."""
    async with connect() as client:
        before = await client.complete(REQUEST)
        daemon, engine = daemon_pids()

        hard_kill(engine)
        await asyncio.sleep(0.2)

        after = await client.complete(REQUEST)
    assert after.text == before.text
    assert daemon_pids()[0] == daemon


def test_a_second_daemon_is_told_that_one_runs(cairn) -> None:
    """Exit code 3 and two lines; the first one is not disturbed."""
    cairn("complete", f"{__file__}:1:1")
    pid = json.loads(cairn("status", "--json").stdout)["pid"]

    second = cairn("serve")

    assert second.returncode == 3
    assert second.stderr.startswith("error: a daemon is running already\nhint: ")
    assert json.loads(cairn("status", "--json").stdout)["pid"] == pid


def test_stop_ends_it_and_says_so_once(cairn) -> None:
    """The second time there is nothing to stop; neither is an error."""
    cairn("complete", f"{__file__}:1:1")

    assert cairn("stop").stdout == "stopped\n"
    assert not paths.socket_path().exists()
    assert cairn("stop").stdout == "no daemon was running\n"
    assert cairn("status").returncode == 1


def test_a_daemon_that_had_died_is_started_again_and_that_is_said_once(cairn, daemon_pids, hard_kill) -> None:
    """One line on stderr of the command that started it; stdout is what it always is."""
    first = cairn("complete", f"{__file__}:1:1")
    hard_kill(daemon_pids()[0])

    second = cairn("complete", f"{__file__}:1:1")
    third = cairn("complete", f"{__file__}:1:1")

    assert first.stderr == third.stderr == ""
    assert second.stderr == "the daemon had died; it was started again\n"
    assert second.stdout == first.stdout


def test_a_stopped_daemon_had_not_died(cairn) -> None:
    """It took its address away, so the next command has nothing to say."""
    cairn("complete", f"{__file__}:1:1")
    cairn("stop")

    assert cairn("complete", f"{__file__}:1:1").stderr == ""


async def test_a_client_that_comes_while_a_daemon_ends_waits_for_the_next_one(cairn, daemon_pids) -> None:
    """The old one still holds the lock, and nobody else would start a new one."""
    async with connect() as client, connect() as other:
        answer = client.chat(LONG_CHAT)
        await anext(answer)
        daemon = psutil.Process(daemon_pids()[0])
        daemon.terminate()
        while paths.socket_path().exists():
            await asyncio.sleep(0.01)

        await other.complete(REQUEST)
        await answer.aclose()

    assert daemon_pids()[0] != daemon.pid


OTHER_DAEMON = """
import json, os, signal, socket, sys
from filelock import FileLock

path, protocol = sys.argv[1], int(sys.argv[2])
FileLock(path.removesuffix(".sock") + ".lock").acquire()
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
signal.signal(signal.SIGTERM, lambda *_: (os.unlink(path), os._exit(0)))
print("ready", flush=True)
body = json.dumps({"status": "ok", "version": "9.9", "protocol": protocol, "pid": os.getpid()})
while True:
    connection = listener.accept()[0]
    connection.recv(65536)
    head = f"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: {len(body)}\\r\\n"
    connection.sendall((head + "connection: close\\r\\n\\r\\n" + body).encode())
    connection.close()
"""
"""A daemon of another version: it has the lock and the socket, and knows nothing but its health."""


@pytest.fixture
def other_daemon(cairn):
    """Start one that speaks a given protocol."""
    started = []

    def start(protocol: int) -> "subprocess.Popen[str]":
        command = [sys.executable, "-I", "-c", OTHER_DAEMON, str(paths.socket_path()), str(protocol)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout.readline() == "ready\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
    paths.socket_path().unlink(missing_ok=True)


def test_an_older_daemon_is_replaced(cairn, other_daemon) -> None:
    """It is asked to end, the command is answered by the new one, and one line says so."""
    older = other_daemon(1)

    answer = cairn("complete", f"{__file__}:1:1")

    assert older.wait(5) == 0
    assert answer.returncode == 0
    assert answer.stderr == "the daemon was version 9.9; 0.1.0 takes its place\n"
    assert json.loads(cairn("status", "--json").stdout)["version"] == "0.1.0"
    cairn("stop")


def test_a_newer_daemon_is_left_alone(cairn, other_daemon) -> None:
    """Two lines: this program is the one to update."""
    newer = other_daemon(99)

    answer = cairn("complete", f"{__file__}:1:1")

    assert newer.poll() is None
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [
        "error: the running daemon is version 9.9 and speaks another protocol than this 0.1.0",
        "hint: update this one, or restart the editor that runs it",
    ]


def test_what_llama_cpp_prints_is_in_the_log_and_not_on_the_terminal(cairn, tmp_path) -> None:
    """Also where the daemon runs in the foreground of one."""
    with (tmp_path / "terminal").open("w") as terminal:
        daemon = subprocess.Popen([sys.executable, "-I", "-m", "assistant", "serve"], stdout=terminal, stderr=terminal)
    deadline_s = time.monotonic() + 60
    while cairn("status").returncode and time.monotonic() < deadline_s:
        time.sleep(0.1)

    assert cairn("complete", f"{__file__}:1:1").returncode == 0
    assert json.loads(cairn("status", "--json").stdout)["pid"] == daemon.pid
    cairn("stop")

    assert daemon.wait(10) == 0
    assert (tmp_path / "terminal").read_text() == ""
    assert "cairn.engine WARNING llama_context" in paths.log_file().read_text()


def test_a_model_is_chosen_for_the_next_daemon(cairn, home) -> None:
    """The settings file gets one line; a name that is not listed is refused and changes nothing."""
    chosen = cairn("models", "use", "builtin")
    refused = cairn("models", "use", "none")

    assert chosen.stdout == "builtin is used for completion from now on\n"
    assert refused.returncode == 1
    assert (home / "config" / "cairn" / "config.toml").read_text() == 'model = "builtin"\n'


def test_a_socket_half_made_by_a_killed_daemon_is_cleaned_up(cairn) -> None:
    """Whoever has the lock may."""
    left = Path(f"{paths.socket_path()}.12345")
    left.touch()

    assert cairn("complete", f"{__file__}:1:1").returncode == 0

    assert not left.exists()
