"""The daemon's end of the engine, with real engines that are killed, stopped, replaced and put away."""

import asyncio
import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from assistant import paths
from assistant.errors import EngineError, ModelFileError
from assistant.protocol import ChatRequest, FimRequest, Json, Message
from assistant.runtime.child import OOM_SCORE, Patience
from assistant.runtime.options import EngineOptions
from assistant.runtime.process import EngineProcess

SHORT = FimRequest(prefix="import ", suffix="\n", max_tokens=4)
LONG = FimRequest(prefix="import ", suffix="", max_tokens=500, frequency_penalty=1.0)
CHAT = ChatRequest(
    messages=(Message(role="user", content="import "),),
    max_tokens=900,
    temperature=1.0,
    grammar="root ::= [a-z ]{6000}",
)
"""The built-in model finds no end to these two."""
QUICK = Patience(beat_ticks=2, step_s=5)

Start = Callable[..., EngineProcess]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model file that a test may break."""
    return Path(shutil.copy(paths.BUILTIN_MODEL, tmp_path / "model.gguf"))


@pytest.fixture
async def start(model: Path) -> AsyncIterator[Start]:
    """Make an engine of that file; it is closed when the test ends."""
    made: list[EngineProcess] = []

    def make(**options) -> EngineProcess:
        made.append(
            EngineProcess(model, EngineOptions(context_tokens=2048, threads=1), **{"patience": QUICK} | options)
        )
        return made[-1]

    yield make
    for engine in made:
        await engine.close()


async def events(engine: EngineProcess, op: str, request: object) -> list[Json]:
    return [event async for event in engine.stream(op, request)]


async def computes(engine: EngineProcess) -> int:
    """Wait until the engine works on something; its pid."""
    async with asyncio.timeout(60):
        while engine.pid is None or not any(slot["is_busy"] for slot in (await engine.slots())["slots"]):
            await asyncio.sleep(0.005)
    return engine.pid


async def becomes_unloaded(engine: EngineProcess) -> None:
    async with asyncio.timeout(60):
        while engine.state != "unloaded":
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGBUS, signal.SIGSTOP])
async def test_a_completion_whose_engine_dies_is_asked_again(start, number) -> None:
    """Nobody has seen anything of it yet, so nobody sees that. A stopped engine counts as dead after its beats stop."""
    engine = start()
    answer = asyncio.create_task(events(engine, "fim", LONG))
    pid = await computes(engine)

    os.kill(pid, number)

    assert (await answer)[-1]["finish_reason"] in ("stop", "length")
    assert engine.pid != pid
    assert not psutil.pid_exists(pid)


async def test_a_stream_that_has_begun_gets_the_error(start) -> None:
    """Its beginning was shown and another run would say something else. The next request is answered."""
    engine = start()
    stream = engine.stream("chat", CHAT)
    await anext(stream)

    os.kill(engine.pid, signal.SIGKILL)

    with pytest.raises(EngineError, match="the engine was killed by SIGKILL") as caught:
        [event async for event in stream]
    assert "starts again with the next request" in caught.value.hint
    assert await events(engine, "fim", SHORT)


async def test_an_engine_that_decodes_nothing_is_ended(start) -> None:
    """It beats, so it is not stopped; but it has work, and no step comes to its end."""
    engine = start(patience=Patience(beat_ticks=60, step_s=1))
    stream = engine.stream("chat", CHAT)
    await anext(stream)

    os.kill(engine.pid, signal.SIGSTOP)

    with pytest.raises(EngineError, match="computed nothing for 1 s"):
        [event async for event in stream]


async def test_a_request_that_ends_two_engines_is_refused(start) -> None:
    """The third time it reaches no engine; other requests do."""
    engine = start()
    answer = asyncio.create_task(events(engine, "fim", LONG))
    for _ in range(2):
        pid = await computes(engine)
        os.kill(pid, signal.SIGABRT)
        while engine.pid == pid:
            await asyncio.sleep(0.005)

    with pytest.raises(EngineError, match="SIGABRT"):
        await answer
    with pytest.raises(EngineError, match="died twice while it worked on this very request"):
        await events(engine, "fim", LONG)
    assert await events(engine, "fim", SHORT)


async def test_an_engine_that_we_ended_blames_no_request(start, model) -> None:
    """A request that was under way twice when the model file changed is no suspect."""
    engine = start()
    answer = asyncio.create_task(events(engine, "fim", LONG))
    for _ in range(2):
        await computes(engine)
        os.utime(model)
        await events(engine, "fim", SHORT)

    with pytest.raises(EngineError, match="was ended"):
        await answer
    assert await events(engine, "fim", LONG)


@pytest.mark.slow
async def test_an_engine_that_cannot_start_is_not_started_for_every_keystroke(start, model) -> None:
    """After some tries, each later than the one before, requests get the reason at once."""
    model.write_bytes(paths.BUILTIN_MODEL.read_bytes().replace(b"attn_qkv", b"attn_xyz"))
    engine = start()
    for _ in range(7):
        with pytest.raises(EngineError, match=r"llama\.cpp cannot load"):
            await events(engine, "fim", SHORT)

    with pytest.raises(EngineError, match=r"llama\.cpp cannot load .* failure number 7 within 60 s"):
        await events(engine, "fim", SHORT)

    assert engine.state == "failed"


async def test_the_deadline_ends_an_answer_with_what_there_is(start) -> None:
    """Not an error: the text so far."""
    engine = start()
    await engine.start()

    last = (await events(engine, "fim", replace(LONG, deadline_ms=30)))[-1]

    assert last["finish_reason"] in ("cancelled", "deadline")
    assert last["timings"]["num_completion_tokens"] < LONG.max_tokens


async def test_leaving_cancels(start) -> None:
    """Whoever closes the iterator frees the engine."""
    engine = start()
    stream = engine.stream("chat", CHAT)
    await anext(stream)

    await stream.aclose()

    async with asyncio.timeout(60):
        while any(slot["is_busy"] for slot in (await engine.slots())["slots"]):
            await asyncio.sleep(0.01)


async def test_the_model_leaves_the_memory_when_nobody_asks(start) -> None:
    """Being looked at does not load it; the next request does."""
    engine = start(unload_s=0.2)
    before = await events(engine, "fim", SHORT)
    await becomes_unloaded(engine)

    slots = await engine.slots()

    assert engine.state == "unloaded"
    assert not any(slot["is_busy"] for slot in slots["slots"])
    assert (await events(engine, "fim", SHORT))[-1]["text"] == before[-1]["text"]


async def test_a_model_in_use_stays(start) -> None:
    """However long one answer takes."""
    engine = start(unload_s=0.05)
    stream = engine.stream("chat", CHAT)
    await anext(stream)

    await asyncio.sleep(0.2)

    assert engine.state == "ready"
    await stream.aclose()


async def test_another_model_is_served_without_a_new_daemon(start, tmp_path) -> None:
    """The running answer is cut at the end of its grace; the next one is the new model's."""
    engine = start(patience=Patience(drain_s=0.1))
    other = Path(shutil.copy(paths.BUILTIN_MODEL, tmp_path / "other.gguf"))
    answer = asyncio.create_task(events(engine, "chat", CHAT))
    pid = await computes(engine)

    await engine.switch(other)

    assert (await answer)[-1]["finish_reason"] == "cancelled"
    assert engine.model == other
    assert engine.pid not in (None, pid)
    assert await events(engine, "fim", SHORT)


