"""A daemon of the test's own: empty home, built-in model, real processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

Cairn = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cairn(home: Path) -> Iterator[Cairn]:
    """Run the `cairn` command in the test's home; whatever daemon it started is gone afterwards."""

    def run(*arguments: str, stdin: str | None = None, **options) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-I", "-m", "assistant", *arguments],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )

    yield run
    end_daemon(run)


def end_daemon(cairn: Cairn) -> None:
    """Stop the daemon; a test that leaves processes behind fails here."""
    state = cairn("status", "--json")
    cairn("stop")
    if state.returncode == 0:
        assert not is_running(json.loads(state.stdout)["pid"])


def is_running(pid: int) -> bool:
    """Whether a process has not ended; one that nobody has asked about since is only a line in a table."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def daemon_pids(cairn: Cairn) -> Callable[[], tuple[int, int]]:
    """Pids of the running daemon and of its engine."""

    def find() -> tuple[int, int]:
        daemon = psutil.Process(json.loads(cairn("status", "--json").stdout)["pid"])
        (engine,) = daemon.children()
        return daemon.pid, engine.pid

    return find


@pytest.fixture
def hard_kill() -> Callable[[int], None]:
    """SIGKILL, and wait until the process is gone."""

    def kill(pid: int) -> None:
        process = psutil.Process(pid)
        is_ours = process.ppid() == os.getpid()  # asked first: whoever started it may be quick to bury it
        process.send_signal(signal.SIGKILL)
        process.wait(60) if is_ours else psutil.wait_procs([process], 60)

    return kill
