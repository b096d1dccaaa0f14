"""Starting, racing, dying, stopping."""

import asyncio
import json

from assistant import paths
from assistant.client import connect
from assistant.protocol import FimRequest

REQUEST = FimRequest(prefix="import ", suffix="\n", max_tokens=4)


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
