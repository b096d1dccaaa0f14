"""The recorder: saves in order, off the event loop, and not more often than it must."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from assistant.chats.recorder import INTERVAL_S, Recorder
from assistant.chats.store import Chats
from assistant.errors import CairnError
from tests.unit.chats.exchanges import exchange


def texts(chats: Chats) -> list[str]:
    return [node.said.text for node in chats.tree("chat").path()]


async def eventually(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline_s, "it did not come true in time"
        await asyncio.sleep(0.005)


async def test_a_question_is_saved_before_its_answer_comes(chats: Chats, file: Path) -> None:
    """At once."""
    Recorder(file).save(exchange("question"))

    await eventually(lambda: file.exists() and texts(chats) == ["question"])


async def test_the_last_piece_is_saved_even_if_no_other_follows(chats: Chats, file: Path) -> None:
    """The model hangs: what is on the screen is in the file."""
    recorder = Recorder(file)
    for answer in ("a", "a b", "a b c"):
        recorder.save(exchange("question", turn="t", answer=answer))

    await eventually(lambda: file.exists() and texts(chats) == ["question", "a b c"])


async def test_what_is_read_has_all_that_was_to_be_saved(file: Path) -> None:
    """A pending save is done first."""
    recorder = Recorder(file)
    recorder.save(exchange("question", turn="t"))
    for number in range(100):
        recorder.save(exchange("question", turn="t", answer=f"piece {number}"))

    assert await recorder.read(texts) == ["question", "piece 99"]


async def test_many_pieces_are_few_saves(file: Path) -> None:
    """Of those that come between two saves, the newest is enough: there is one for each interval that has gone by."""
    recorder, begun_s = Recorder(file), time.monotonic()
    seen: set[str] = set()
    for number in range(100):
        recorder.save(exchange("question", turn="t", answer=f"piece {number}"))
        await asyncio.sleep(0.002)
        seen |= set(texts(Chats(file))[1:])

    assert len(seen) <= 2 + (time.monotonic() - begun_s) / INTERVAL_S


async def test_another_turn_does_not_push_out_the_one_before(file: Path) -> None:
    """What waits of an answer is saved before the next question."""
    recorder = Recorder(file)
    recorder.save(exchange("one", turn="1"))
    recorder.save(exchange("one", turn="1", answer="half"))
    recorder.save(exchange("one", turn="1", answer="half more"))
    recorder.save(exchange("two", turn="2", chat="other"))

    assert await recorder.read(texts) == ["one", "half more"]


async def test_trouble_is_told_once_and_the_chat_goes_on(tmp_path: Path) -> None:
    """A folder stands where the file should be."""
    (tmp_path / "chats.db").mkdir()
    troubles: list[CairnError] = []
    recorder = Recorder(tmp_path / "chats.db")
    recorder.on_trouble = troubles.append

    for text in "abc":
        recorder.save(exchange(text))
        await asyncio.sleep(0.05)

    await eventually(lambda: bool(troubles))
    assert len(troubles) == 1


async def test_a_broken_file_is_told(file: Path) -> None:
    """From the thread that finds it, on the loop."""
    file.parent.mkdir()
    file.write_bytes(b"nonsense" * 1000)
    notices: list[str] = []
    recorder = Recorder(file)
    recorder.on_notice = notices.append

    recorder.save(exchange("a"))

    await eventually(lambda: bool(notices))
    assert str(file.with_suffix(".broken")) in notices[0]


def test_what_is_to_be_saved_when_the_program_ends_is_saved(chats: Chats, file: Path) -> None:
    """The loop has ended before the thread."""

    async def leave() -> None:
        Recorder(file).save(exchange("question", "the end"))

    asyncio.run(leave())

    deadline_s = time.monotonic() + 60
    while not file.exists() or texts(chats) != ["question", "the end"]:
        assert time.monotonic() < deadline_s
        time.sleep(0.005)
