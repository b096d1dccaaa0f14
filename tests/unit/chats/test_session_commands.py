"""`cairn sessions`: tables of at most 80 columns for people, JSON for programs, two lines for what went wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant import paths
from assistant.chats.store import Chats
from assistant.cli import cli
from assistant.errors import CairnError, InputError
from tests.unit.chats.exchanges import FakeClock, exchange

NASTY = "\x1b]52;c;AAAA\x07\x9b2J\u202e"


@pytest.fixture
def chats(home: Path) -> Chats:
    chats = Chats(paths.chats_file(), now=FakeClock())
    chats.save(exchange("Write merge() " + "for many, many maps " * 10, "def merge(*maps): ...", chat="aaaa0000"))
    chats.save(exchange("What is a monad?", "A " + "long " * 40 + "story", "Shorter?", "No", chat="bbbb0000"))
    return chats


def run(*arguments: str, typed: str = "") -> str:
    """What a command prints; its error is raised."""
    result = CliRunner().invoke(cli, ["sessions", *arguments], input=typed)
    if isinstance(result.exception, CairnError):
        raise result.exception
    assert result.exit_code in (0, 1), result.output
    return result.output


@pytest.mark.parametrize("command", [("list",), ("search", "merge"), ("search", "story")])
def test_tables_fit_into_80_columns(chats: Chats, command: tuple[str, ...]) -> None:
    """Whatever was said."""
    lines = run(*command).splitlines()

    assert len(lines) >= 2
    assert max(map(len, lines)) <= 80


def test_the_list_has_the_last_chat_first(chats: Chats) -> None:
    """With how often something was asked; as JSON with whole titles."""
    rows = [line.split() for line in run("list").splitlines()]
    found = json.loads(run("list", "--json", "-n", "1"))

    assert [row[0] for row in rows] == ["chat", "bbbb0000", "aaaa0000"]
    assert rows[1][3] == "2"
    assert [each["id"] for each in found] == ["bbbb0000"]
    assert found[0]["title"] == "What is a monad?"


def test_search_looks_for_each_word_as_it_stands(chats: Chats) -> None:
    """Code with its punctuation; all words in one message."""
    assert "def merge(*maps): ..." in run("search", "merge(*maps):")
    assert run("search", "merge", "monad") == "no message has these words\n"
    assert json.loads(run("search", "--json", "merge", "monad")) == []
    (hit,) = json.loads(run("search", "--json", "MONAD?"))
    assert (hit["chat"], hit["role"], hit["line"]) == ("bbbb0000", "user", "What is a monad?")


def test_a_chat_is_shown_and_saved(chats: Chats, tmp_path: Path) -> None:
    """By the beginning of its name; the file has what is shown."""
    shown = run("show", "bb")
    run("export", "bb", "-o", str(tmp_path / "chat.md"))

    assert "## You\n\nShorter?\n\n## Cairn\n\nNo\n" in shown
    assert (tmp_path / "chat.md").read_text() == shown
    assert run("export", "bb") == shown
    assert json.loads(run("show", "bb", "--json")) == json.loads(run("export", "bb", "--json"))
    with pytest.raises(InputError, match="there already"):
        run("export", "bb", "-o", str(tmp_path / "chat.md"))


def test_a_chat_is_renamed(chats: Chats) -> None:
    """And listed by its title."""
    run("rename", "aaaa", "Maps")

    assert run("list").splitlines()[2].split()[-1] == "Maps"


def test_to_forget_asks_first(chats: Chats) -> None:
    """Anything but y keeps it; --yes does not ask; of an unknown name nothing is forgotten."""
    run("rm", "aaaa", typed="n\n")
    with pytest.raises(InputError, match="no chat"):
        run("rm", "-y", "aaaa", "nowhere")
    assert len(chats.latest()) == 2

    output = run("rm", "aaaa", typed="y\n")
    run("rm", "-y", "bbbb")

    assert "for many, many maps" in output
    assert chats.latest() == []
    assert run("list") == "no chats are kept yet: begin one with `cairn`\n"
    assert json.loads(run("list", "--json")) == []


def test_nothing_that_a_terminal_obeys_is_printed(chats: Chats) -> None:
    """In no command."""
    chats.save(exchange(NASTY, NASTY, chat="cccc"))
    chats.rename("aaaa0000", NASTY)

    for command in (("list",), ("search", "52;c"), ("show", "cccc"), ("export", "cccc"), ("rm", "cccc")):
        output = run(*command, typed="n\n")
        assert r"\u{1b}]52" in output
        assert not set(output) & set("\x1b\x07\x9b\u202e")
    for command in (("list", "--json"), ("search", "--json", "52;c"), ("show", "--json", "cccc")):
        assert run(*command).isascii()


def test_a_broken_file_is_told_and_moved_aside(chats: Chats) -> None:
    """The command goes on with an empty one."""
    paths.chats_file().write_bytes(b"nonsense" * 1000)

    output = run("list")

    assert "was broken" in output
    assert "chats.broken" in output