async def test_a_broken_model_is_refused_and_the_old_one_goes_on(start, tmp_path) -> None:
    """Whether our reader refuses it, or llama.cpp does."""
    engine = start()
    await engine.start()
    (tmp_path / "broken.gguf").write_bytes(paths.BUILTIN_MODEL.read_bytes()[:100_000])
    unknown = paths.BUILTIN_MODEL.read_bytes().replace(b"attn_qkv", b"attn_xyz")
    (tmp_path / "unknown.gguf").write_bytes(unknown)

    with pytest.raises(ModelFileError, match="truncated"):
        await engine.switch(tmp_path / "broken.gguf")
    with pytest.raises(EngineError, match=f"llama.cpp cannot load {tmp_path}/unknown.gguf"):
        await engine.switch(tmp_path / "unknown.gguf")

    assert engine.model == tmp_path / "model.gguf"
    assert await events(engine, "fim", SHORT)


async def test_a_file_replaced_by_a_rename_serves_on_until_the_next_load(start, model, tmp_path) -> None:
    """The file that was checked is the file that is used; the next engine checks and takes the new one."""
    engine = start()
    await events(engine, "fim", SHORT)
    pid = engine.pid
    (tmp_path / "new.gguf").write_bytes(paths.BUILTIN_MODEL.read_bytes()[:100_000])
    os.replace(tmp_path / "new.gguf", model)

    assert await events(engine, "fim", SHORT)
    assert engine.pid == pid
    os.kill(pid, signal.SIGKILL)
    await becomes_unloaded(engine)

    with pytest.raises(EngineError, match=r"model\.gguf: truncated"):
        await events(engine, "fim", SHORT)


