"""A chat as a file: Markdown for people, JSON for programs."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.chats.export import file_name, to_json, to_markdown, write_new
from assistant.chats.store import Chats
from assistant.chats.tree import Measured, Said, name_of, placed
from assistant.errors import InputError
from tests.unit.chats.exchanges import exchange, said
from tests.unit.chats.test_tree import kept


def markdown(chats: Chats) -> str:
    return to_markdown(chats.last(), chats.tree("chat"))


def test_markdown_is_the_branch_where_the_chat_stands(chats: Chats) -> None:
    """Who said what, the model by its name."""
    chats.save(exchange("Sum of xs?", "old"))
    chats.save(exchange("Sum of xs?", "```python\nsum(xs)\n```", measured=Measured(model="small-1b"), turn="2"))

    title, times, *rest = markdown(chats).split("\n\n")

    assert title == "# Sum of xs?"
    assert times.startswith("Begun 20")
    assert rest == ["## You", "Sum of xs?", "## Cairn (small-1b)", "```python\nsum(xs)\n```\n"]


@pytest.mark.parametrize("text", ["```py\nx", "~~~\n```\nx", "````\n```\nx", "a\n```\nx\n```\n```"])
def test_a_code_block_that_was_cut_off_ends_with_its_answer(chats: Chats, text: str) -> None:
    """It does not swallow the next question."""
    chats.save(exchange("q", text, "next"))

    fence = text.split("\n")[0][:4].rstrip("py") if not text.startswith("a") else "```"
    assert f"{text}\n{fence}\n\n## You\n\nnext" in markdown(chats)


def test_markdown_has_no_character_that_a_terminal_obeys(chats: Chats) -> None:
    """In title, texts and the model's name."""
    nasty = "\x1b]52;c;AAAA\x07\x9b2J\u202e"
    chats.save(exchange(nasty, nasty, measured=Measured(model=nasty)))

    assert not set(markdown(chats)) & set("\x1b\x07\x9b\u202e")
    assert markdown(chats).count(r"\u{1b}]52") == 4


TEXTS = st.text(max_size=20)


@settings(max_examples=30, deadline=None)
@given(branches=st.lists(st.lists(TEXTS.filter(bool), min_size=2, max_size=5), min_size=1, max_size=4), system=TEXTS)
def test_json_has_everything_and_can_be_checked(branches: list[list[str]], system: str) -> None:
    """From it alone the same tree is built again, message by message, and every hash is right."""
    with kept() as chats:
        for number, path in enumerate(branches):
            chats.save(exchange(*path, turn=str(number), system=system, measured=Measured(model="m", num_tokens=3)))
        tree = chats.tree("chat")
        text = json.dumps(to_json(chats.last(), tree))

    read = json.loads(text)
    found = {message["hash"]: message for message in read["messages"]}
    for message in found.values():
        fields = {name: message[name] for name in ("role", "text", "read") if name in message}
        assert name_of(Said(**fields), message["parent"]) == message["hash"]
        assert message["parent"] == read["id"] or message["parent"] in found
    assert set(found) == {node.hash for path in branches for node in placed("chat", said(*path))}
    assert read["tip"] == tree.tip
    over = {[*placed("chat", said(*path))][-1].hash for path in branches if len(path) % 2 == 0}
    assert all(found[answer]["model"] == "m" and found[answer]["num_tokens"] == 3 for answer in over)
    assert text.isascii()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    """Nothing is left beside it either."""
    file = tmp_path / "chat.md"
    write_new(file, "é")

    with pytest.raises(InputError, match="there already"):
        write_new(file, "other")

    assert file.read_text("utf-8") == "é"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_two_lines(tmp_path: Path) -> None:
    """What, and what to do."""
    with pytest.raises(InputError, match="cannot be written"):
        write_new(tmp_path / "nowhere" / "chat.md", "x")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Sum of xs, please!", "chat-sum-of-xs-please.md"),
        ("../../etc/passwd", "chat-etc-passwd.md"),
        ("", "chat.md"),
        ("\x1b[2J", "chat-2j.md"),
        ("x" * 500, f"chat-{'x' * 45}.md"),
    ],
)
def test_a_file_is_named_after_the_title(chats: Chats, title: str, name: str) -> None:
    """By letters and digits alone."""
    chats.save(exchange(title))

    assert file_name(chats.last()) == name
