"""A model for completions, another for the chat: two engines where both fit, else one after the other."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from assistant import paths
from assistant.models.machine import Memory
from assistant.protocol import ChatRequest, FimRequest, Message
from assistant.runtime.options import EngineOptions
from assistant.runtime.process import EngineProcess
from assistant.server.engines import Engines

HOLE = FimRequest(prefix="import ", suffix="\n", max_tokens=4)
CHAT = ChatRequest(
    messages=(Message(role="user", content="import "),),
    max_tokens=150,
    temperature=0.0,
    grammar="root ::= [a-z ]{6000}",
)
PLENTY = Memory(free=64 << 30, total=64 << 30)
ONE_ONLY = Memory(free=700 << 20, total=700 << 20)


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Callable[..., Engines]]:
    """Return a function that makes both engines, over two copies of the built-in model."""
    made: list[Engines] = []

    def make(memory: Memory, *, is_apart: bool = True) -> Engines:
        other = Path(shutil.copy(paths.BUILTIN_MODEL, tmp_path / "chat.gguf"))
        options = EngineOptions(context_tokens=512, threads=1)
        completion = EngineProcess(paths.BUILTIN_MODEL, options)
        chat = EngineProcess(other if is_apart else paths.BUILTIN_MODEL, options, niceness=3)
        made.append(Engines(completion, chat, is_apart=is_apart, look=lambda: memory))
        return made[-1]

    yield make
    for engines in made:
        await engines.close()


async def ask(engines: Engines, op: str, request: object) -> str:
    return "".join([event["text"] async for event in engines.of(op).stream(op, request)])


async def test_each_role_has_an_engine_and_both_stay(start) -> None:
    """The chat's starts when a chat first asks, and computes behind keystrokes."""
    engines = start(PLENTY)
    await ask(engines, "fim", HOLE)
    assert [engine.model.stem for engine in engines.running()] == ["builtin"]

    await ask(engines, "chat", CHAT)

    assert [engine.model.stem for engine in engines.running()] == ["builtin", "chat"]
    assert os.getpriority(os.PRIO_PROCESS, engines.chat.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 3


async def test_where_memory_holds_one_they_take_turns(start) -> None:
    """What is asked is loaded, the other is put away; the answers are the same as ever."""
    engines, roomy = start(ONE_ONLY), start(PLENTY)
    expected = [await ask(roomy, "fim", HOLE), await ask(roomy, "chat", CHAT)]

    for _ in range(2):
        texts = [await ask(engines, "fim", HOLE)]
        assert [engine.model.stem for engine in engines.running()] == ["builtin"]
        texts.append(await ask(engines, "chat", CHAT))
        assert [engine.model.stem for engine in engines.running()] == ["chat"]
        assert texts == expected


async def test_an_answer_ends_before_its_model_is_put_away(start) -> None:
    """A hole waits for the chat that is being answered; nothing is lost, nobody waits for ever."""
    engines = start(ONE_ONLY)
    expected = await ask(engines, "chat", CHAT)

    chat = asyncio.create_task(ask(engines, "chat", CHAT))
    await asyncio.sleep(0.02)
    holes = [asyncio.create_task(ask(engines, "fim", HOLE)) for _ in range(3)]

    assert await asyncio.wait_for(chat, 60) == expected
    assert len(set(await asyncio.wait_for(asyncio.gather(*holes), 60))) == 1


async def test_roles_change_while_the_daemon_runs(start, tmp_path: Path) -> None:
    """One model for both, another for the chat, the same again: never two engines with the same model."""
    engines = start(PLENTY, is_apart=False)
    other = Path(shutil.copy(paths.BUILTIN_MODEL, tmp_path / "other.gguf"))
    await ask(engines, "chat", CHAT)
    assert [engine.model.stem for engine in engines.running()] == ["builtin"]

    await engines.load(other, "chat")
    assert engines.chat.model == other
    assert engines.completion.model == paths.BUILTIN_MODEL

    await engines.load(other, "completion")
    assert engines.chat is engines.completion
    assert [engine.model.stem for engine in engines.running()] == ["other"]

    await engines.load(paths.BUILTIN_MODEL, "completion")
    assert engines.chat.model == other
