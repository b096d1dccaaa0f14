"""The chat in plain lines: for screen readers and pipes."""

import io

import pytest

from assistant.errors import EngineError
from assistant.tui.commands import Command
from assistant.tui.feature import Feature
from assistant.tui.own_commands import COMMANDS
from assistant.tui.plain import PlainChat, wants_plain


async def talk(assistant, typed: str, *features: Feature) -> str:
    """Give the chat lines to read until they end; what it wrote."""
    sink = io.StringIO()
    await PlainChat(assistant, io.StringIO(typed), sink, features=[Feature(commands=COMMANDS), *features]).run()
    return sink.getvalue()


@pytest.mark.parametrize(
    ("environ", "is_terminal", "plain"),
    [
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "xterm", "ACCESSIBLE": "0"}, True, False),
        ({"TERM": "xterm", "ACCESSIBLE": "1"}, True, True),
        ({"TERM": "dumb"}, True, True),
        ({"TERM": "xterm"}, False, True),
    ],
)
def test_who_cannot_use_a_screen_gets_lines(environ: dict[str, str], is_terminal: bool, plain: bool) -> None:
    """Screen readers say so, dumb terminals and pipes cannot do otherwise."""
    assert wants_plain(environ, is_terminal=is_terminal) is plain


async def test_every_message_says_who_speaks(scripted) -> None:
    """A question, its answer, and how it ended, each on lines of their own."""
    chat = scripted(["one ", "two"], ["three"])

    seen = await talk(chat, "First\nSecond\n")

    assert "You: Cairn: one two\nNote: 2 tokens · 43.2 tok/s\n" in seen
    assert [message.content for message in chat.requests[1].messages] == ["First", "one two", "Second"]


async def test_nothing_is_drawn(scripted) -> None:
    """No box, no bar, no escape sequence: also not one that the model wrote."""
    seen = await talk(scripted(["\x1b[2J\u202e┃"]), "Q\n/help\n")

    assert not set(seen.replace("┃", "")) & {"\x1b", "\u202e", *map(chr, range(0x2500, 0x2600))}
    assert r"\u{1b}[2J\u{202e}" in seen


async def test_a_line_goes_on_after_a_backslash(scripted) -> None:
    """So that code can be asked about."""
    chat = scripted(["ok"])

    await talk(chat, "def f():\\\n    pass\n")

    assert chat.requests[0].messages[0].content == "def f():\n    pass"


async def test_a_failure_is_two_lines_and_the_chat_goes_on(scripted) -> None:
    """What happened, what to do, and the next question."""
    seen = await talk(scripted([EngineError("lost", hint="ask again")], ["fine"]), "One\nTwo\n")

    assert "Note: broke off\nError: lost\nHint: ask again\n" in seen
    assert "Cairn: fine" in seen


async def test_commands_are_those_of_the_screen(scripted) -> None:
    """Typed with a slash; a misspelt one is no question."""
    chat = scripted(["old"], ["new"])

    seen = await talk(chat, "One\n/nwe\n/new\nTwo\n/quit\nThree\n")

    assert "did you mean /new?" in seen
    assert [message.content for message in chat.requests[1].messages] == ["Two"]
    assert len(chat.requests) == 2


async def test_a_command_can_ask_back(scripted) -> None:
    """A choice is a number, a confirmation the word yes; everything else is neither."""
    answers: list[object] = []

    async def both(chat: PlainChat, _argument: str) -> None:
        answers.append(await chat.confirm("Write the file?", "a.py"))

    feature = Feature(commands=[Command(name="write", summary="Write.", run=both)])
    await talk(scripted(), "/write\nyes\n/write\n\n/write\nno\n", feature)

    assert answers == [True, False, False]
