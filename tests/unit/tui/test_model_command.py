"""/model: another model answers from the next question on."""

import asyncio
import io
from dataclasses import replace

import pytest

from assistant.errors import EngineError
from assistant.protocol import ChatRequest, LaidOut, ListedModel, PromptPiece, Status
from assistant.tui import own_commands
from assistant.tui.app import ChatApp
from assistant.tui.feature import Feature
from assistant.tui.models import models
from assistant.tui.plain import PlainChat
from assistant.tui.prompt import Prompt


def listed(name: str, **change: object) -> ListedModel:
    """A model for chats that fits."""
    model = ListedModel(
        name=name,
        num_bytes=1_200_000_000,
        file_type="Q4_K_M",
        context_tokens=8192,
        chats=True,
        verdict="fits",
        serves=(),
    )
    return replace(model, **change)  # pyright: ignore[reportArgumentType]


MODELS = [
    listed("builtin", num_bytes=4_500_000, serves=("completion", "chat")),
    listed("coder-1b"),
    listed("giant", chats=False, verdict="too large"),
]


@pytest.fixture
def serving(scripted):
    """An assistant that can serve other models, with contexts of their own."""

    class Serving(scripted):
        def __init__(self, *scripts) -> None:
            super().__init__(*scripts)
            self.loaded: list[tuple[str, str]] = []
            self.num_lists = 0
            self.is_loaded = asyncio.Event()
            self.is_loaded.set()

        async def models(self) -> list[ListedModel]:
            self.num_lists += 1
            return MODELS

        async def load_model(self, name: str, role: str = "completion") -> None:
            if name == "giant":
                raise EngineError("giant does not fit into memory", hint="choose a smaller one")
            await self.is_loaded.wait()
            self.loaded.append((name, role))

        async def status(self) -> Status:
            status = await super().status()
            if not self.loaded:
                return status
            return replace(status, chat_model=self.loaded[-1][0], chat_context_tokens=8192, chat_file_type="Q4_K_M")

        async def lay_out_chat(self, request: ChatRequest) -> LaidOut:
            pieces = [PromptPiece(role="message", text=each.content, num_tokens=500) for each in request.messages]
            return LaidOut(pieces=tuple(pieces), kept_chunks=(), window_tokens=8192)

        async def num_tokens(self, text: str, role: str = "completion") -> int:
            return len(text)

    return Serving


def chat(assistant) -> ChatApp:
    """A chat with this command and its own."""
    return ChatApp(assistant, features=[Feature(commands=own_commands.COMMANDS), models()])


async def say(pilot, text: str) -> None:
    """Type and send, without completion in the way."""
    pilot.app.query_one(Prompt).post_message(Prompt.Sent(text))
    await pilot.pause()


async def test_the_named_model_answers_and_the_conversation_stays(serving, shown, until) -> None:
    """The top line has its name and its context, filled as far as its own tokenizer says."""
    assistant = serving(["one"], ["two"])
    async with chat(assistant).run_test(size=(120, 24)) as pilot:
        await say(pilot, "First")
        await until(lambda: pilot.app.session.conversation.turns and not pilot.app.session.reply)
        await say(pilot, "/model coder-1b")
        await until(lambda: assistant.loaded)
        await until(lambda: "coder-1b" in shown(pilot.app).splitlines()[0])
        top = shown(pilot.app).splitlines()[0]
        await say(pilot, "Second")
        await until(lambda: len(assistant.requests) == 2)

    assert assistant.loaded == [("coder-1b", "chat")]
    assert "ctx 1.0k / 8.2k" in top
    assert "Q4_K_M" in top
    assert [each.content for each in assistant.requests[1].messages] == ["First", "one", "Second"]


async def test_without_a_name_they_are_offered(serving, shown, until) -> None:
    """The one that answers is marked; size, quantisation and whether it fits stand beside, below each other."""
    assistant = serving()
    async with chat(assistant).run_test(size=(100, 24), notifications=True) as pilot:
        await say(pilot, "/model")
        await until(lambda: len(pilot.app.screen_stack) == 2)
        await until(lambda: "giant" in shown(pilot.app))
        seen = shown(pilot.app)
        await pilot.press("down", "enter")
        await until(lambda: assistant.loaded)

    assert "● builtin" in seen
    assert "● builtin   4.5 MB, Q4_K_M, fits" in seen
    assert "  coder-1b  1.2 GB, Q4_K_M, fits" in seen
    assert "  giant     1.2 GB, Q4_K_M, too large, no chat template" in seen
    assert assistant.loaded == [("coder-1b", "chat")]


async def test_enter_behind_the_bare_command_shows_them_all(serving, shown, until) -> None:
    """However far it was typed or completed: the first name is nobody's wish yet."""
    assistant = serving()
    async with chat(assistant).run_test(size=(100, 24), notifications=True) as pilot:
        await until(lambda: pilot.app.session.status)
        for typed, has_offers in (("/model", True), ("/model ", False), ("/mod", True)):
            await pilot.press(*typed)
            await until(lambda wanted=has_offers: pilot.app.query_one(Prompt)._offers.is_open == wanted)
            await pilot.press("enter")
            await until(lambda: len(pilot.app.screen_stack) == 2)
            await pilot.press("escape")
            await until(lambda: len(pilot.app.screen_stack) == 1)

    assert assistant.loaded == []