async def test_a_file_that_was_written_to_is_loaded_again(start, model) -> None:
    """What is in memory is no longer what was checked."""
    engine = start()
    await engine.start()
    pid = engine.pid

    os.utime(model)

    assert await events(engine, "fim", SHORT)
    assert engine.pid != pid


async def test_a_file_cut_off_under_the_engine_is_an_error_and_no_loop(start, model) -> None:
    """The kernel ends the engine with SIGBUS; nobody is started on such a file."""
    engine = start()
    answer = asyncio.create_task(events(engine, "fim", LONG))
    await computes(engine)

    os.truncate(model, 200_000)

    with pytest.raises(EngineError, match=r"model\.gguf: truncated"):
        await answer
    with pytest.raises(EngineError, match=r"model\.gguf: truncated") as caught:
        await events(engine, "fim", SHORT)
    assert caught.value.hint
    assert engine.pid is None


async def test_those_who_wait_for_a_model_share_its_error(start, model) -> None:
    """Twenty requests start one engine, not twenty."""
    model.write_bytes(paths.BUILTIN_MODEL.read_bytes().replace(b"attn_qkv", b"attn_xyz"))
    engine = start()

    ends = await asyncio.gather(*(events(engine, "fim", SHORT) for _ in range(20)), return_exceptions=True)

    assert {str(end) for end in ends} == {f"llama.cpp cannot load {model}"}
    assert len({id(end.__cause__) for end in ends}) == 1


async def test_whoever_leaves_does_not_end_the_loading(start) -> None:
    """A keystroke that cancels the one before must not make the next wait from the beginning."""
    engine = start()
    first = asyncio.create_task(events(engine, "fim", SHORT))
    await asyncio.sleep(0.01)

    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    assert engine.state == "loading"
    assert await events(engine, "fim", SHORT)


async def test_the_kernel_ends_the_engine_before_the_rest_of_the_desktop(start) -> None:
    """When memory runs out."""
    engine = start()
    await engine.start()

    assert Path(f"/proc/{engine.pid}/oom_score_adj").read_text().strip() == str(OOM_SCORE)


async def test_what_native_code_prints_goes_to_the_log(start, caplog) -> None:
    """Its stderr is a pipe, in whatever terminal the daemon runs."""
    with caplog.at_level(logging.WARNING, "cairn.engine"):
        engine = start()
        await engine.start()
        await engine.close()

    assert "n_ctx_train" in caplog.text


async def test_a_closed_engine_starts_no_other(start) -> None:
    """A request that is still there when the daemon ends gets an error."""
    engine = start()
    await engine.start()

    await engine.close()

    with pytest.raises(EngineError, match="the daemon is ending"):
        await events(engine, "fim", SHORT)
