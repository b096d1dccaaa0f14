"""A chat is a tree: what is said again differently is beside what was said before, and nothing is ever lost."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.chats.branches import branches
from assistant.chats.store import Chats
from assistant.chats.tree import Said, Tree, new_name, placed, to_messages
from tests.unit.chats.exchanges import exchange, said

TEXTS = st.sampled_from(["a", "b", "", "\ud800", "\0", "def f(x):\n\treturn x"]) | st.text(max_size=8)


def answers_below(chats: Chats, *path: str) -> set[str]:
    """The texts of all messages that follow the last one of a path."""
    tree = chats.tree("chat")
    *_, last = placed("chat", said(*path))
    return {node.said.text for node in tree.children.get(last.hash, ())}


def texts(tree: Tree, end: str | None = None) -> list[str]:
    return [node.said.text for node in tree.path(end)]


def test_a_message_is_named_by_what_it_says_and_what_it_follows() -> None:
    """By a hash that others can compute: SHA-256 over role, text, what was read in its place, and the parent."""
    first, second = placed("chat", said("question", "answer"))

    assert first.hash == hashlib.sha256(json.dumps(["user", "question", "", "chat"]).encode()).hexdigest()
    assert second.hash == hashlib.sha256(json.dumps(["assistant", "answer", "", first.hash]).encode()).hexdigest()
    assert second.parent == first.hash


def test_two_chats_that_begin_alike_do_not_meet(chats: Chats) -> None:
    """To forget one leaves the other whole."""
    for chat in ("one", "two"):
        chats.save(exchange("hello", "hello!", chat=chat))

    chats.remove("one")

    assert texts(chats.tree("one")) == []
    assert texts(chats.tree("two")) == ["hello", "hello!"]


def test_an_edited_question_is_another_branch(chats: Chats) -> None:
    """The chat stands in the new one; the old one is all there."""
    chats.save(exchange("one", "1"))
    chats.save(exchange("one", "1", "two", "2"))
    chats.save(exchange("one", "1", "two, please", "II"))

    tree = chats.tree("chat")
    assert texts(tree) == ["one", "1", "two, please", "II"]
    assert [[node.said.text for node in row.nodes] for row in branches(tree)] == [
        ["one", "1"],
        ["two", "2"],
        ["two, please", "II"],
    ]
    assert [(row.depth, row.is_current) for row in branches(tree)] == [(0, True), (1, False), (1, True)]


def test_an_answer_that_is_asked_for_again_is_beside_the_first(chats: Chats) -> None:
    """One question, two answers."""
    chats.save(exchange("one", "1", turn="first"))
    chats.save(exchange("one", "uno", turn="second"))

    assert answers_below(chats, "one") == {"1", "uno"}
    assert texts(chats.tree("chat")) == ["one", "uno"]
    assert len(chats.tree("chat").nodes) == 3


def test_a_question_is_another_one_if_the_model_read_something_else(chats: Chats) -> None:
    """The file that it names has changed: both texts are kept."""
    question = exchange("explain @a.py", "an answer")
    for read in ("explain @a.py\n\nx = 1", "explain @a.py\n\nx = 2"):
        (asked,) = question.path
        chats.save(replace(question, turn=read, path=(replace(asked, read=read),)))

    assert {node.said.read[-5:] for node in chats.tree("chat").nodes if node.said.role == "user"} == {"x = 1", "x = 2"}


def test_a_chat_goes_on_from_where_it_was_pointed_to(chats: Chats) -> None:
    """Another branch, to its newest end."""
    chats.save(exchange("one", "1"))
    chats.save(exchange("one", "1", "two", "2"))
    chats.save(exchange("one", "uno"))
    tree = chats.tree("chat")
    *_, first = placed("chat", said("one", "1"))

    chats.point("chat", tree.newest_below(first.hash))

    assert texts(chats.tree("chat")) == ["one", "1", "two", "2"]


def test_what_the_system_says_is_known_of_each_question(chats: Chats) -> None:
    """A change of it makes no other branch."""
    chats.save(replace(exchange("one", "1"), system="Be short."))
    chats.save(replace(exchange("one", "1", "two", "2"), system="Be long."))

    tree = chats.tree("chat")
    assert tree.system() == "Be long."
    assert tree.system(tree.path()[1].hash) == "Be short."
    assert [len(row.nodes) for row in branches(tree)] == [4]


def test_a_question_without_an_answer_is_not_sent_again() -> None:
    """Roles keep alternating; the last question is what is asked."""
    path = (*said("lost")[:1], *said("one", "1", "two"))

    assert [(message.role, message.content) for message in to_messages(path, system="s")] == [
        ("system", "s"),
        ("user", "one"),
        ("assistant", "1"),
        ("user", "two"),
    ]


def test_names_are_never_drawn_twice() -> None:
    """64 bits."""
    assert len({new_name() for _ in range(1000)}) == 1000


@contextmanager
def kept() -> Iterator[Chats]:
    """Hypothesis needs a new folder for each of its examples."""
    with tempfile.TemporaryDirectory() as folder:
        yield Chats(Path(folder) / "chats.db")


Step = tuple[int, str, str, bool]
"""Which of the paths so far to go on from, question, answer, whether it is over."""


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 30), TEXTS, TEXTS, st.booleans()), min_size=1, max_size=8))
def test_whatever_is_said_in_whatever_branch_is_kept(steps: list[Step]) -> None:
    """The oracle is a dict from paths to the set of what follows them; the file says the same, and no more."""
    oracle: dict[tuple[tuple[str, str], ...], set[tuple[str, str]]] = {}
    paths: list[tuple[Said, ...]] = [()]
    with kept() as chats:
        for number, (base, question, answer, is_over) in enumerate(steps):
            asked = (*paths[base % len(paths)], Said(role="user", text=question))
            whole = (*asked, *([Said(role="assistant", text=answer)] if answer else []))
            saving = exchange("?", turn=str(number))
            chats.save(replace(saving, path=asked))
            chats.save(replace(saving, path=asked, answer=answer, is_over=is_over))
            for end in range(len(whole)):
                oracle.setdefault(plain(whole[:end]), set()).add(plain(whole[end : end + 1])[0])
            paths.append(whole)

            assert plain(node.said for node in chats.tree("chat").path()) == plain(whole)
        tree = chats.tree("chat")

    found: dict[tuple[tuple[str, str], ...], set[tuple[str, str]]] = {}
    for node in tree.nodes:
        *before, last = plain(each.said for each in tree.path(node.hash))
        found.setdefault(tuple(before), set()).add(last)
    assert found == oracle


def plain(path: object) -> tuple[tuple[str, str], ...]:
    return tuple((each.role, each.text) for each in path)  # type: ignore[attr-defined]
