"""Twenty clients, and a daemon that was just killed."""

import asyncio
import os
import signal
import time

import pytest

from assistant.client import connect, stop_daemon
from assistant.protocol import FimRequest
from tests.faults.conftest import ours

NUM_ROUNDS = int(os.environ.get("CAIRN_NUM_RACES", "3"))
NUM_CLIENTS = 20
REQUEST = FimRequest(prefix="import ", suffix="\n", max_tokens=4)


def daemons() -> list[int]:
    """Pids of the daemons in this test's home: those that lead the session that they made when they detached."""
    return [process.pid for process in ours() if "serve" in process.cmdline() and os.getsid(process.pid) == process.pid]


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_clients_that_race_after_a_kill_meet_one_daemon(home) -> None:
    """Each may start one; all twenty are answered by the same, one says that it was started, no process is left.

    CAIRN_NUM_RACES=25 gives the numbers of the report.
    """
    slowest_s = 0.0
    notices: list[str] = []

    async def ask() -> int:
        async with connect(on_notice=notices.append) as client:
            await client.complete(REQUEST)
            return (await client.status()).pid

    killed = await ask()
    for number in range(NUM_ROUNDS):
        os.kill(killed, signal.SIGKILL)
        start_s = time.monotonic()
        pids = await asyncio.gather(*(ask() for _ in range(NUM_CLIENTS)))
        slowest_s = max(slowest_s, time.monotonic() - start_s)
        assert len(set(pids)) == 1
        assert daemons() == [pids[0]]
        assert notices == ["the daemon had died; it was started again"] * (number + 1)
        killed = pids[0]

    print(f"\n{NUM_ROUNDS} rounds of {NUM_CLIENTS} clients: one daemon each; the slowest round took {slowest_s:.2f} s")
    assert await stop_daemon()
    assert not ours()