async def test_one_that_cannot_be_loaded_changes_nothing(serving, shown, until) -> None:
    """Two lines say why, and the old one goes on."""
    assistant = serving(["still here"])
    async with chat(assistant).run_test(size=(100, 24), notifications=True) as pilot:
        await until(lambda: pilot.app.session.status)
        await say(pilot, "/model giant")
        await until(lambda: "giant does not fit into memory" in shown(pilot.app))
        assert "choose a smaller one" in shown(pilot.app)
        assert "scripted-1b" in shown(pilot.app).splitlines()[0]
        await say(pilot, "Hello?")
        await until(lambda: "still here" in shown(pilot.app))


async def test_not_while_an_answer_streams(serving, shown, until) -> None:
    """Its tokens would be another model's."""
    assistant = serving(["a", serving.HOLD])
    async with chat(assistant).run_test(size=(100, 24), notifications=True) as pilot:
        await say(pilot, "Count")
        await until(lambda: pilot.app.session.reply and pilot.app.session.reply.num_tokens)
        await say(pilot, "/model coder-1b")
        await until(lambda: "/model can do nothing now" in shown(pilot.app))

    assert assistant.loaded == []


async def test_a_question_waits_for_the_model_that_is_being_loaded(serving, shown, until) -> None:
    """It is that one's to answer, not the old one's; so it is kept under its name."""
    assistant = serving(["new"])
    assistant.is_loaded.clear()
    async with chat(assistant).run_test(size=(100, 24), notifications=True) as pilot:
        await until(lambda: pilot.app.session.status)
        await say(pilot, "/model coder-1b")
        await until(lambda: "Loading coder-1b" in shown(pilot.app))
        await say(pilot, "Hello?")
        reply = pilot.app.session.reply
        await pilot.pause(0.2)
        num_early = len(assistant.requests)
        assistant.is_loaded.set()
        await until(lambda: pilot.app.session.reply is None)

    assert num_early == 0
    assert len(assistant.requests) == 1
    assert reply.model == "coder-1b"


async def test_one_that_cannot_count_the_conversation_is_shown_all_the_same(serving, shown, until) -> None:
    """It does answer now; what it thinks of the conversation it says when it is asked."""

    class Speechless(serving):
        async def lay_out_chat(self, request: ChatRequest) -> LaidOut:
            raise EngineError("the template wants turns to alternate", hint="choose another model")

    assistant = Speechless(["one"])
    async with chat(assistant).run_test(size=(100, 24), notifications=True) as pilot:
        await say(pilot, "First")
        await until(lambda: pilot.app.session.conversation.turns and not pilot.app.session.reply)
        await say(pilot, "/model coder-1b")
        await until(lambda: "coder-1b" in shown(pilot.app).splitlines()[0])


async def test_the_top_line_learns_what_others_changed(serving, shown, until) -> None:
    """Another window, or the daemon's own restart, may have changed the model; after an answer it is known."""
    assistant = serving(["one"])
    async with chat(assistant).run_test(size=(100, 24)) as pilot:
        await until(lambda: pilot.app.session.status)
        assistant.loaded.append(("coder-1b", "chat"))
        await say(pilot, "First")
        await until(lambda: "coder-1b" in shown(pilot.app).splitlines()[0])


async def test_an_endpoint_has_its_own_model(scripted, shown, until) -> None:
    """It says where that is changed."""
    async with chat(scripted()).run_test(size=(100, 24), notifications=True) as pilot:
        await say(pilot, "/model coder-1b")
        await until(lambda: "an endpoint answers here" in shown(pilot.app))


async def test_names_are_offered_while_one_types(serving, shown, until) -> None:
    """Those in which it is, wherever; the list is asked for once."""
    assistant = serving()
    async with chat(assistant).run_test(size=(100, 24), notifications=True) as pilot:
        await until(lambda: pilot.app.session.status)
        await pilot.press(*"/model ")
        await pilot.pause()
        assert assistant.num_lists == 0
        await pilot.press(*"1b")
        await until(lambda: "coder-1b" in shown(pilot.app))
        await pilot.press("enter")
        await until(lambda: assistant.loaded)

    assert assistant.num_lists == 1
    assert assistant.loaded == [("coder-1b", "chat")]


async def test_names_that_cannot_be_had_are_not_offered(serving, shown, until) -> None:
    """A daemon that is gone ends no chat; Enter says what is wrong."""

    class Gone(serving):
        async def models(self) -> list[ListedModel]:
            raise EngineError("no daemon is running", hint="start one")

        async def load_model(self, name: str, role: str = "completion") -> None:
            raise EngineError("no daemon is running", hint="start one")

    async with chat(Gone()).run_test(size=(100, 24), notifications=True) as pilot:
        await pilot.press(*"/model 1b", "enter")
        await until(lambda: "no daemon is running" in shown(pilot.app))


async def test_it_works_in_plain_lines(serving) -> None:
    """A number chooses."""
    lines, said = io.StringIO("/model\n2\n/quit\n"), io.StringIO()
    assistant = serving()

    await PlainChat(assistant, lines, said, features=[Feature(commands=own_commands.COMMANDS), models()]).run()

    assert assistant.loaded == [("coder-1b", "chat")]
    assert "coder-1b answers in the chat now. To keep it: cairn models use coder-1b --role chat" in said.getvalue()
