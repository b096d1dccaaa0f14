"""What goes along with a question, seen before it is sent."""

import pytest

from assistant.protocol import ChatRequest, LaidOut, PromptPiece
from assistant.tui import own_commands, screen_commands
from assistant.tui.app import ChatApp
from assistant.tui.context import ContextScreen
from assistant.tui.context_commands import context
from assistant.tui.feature import Feature
from assistant.tui.prompt import Prompt
from assistant.tui.transcript import Notice


@pytest.fixture
def project(tmp_path):
    """A folder with two files and its own words."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "calc.py").write_text("one\ntwo\nthree\n")
    (folder / "AGENTS.md").write_text("Use tabs.\n")
    return folder


@pytest.fixture
def counting(scripted):
    """An assistant whose tokens are words."""

    class Counting(scripted):
        window_tokens = 4096

        async def num_tokens(self, text: str, role: str = "completion") -> int:
            return len(text.split())

        async def lay_out_chat(self, request: ChatRequest) -> LaidOut:
            pieces = [PromptPiece(role="mark", text="<|begin|>", num_tokens=1)]
            for message in request.messages:
                num_tokens = await self.num_tokens(message.content)
                pieces.append(PromptPiece(role="message", text=message.content, num_tokens=num_tokens))
            return LaidOut(pieces=tuple(pieces), kept_chunks=(), window_tokens=self.window_tokens)

    return Counting


def chat(assistant, project) -> ChatApp:
    """A chat about the project."""
    return ChatApp(
        assistant, features=[Feature(commands=(*own_commands.COMMANDS, *screen_commands.COMMANDS)), context(project)]
    )


async def say(pilot, text: str) -> None:
    """Type and send, without completion in the way."""
    prompt = pilot.app.query_one(Prompt)
    prompt.text = text
    prompt.post_message(Prompt.Sent(text))
    prompt.clear()
    await pilot.pause()


async def test_the_model_reads_what_was_named_and_added(counting, project, until) -> None:
    """Lines of a file, an added one, the project's words; the transcript and the next question have them no more."""
    assistant = counting(["ok"], ["ok"])
    async with chat(assistant, project).run_test() as pilot:
        await say(pilot, "/add src/calc.py:3")
        await say(pilot, "What is @src/calc.py:1-2?")
        await until(lambda: len(assistant.requests) == 1 and not pilot.app.session.reply)
        await say(pilot, "And then, @pytest.fixture?")
        await until(lambda: len(assistant.requests) == 2)

    system, question = assistant.requests[0].messages
    assert system.role == "system"
    assert "Use tabs." in system.content
    assert "lines 1-2:\n```python\none\ntwo\n```" in question.content
    assert "lines 3-3:\n```python\nthree\n```" in question.content
    assert question.content.endswith("What is @src/calc.py:1-2?")
    assert assistant.requests[1].messages[-1].content == "And then, @pytest.fixture?"


async def test_the_drawer_shows_what_would_be_sent(counting, project, until, shown) -> None:
    """With counts of the model's own tokenizer, and a meter."""
    async with chat(counting(), project).run_test(size=(100, 40)) as pilot:
        await say(pilot, "/add src/calc.py")
        await say(pilot, "/context")
        await until(lambda: isinstance(pilot.app.screen, ContextScreen))
        await pilot.pause()
        screen = shown(pilot.app)

    assert "/ 4.1k tokens" in screen
    assert "Use tabs." in screen
    assert "three" in screen
    assert "src/calc.py" in screen


async def test_too_much_is_refused_with_what_to_leave_out(counting, project, until) -> None:
    """Nothing is cut, and nothing is sent."""
    (project / "big.py").write_text("word " * 5000)
    assistant = counting(["ok"])
    async with chat(assistant, project).run_test() as pilot:
        await say(pilot, "Explain @big.py")
        await until(lambda: pilot.app.query(Notice))
        notice = str(pilot.app.query_one(Notice).content)

    assert not assistant.requests
    assert "too many; nothing was sent" in notice
    assert "big.py (5.0k)" in notice


async def test_a_preset_and_a_drop_change_what_comes_first(counting, project, until) -> None:
    """The preset's words are there, the project's are left out."""
    assistant = counting(["ok"])
    async with chat(assistant, project).run_test() as pilot:
        await say(pilot, "/preset brief")
        await say(pilot, "/drop AGENTS.md")
        await say(pilot, "Hi")
        await until(lambda: assistant.requests)

    assert "as few words" in assistant.requests[0].messages[0].content
    assert "tabs" not in assistant.requests[0].messages[0].content


async def test_paths_are_completed_behind_an_at_sign(counting, project, until) -> None:
    """A few letters, Enter takes the path, the next one sends."""
    assistant = counting(["ok"])
    async with chat(assistant, project).run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)
        await pilot.press(*"see @calc")
        await until(lambda: prompt._offers.is_open)
        await pilot.press("enter")
        await until(lambda: prompt.text == "see @src/calc.py" and not prompt._offers.is_open)
        await pilot.press("enter")
        await until(lambda: assistant.requests)


async def test_a_long_paste_becomes_a_chip_and_the_model_reads_it_whole(counting, project, until) -> None:
    """What was pasted may name files; none of them goes along."""
    from textual.events import Paste

    assistant = counting(["ok"])
    lines = "\n".join(["see @src/gone.py"] * 120)
    async with chat(assistant, project).run_test() as pilot:
        prompt = pilot.app.query_one(Prompt)
        prompt.post_message(Paste(lines))
        await until(lambda: prompt.text == "[pasted 120 lines]")
        await pilot.press("enter")
        await until(lambda: assistant.requests)

    assert assistant.requests[0].messages[-1].content == lines
