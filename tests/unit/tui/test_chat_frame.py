"""Around the conversation: themes, help, the top line, the palette, the key line."""

from dataclasses import replace

import pytest
from textual.widgets import Static

from assistant.errors import ConfigError
from assistant.protocol import Status
from assistant.tui.answer import Answer
from assistant.tui.app import ChatApp
from assistant.tui.key_line import KeyLine
from assistant.tui.prompt import Prompt
from assistant.tui.settings import ChatSettings


async def ask(pilot, question: str) -> None:
    """Type a question and send it."""
    pilot.app.query_one(Prompt).insert(question)
    await pilot.press("enter")


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark", "textual-dark"])
async def test_a_change_of_theme_recolours_old_answers(scripted, shown, until, theme: str) -> None:
    """Answers are drawn in the theme's own colours, whichever it is."""
    async with ChatApp(scripted(["```python\ndef f(): ...\n```"])).run_test() as pilot:
        await ask(pilot, "Q")
        await until(lambda: "1 token" in shown(pilot.app))
        answer = pilot.app.query_one(Answer)
        before = [segment.style for segment in answer.render_line(0)]

        pilot.app.theme = theme
        await pilot.pause()

        assert [segment.style for segment in answer.render_line(0)] != before


async def test_help_lists_the_keys_and_closes(scripted, shown, until) -> None:
    """F1 opens, Esc closes, and the chat is as it was."""
    async with ChatApp(scripted()).run_test() as pilot:
        await pilot.press("f1")
        await until(lambda: "Stop the answer" in shown(pilot.app))

        await pilot.press("escape")

        await until(lambda: "Stop the answer" not in shown(pilot.app))
        assert pilot.app.screen.query(Static)


async def test_the_top_line_shows_all_meters_where_there_is_room(scripted, shown, until) -> None:
    """Model, quantisation, badge, speed, context, time to first token, memory, cached tokens."""

    class Told(scripted):
        async def status(self) -> Status:
            return replace(await super().status(), model="a-model", file_type="Q4_K_M", memory_bytes=3 << 30)

    async with ChatApp(Told(["a"])).run_test(size=(120, 24)) as pilot:
        await ask(pilot, "Q")

        await until(lambda: "cached" in shown(pilot.app))

        top = shown(pilot.app).splitlines()[0]
    meters = "43.2 tok/s · ctx 1.0k / 4.1k · TTFT 0.31 s · Q4_K_M · 3.0 GB · 600 cached"
    assert top.startswith(" a-model · ● offline")
    assert top.rstrip().endswith(meters)


async def test_the_palette_does_what_a_slash_command_does(scripted, shown, until) -> None:
    """Every command of the registry is there by its name."""
    async with ChatApp(scripted(["old answer"])).run_test(size=(100, 30)) as pilot:
        await ask(pilot, "Q")
        await until(lambda: "1 token" in shown(pilot.app))

        await pilot.press("ctrl+p", *"new")
        await until(lambda: "Start a new conversation." in shown(pilot.app))
        await pilot.press("enter")

        await until(lambda: "old answer" not in shown(pilot.app))


async def test_a_click_on_a_key_presses_it(scripted, shown, until) -> None:
    """The bottom line can be used with the mouse."""
    async with ChatApp(scripted()).run_test() as pilot:
        line = shown(pilot.app).splitlines()[-1]

        await pilot.click(KeyLine, offset=(line.index("Help"), 0))

        await until(lambda: "Send the question." in shown(pilot.app))


def test_a_theme_that_does_not_exist_is_refused_before_the_screen(scripted) -> None:
    """With the names of those that do."""
    with pytest.raises(ConfigError, match='no theme "nrod"') as refusal:
        ChatApp(scripted(), settings=ChatSettings(theme="nrod"))

    assert "ansi-dark" in refusal.value.hint
