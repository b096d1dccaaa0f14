"""The chats' file: shared by terminals, private, and never lost."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.chats.store import MAX_TITLE_CHARS, Chats
from assistant.chats.tree import Measured, Said
from assistant.database import DatabaseError
from assistant.errors import InputError
from tests.unit.chats.exchanges import exchange

ROOT = Path(__file__).parents[3]
WRITER = """
import sys
from pathlib import Path
from assistant.chats.store import Chats
from tests.unit.chats.exchanges import exchange
chats, name = Chats(Path(sys.argv[1])), sys.argv[2]
for number in range(int(sys.argv[3])):
    texts = [f"{name} {step}" for step in range(2 * number + 2)]
    chats.save(exchange(*texts[:-1], turn=f"{name}{number}"))
    chats.save(exchange(*texts, turn=f"{name}{number}"))
"""


def texts(chats: Chats, chat: str = "chat") -> list[str]:
    return [node.said.text for node in chats.tree(chat).path()]


def columns(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def test_an_answer_is_there_as_it_grows_and_once_when_it_is_over(chats: Chats) -> None:
    """What was saved of it on the way is no branch of its own."""
    for answer in ("", "a", "a b"):
        chats.save(exchange("question", turn="t", answer=answer))
        assert texts(chats) == ["question", answer][: 1 + bool(answer)]

    chats.save(exchange("question", "a b c", turn="t"))

    assert [node.said.text for node in chats.tree("chat").nodes] == ["question", "a b c"]


def test_to_save_twice_is_to_save_once(chats: Chats) -> None:
    """Every exchange is whole: one may be lost, or come again."""
    whole = [exchange("one", "1"), exchange("one", "1", "two", "2")]
    for each in (whole[1], whole[0], whole[1]):
        chats.save(each)

    assert texts(chats) == ["one", "1", "two", "2"]
    assert len(chats.tree("chat").nodes) == 4
    assert chats.last().num_questions == 2


def test_who_goes_on_with_an_answer_that_was_cut_off_makes_it_a_message(chats: Chats) -> None:
    """Its writer was killed; the piece is there once."""
    chats.save(exchange("one", turn="killed", answer="half an ans"))

    chats.save(exchange("one", "half an ans", "go on", "wer"))

    assert [node.said.text for node in chats.tree("chat").nodes] == ["one", "half an ans", "go on", "wer"]


def test_two_terminals_in_one_chat_lose_nothing(chats: Chats) -> None:
    """The second takes up what the first is still writing: both answers are kept, and what was asked below."""
    chats.save(exchange("one", turn="first", answer="half"))
    chats.save(exchange("one", "half", "and then?", "this", turn="second"))
    chats.save(exchange("one", turn="first", answer="half and"))
    chats.save(exchange("one", "half and the rest", turn="first"))

    found = {tuple(each.said.text for each in chats.tree("chat").path(node.hash)) for node in chats.tree("chat").nodes}
    assert ("one", "half", "and then?", "this") in found
    assert ("one", "half and the rest") in found
    assert ("one", "half and") not in found


def test_two_processes_write_at_once(file: Path) -> None:
    """Each on its own branch of the same chat, from the file's first moment on."""
    command = [sys.executable, "-c", WRITER, str(file)]
    writers = [subprocess.Popen([*command, name, "12"], cwd=ROOT, stderr=subprocess.PIPE) for name in ("a", "b", "c")]
    assert [writer.communicate()[1] for writer in writers] == [b"", b"", b""]

    tree = Chats(file).tree("chat")
    ends = [node.hash for node in tree.nodes if node.hash not in tree.children]
    assert sorted(len(tree.path(end)) for end in ends) == [24, 24, 24]
    assert columns(file, "PRAGMA integrity_check") == [("ok",)]


def test_how_an_answer_was_made_is_kept(chats: Chats) -> None:
    """Model, tokens, times and why it ended."""
    measured = Measured(
        model="m", stop="length", num_prompt_tokens=9, num_cached_tokens=3, num_tokens=4, ttft_ms=5.5, tokens_per_s=6.5
    )
    chats.save(exchange("q", "a", measured=measured))

    assert chats.tree("chat").path()[-1].measured == measured


def test_a_chat_is_called_by_its_title_else_by_its_first_question(chats: Chats) -> None:
    """An empty title is none; a long one is cut."""
    chats.save(exchange("first", "1", "second"))
    assert (chats.last().title, chats.last().is_named) == ("first", False)

    chats.rename("chat", "  A name  ")
    assert (chats.last().title, chats.last().is_named) == ("A name", True)

    chats.rename("chat", "x" * 1000)
    assert len(chats.last().title) == MAX_TITLE_CHARS

    chats.rename("chat", " ")
    assert chats.last().title == "first"


