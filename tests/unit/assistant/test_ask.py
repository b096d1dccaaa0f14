"""`cairn ask`: one question, one answer; both are kept."""

import asyncio
import json
from pathlib import Path

import pytest

from assistant.ask import ask_once, exchange_for
from assistant.chats.recorder import Recorder
from assistant.chats.store import Chats
from assistant.errors import EngineError, InputError
from tests.unit.tui.conftest import ScriptedChat


@pytest.fixture
def file(home: Path) -> Path:
    return home / "chats.db"


def texts(file: Path) -> list[str]:
    chats = Chats(file)
    return [node.said.text for node in chats.tree(chats.last().id).path()]


async def ask(
    client: ScriptedChat, file: Path, text: str, *, is_continued: bool = False, as_json: bool = False
) -> None:
    exchange = exchange_for(text, Chats(file), is_continued=is_continued)
    await ask_once(client, exchange, as_json=as_json, recorder=Recorder(file))


async def test_question_and_answer_are_kept(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With model and measurements; the answer is printed."""
    await ask(ScriptedChat(["fi", "rst"]), file, "One")

    chats = Chats(file)
    measured = chats.tree(chats.last().id).path()[-1].measured
    assert texts(file) == ["One", "first"]
    assert capsys.readouterr().out == "first\n"
    assert measured is not None
    assert (measured.model, measured.stop, measured.ttft_ms) == ("scripted-1b-Q4_K_M", "stop", 310.0)


async def test_another_ask_goes_on_with_the_last_chat(file: Path) -> None:
    """The model reads all of it; without -c, a new one begins."""
    client = ScriptedChat(["1"], ["2"], ["3"])
    await ask(client, file, "One")
    await ask(client, file, "Two", is_continued=True)
    assert texts(file) == ["One", "1", "Two", "2"]

    await ask(client, file, "Three")

    assert [message.content for message in client.requests[1].messages] == ["One", "1", "Two"]
    assert texts(file) == ["Three", "3"]
    assert len(Chats(file).latest()) == 2


async def test_without_a_chat_there_is_nothing_to_go_on_with(file: Path) -> None:
    """Two lines say so before anything is asked."""
    with pytest.raises(InputError, match="no chat to go on with"):
        exchange_for("One", Chats(file), is_continued=True)


async def test_what_is_not_to_be_saved_is_not(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even a file is made; the last chat may be read."""
    exchange = exchange_for("One", Chats(file), is_continued=False)

    await ask_once(ScriptedChat(["1"]), exchange, as_json=False, recorder=None)

    assert not file.exists()
    assert capsys.readouterr().out == "1\n"


async def test_what_came_before_an_error_is_kept(file: Path) -> None:
    """The error is raised all the same."""
    with pytest.raises(EngineError):
        await ask(ScriptedChat(["half ", EngineError("lost", hint="again")]), file, "One")

    assert texts(file) == ["One", "half "]


async def test_what_came_before_ctrl_c_is_kept(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the reason."""
    client = ScriptedChat(["half ", ScriptedChat.HOLD])
    asking = asyncio.create_task(ask(client, file, "One"))
    async with asyncio.timeout(60):
        while "half" not in capsys.readouterr().out:
            await asyncio.sleep(0.005)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    chats = Chats(file)
    measured = chats.tree(chats.last().id).path()[-1].measured
    assert texts(file) == ["One", "half "]
    assert measured is not None
    assert measured.stop == "cancelled"


async def test_a_file_that_cannot_be_written_costs_no_answer(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said below it."""
    exchange = exchange_for("One", Chats(file), is_continued=False)
    file.mkdir()

    await ask_once(ScriptedChat(["1"]), exchange, as_json=False, recorder=Recorder(file))
    printed = capsys.readouterr()
    said = printed.err
    async with asyncio.timeout(60):
        while "cannot be used" not in said:
            await asyncio.sleep(0.005)
            said += capsys.readouterr().err

    assert printed.out == "1\n"
    assert said.count("cannot be used") == 1


async def test_json_is_the_answer_with_its_timings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line."""
    await ask(ScriptedChat(["1", "2"]), file, "One", as_json=True)

    printed = json.loads(capsys.readouterr().out)
    assert (printed["text"], printed["finish_reason"], printed["timings"]["ttft_ms"]) == ("12", "stop", 310.0)
