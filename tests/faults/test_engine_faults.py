"""Engines that die in every way there is, while four clients want answers."""

import asyncio
import itertools
import os
import random
import signal
import time
from collections import Counter

import psutil
import pytest

from assistant.client import Client, connect
from assistant.errors import CairnError
from assistant.protocol import ChatRequest, FimRequest, Message

COUNT = int(os.environ.get("CAIRN_NUM_FAULTS", "12"))
FAULTS = (signal.SIGKILL, signal.SIGSTOP, signal.SIGABRT, signal.SIGBUS)
NUM_TYPISTS = 3


class Load:
    """What the clients have got so far."""

    def __init__(self) -> None:
        self.num_answers = [0] * NUM_TYPISTS
        self.ends: Counter[str] = Counter()

    async def type(self, client: Client, typist: int) -> None:
        """Ask for one completion after the other; no two are the same."""
        for number in itertools.count():
            request = FimRequest(prefix=f"import a{typist}_{number}\n", suffix="", max_tokens=64)
            try:
                await client.complete(request)
                self.ends["completions answered"] += 1
            except CairnError as error:
                self.ends[f"completion: {error}"] += 1
            self.num_answers[typist] += 1

    async def chat(self, client: Client) -> None:
        """Hold one conversation after the other."""
        for number in itertools.count():
            request = ChatRequest(messages=(Message(role="user", content=f"import {number}"),), max_tokens=400)
            try:
                async for _ in client.chat(request):
                    pass
                self.ends["chats answered"] += 1
            except CairnError as error:
                self.ends[f"chat: {error}"] += 1

    async def everybody_is_answered(self) -> None:
        """Wait until each typist has had another two answers: the first may have been under way."""
        goals = [number + 2 for number in self.num_answers]
        async with asyncio.timeout(30):
            while any(number < goal for number, goal in zip(self.num_answers, goals, strict=True)):
                await asyncio.sleep(0.005)


def engine_of(daemon: psutil.Process) -> psutil.Process | None:
    """The one engine that runs; None between two."""
    children = [child for child in daemon.children() if child.status() != psutil.STATUS_ZOMBIE]
    assert len(children) <= 1
    return children[0] if children else None


@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_engines_that_die_under_load_cost_only_the_streams_that_were_under_way(daemon) -> None:
    """Every completion is answered, every typist goes on after every death, and the daemon and its files stay.

    CAIRN_NUM_FAULTS=50 gives the numbers of the report.
    """
    rng = random.Random(4)
    load, waits_s = Load(), {fault.name: [] for fault in FAULTS}
    async with connect() as first, connect() as second:
        tasks = [asyncio.create_task(load.type((first, second)[n % 2], n)) for n in range(NUM_TYPISTS)]
        tasks.append(asyncio.create_task(load.chat(first)))
        await load.everybody_is_answered()
        num_files = daemon.num_fds()
        for fault in itertools.islice(itertools.cycle(FAULTS), COUNT):
            await asyncio.sleep(rng.uniform(0.05, 0.3))
            engine = engine_of(daemon)
            assert engine is not None
            engine.send_signal(fault)
            died_s = time.monotonic()
            await load.everybody_is_answered()
            waits_s[fault.name].append(time.monotonic() - died_s)
            assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE
        num_files_after = daemon.num_fds()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    longest = {name: f"{max(waits):.2f} s" for name, waits in waits_s.items() if waits}
    print(f"\n{COUNT} faults: {dict(load.ends)}\nlongest until everybody was answered again: {longest}")
    assert daemon.is_running()
    assert num_files_after <= num_files + 4
    assert not [end for end in load.ends if end.startswith("completion: ")]
    assert load.ends["completions answered"] >= COUNT
