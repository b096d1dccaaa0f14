"""The input at the bottom."""

import pytest
from textual.events import Paste

from assistant.tui.app import ChatApp
from assistant.tui.prompt import Prompt


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_a_newline_key_breaks_the_line_and_the_prompt_grows(scripted, key: str) -> None:
    """Enter sends; each of the other keys starts a line, and the box makes room for it."""
    chat = scripted()
    async with ChatApp(chat).run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)
        height = prompt.region.height

        await pilot.press("a", key, "b")
        await pilot.pause()

        assert prompt.text == "a\nb"
        assert prompt.region.height == height + 1
        assert not chat.requests


async def test_the_prompt_leaves_room_for_the_transcript(scripted) -> None:
    """However long the text, it takes at most half of the screen."""
    async with ChatApp(scripted()).run_test(size=(80, 25)) as pilot:
        prompt = pilot.app.query_one(Prompt)

        prompt.insert("line\n" * 50)
        await pilot.pause()

        assert 5 < prompt.region.height <= 12


async def test_blank_text_is_not_sent(scripted) -> None:
    """Enter on nothing does nothing."""
    chat = scripted()
    async with ChatApp(chat).run_test() as pilot:
        await pilot.press("space", "enter")
        await pilot.pause()

        assert not chat.requests


async def test_up_recalls_the_last_question(scripted, shown, until) -> None:
    """After a failure the question need not be typed again."""
    async with ChatApp(scripted(["ok"])).run_test() as pilot:
        await pilot.press("h", "i", "enter")
        await until(lambda: "1 token" in shown(pilot.app))

        await pilot.press("up")

        assert pilot.app.query_one(Prompt).text == "hi"


async def test_pasted_text_cannot_drive_the_terminal(scripted) -> None:
    """A paste keeps its lines, whatever their ends, and loses what a terminal would obey."""
    async with ChatApp(scripted()).run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)

        prompt.post_message(Paste("a\r\nb\rc\x1b[2J"))
        await pilot.press("!")

        assert prompt.text == "a\nb\nc\\u{1b}[2J!"
