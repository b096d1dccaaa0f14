"""The input at the bottom."""

from dataclasses import replace

import pytest
from textual.events import Paste

from assistant.protocol import Status
from assistant.tui.app import ChatApp
from assistant.tui.commands import Command
from assistant.tui.feature import Feature
from assistant.tui.prompt import Prompt
from assistant.tui.settings import ChatSettings


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


async def test_a_slash_offers_commands_and_tab_takes_one(scripted, shown, until) -> None:
    """The list narrows while a name is typed, and goes when it is taken."""
    async with ChatApp(scripted()).run_test() as pilot:
        await pilot.press("/")
        await until(lambda: "Start a new conversation." in shown(pilot.app))

        await pilot.press("t", "h")
        await until(lambda: "Start a new conversation." not in shown(pilot.app))
        await pilot.press("tab")

        assert pilot.app.query_one(Prompt).text == "/theme "
        await until(lambda: "ansi-dark" in shown(pilot.app))


async def test_enter_does_the_marked_command(scripted, shown, until) -> None:
    """Down marks the next one; what takes no argument is done at once, and nothing goes to the model."""
    chat = scripted()
    async with ChatApp(chat).run_test() as pilot:
        await pilot.press("/", "h")
        await until(lambda: "/help" in shown(pilot.app))

        await pilot.press("enter")

        await until(lambda: "Recall the last question" in shown(pilot.app))
        assert not chat.requests


async def test_enter_takes_nothing_from_a_list_about_an_earlier_text(scripted, shown, until) -> None:
    """On a busy machine keys overtake the list: what is done is what stands in the prompt."""
    async with ChatApp(scripted()).run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)
        await pilot.press("/", "q")
        await until(lambda: "/quit" in shown(pilot.app))

        prompt.text = "/help"
        prompt.move_cursor(prompt.document.end)
        prompt.action_send()  # before anybody has looked for what fits that

        await until(lambda: "Recall the last question" in shown(pilot.app))


@pytest.mark.parametrize("typed", ["/them", "/theme", "/theme "])
async def test_enter_leaves_out_what_may_be_left_out(scripted, until, typed: str) -> None:
    """A command whose argument stands in brackets is done at once, however fast that was typed."""
    noted: list[str] = []
    command = Command(name="theme", summary="", argument="[NAME]", run=lambda _chat, given: noted.append(given))
    async with ChatApp(scripted(), features=[Feature(commands=[command])]).run_test() as pilot:
        await pilot.press(*typed)
        await pilot.press("enter")
        await until(lambda: noted)

    assert noted == [""]


async def test_a_command_that_takes_something_does_it_with_what_was_typed(scripted, until) -> None:
    """The same as by the palette."""
    async with ChatApp(scripted()).run_test() as pilot:
        pilot.app.query_one(Prompt).insert("/theme gruvbox")
        await pilot.pause()

        await pilot.press("enter")

        await until(lambda: pilot.app.theme == "gruvbox")


async def test_a_misspelt_command_stays_in_the_prompt(scripted, shown, until) -> None:
    """It is not sent to the model; the nearest is named."""
    chat = scripted()
    async with ChatApp(chat).run_test(notifications=True) as pilot:
        pilot.app.query_one(Prompt).insert("/cpoy")

        await pilot.press("enter")

        await until(lambda: "mean /copy?" in shown(pilot.app))
        assert pilot.app.query_one(Prompt).text == "/cpoy"
        assert not chat.requests


async def test_the_model_suggests_how_a_question_goes_on(scripted, until) -> None:
    """After a pause; Tab takes it, and only the line before the first break is taken."""
    chat = scripted()
    chat.ghost = " of all even numbers\nand more"
    async with ChatApp(chat).run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)
        await until(lambda: pilot.app.session.status)
        await pilot.press(*"sum")

        await until(lambda: prompt.suggestion == " of all even numbers")
        await pilot.press("tab")

        assert prompt.text == "sum of all even numbers"
        assert (chat.holes[0].prefix, chat.holes[0].suffix) == ("sum", "")


async def test_right_takes_a_suggestion_and_typing_on_another_way_drops_it(scripted, until) -> None:
    """As in an editor."""
    chat = scripted()
    chat.ghost = " of xs"
    async with ChatApp(chat).run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)
        await until(lambda: pilot.app.session.status)
        await pilot.press(*"sum")
        await until(lambda: prompt.suggestion == " of xs")

        await pilot.press("space")
        assert prompt.suggestion == "of xs"
        await pilot.press("x")
        assert prompt.suggestion != "of xs"
        await until(lambda: prompt.suggestion == " of xs")
        await pilot.press("right")

        assert prompt.text == "sum x of xs"


@pytest.mark.parametrize("case", ["off", "endpoint", "unable", "streaming", "command"])
async def test_nothing_is_suggested_where_it_should_not_be(scripted, shown, until, case: str) -> None:
    """Switched off, over a network, without the ability, while an answer streams, in a command."""

    class Remote(scripted):
        async def status(self) -> Status:
            return replace(await super().status(), pid=0)

    chat = (Remote if case == "endpoint" else scripted)(["x", scripted.HOLD])
    chat.ghost = None if case == "unable" else " of xs"
    async with ChatApp(chat, settings=ChatSettings(has_ghost_text=case != "off")).run_test() as pilot:
        await until(lambda: pilot.app.session.status)
        if case == "streaming":
            await pilot.press("q", "enter")
            await until(lambda: "writing" in shown(pilot.app))

        await pilot.press(*("/new" if case == "command" else "sum"))
        if case == "unable":
            await until(lambda: chat.holes)
        await pilot.pause(0.6)
        await pilot.press("x")
        await pilot.pause(0.6)

        assert pilot.app.query_one(Prompt).suggestion == ""
        assert len(chat.holes) == (case == "unable")