def test_a_chat_is_found_by_the_beginning_of_its_name(chats: Chats) -> None:
    """Where that is enough; % is no pattern."""
    for chat in ("abc", "abd"):
        chats.save(exchange("q", chat=chat))

    assert chats.find("abd").id == "abd"
    for name, why in (("ab", "several"), ("x", "no chat"), ("", "no chat"), ("%", "no chat")):
        with pytest.raises(InputError, match=why):
            chats.find(name)


def test_the_last_chat_is_that_in_which_something_was_said_last(chats: Chats) -> None:
    """To look at a branch, or to rename, says nothing."""
    for chat in ("one", "two", "one", "three", "two"):
        chats.save(exchange("q", chat=chat))
    chats.rename("three", "renamed")
    chats.point("three", chats.tree("three").tip)

    assert [each.id for each in chats.latest()] == ["two", "three", "one"]
    assert [each.id for each in chats.latest(1)] == ["two"]
    assert chats.last().id == "two"


def test_without_a_chat_there_is_none_to_go_on_with(chats: Chats) -> None:
    """And the error says how to begin one."""
    with pytest.raises(InputError, match="no chat") as error:
        chats.last()

    assert "cairn chat" in error.value.hint


def test_only_its_user_can_read_it(chats: Chats, file: Path) -> None:
    """The file, those beside it while it is used, and the folder if it was made for it."""
    chats.save(exchange("secret"))
    with chats.opened() as connection:
        connection.execute("UPDATE chats SET title = 'x'")
        modes = {each.name: each.stat().st_mode & 0o777 for each in file.parent.iterdir()}

    assert modes == dict.fromkeys(["chats.db", "chats.db-wal", "chats.db-shm"], 0o600)
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_of_a_forgotten_chat_nothing_is_left_in_the_file(chats: Chats, file: Path) -> None:
    """Not in the free pages either, nor in the index of its words; other chats are whole."""
    chats.save(exchange("keep this", "kept", chat="other"))
    secret = replace(exchange("password hunter2", "is hunter2"), system="they call me hunter2")
    chats.save(secret)

    chats.remove("chat")

    assert b"hunter2" not in file.read_bytes()
    assert b"hun" not in file.read_bytes()
    assert texts(chats, "other") == ["keep this", "kept"]
    assert [each.id for each in chats.latest()] == ["other"]


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "\x1b[2J", "\u202e", "é" * 10_000, "\r\n", "'; --"])
def test_every_text_comes_back(chats: Chats, text: str) -> None:
    """But for halves of surrogate pairs, which no file can hold."""
    chats.save(exchange(text, f"{text}!"))

    expected = text.replace("\ud800", "\ufffd")
    assert texts(chats) == [expected, f"{expected}!"]
    assert chats.tree("chat").path()[0].said == Said(role="user", text=text)


@pytest.mark.parametrize("damage", ["nonsense", "torn"])
def test_a_broken_file_is_moved_aside(file: Path, damage: str) -> None:
    """As often as it takes; the user is told where it is, and a new one begun."""
    notices: list[str] = []
    chats = Chats(file, on_notice=notices.append)
    for number in range(2):
        for turn in range(40):
            chats.save(exchange(f"old {number} {turn}", "x" * 200, chat=str(turn)))
        content = b"nonsense" * 1000 if damage == "nonsense" else file.read_bytes()[:4096] + bytes(20_000)
        file.write_bytes(content)

        chats.save(exchange("new"))

        aside = file.with_suffix(".broken" if number == 0 else ".broken2")
        assert aside.read_bytes() == content
        assert str(aside) in notices[-1]
    assert texts(chats) == ["new"]
    assert len(notices) == 2


def test_a_page_that_is_found_broken_later_is_two_lines_and_the_file_stays(chats: Chats, file: Path) -> None:
    """What can be read of it can be rescued, and the error says how."""
    for turn in range(60):
        chats.save(exchange(f"question {turn}", "answer " * 300, chat=str(turn)))
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    file.write_bytes(content)

    with pytest.raises(DatabaseError, match="cannot be used") as error:
        [chats.tree(str(turn)) for turn in range(60)]

    assert ".recover" in error.value.hint
    assert file.read_bytes() == bytes(content)


def test_a_file_of_a_newer_cairn_is_left_alone(chats: Chats, file: Path) -> None:
    """An older one does not know what it would break."""
    chats.save(exchange("old"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(DatabaseError, match="newer Cairn") as error:
        chats.save(exchange("new"))

    assert error.value.hint == "update this one"
    assert columns(file, "SELECT text FROM messages") == [("old",)]


def test_a_file_that_cannot_be_opened_is_two_lines(file: Path) -> None:
    """A folder has its name."""
    file.mkdir(parents=True)

    with pytest.raises(DatabaseError, match="cannot be used"):
        Chats(file).latest()
