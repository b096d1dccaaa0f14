"""The chat as its user meets it: keys in, screen out, a scripted assistant behind."""

import re
from dataclasses import replace

import pytest

from assistant.errors import DaemonError, EngineError
from assistant.protocol import ChatDelta, Status
from assistant.tui.answer import Answer
from assistant.tui.app import ChatApp
from assistant.tui.prompt import Prompt
from assistant.tui.transcript import Transcript

LONG = [f"line {number}\n\n" for number in range(60)]


async def ask(pilot, question: str) -> None:
    """Type a question and send it."""
    pilot.app.query_one(Prompt).insert(question)
    await pilot.press("enter")


async def test_the_first_screen_says_what_this_is(scripted, shown, until) -> None:
    """Model, offline badge, context and three things to try, before anything is typed."""
    async with ChatApp(scripted()).run_test() as pilot:
        await until(lambda: "scripted-1b-Q4_K_M" in shown(pilot.app))

        screen = shown(pilot.app)

    assert "● offline" in screen
    assert "ctx 0 / 4.1k" in screen
    assert screen.count("›") == 3
    assert "Enter sends" in screen


async def test_a_chat_that_leaves_the_machine_says_so(scripted, shown, until) -> None:
    """An endpoint is named, and is not called offline; it need not say how much it holds."""

    class Remote(scripted):
        async def status(self) -> Status:
            return replace(await super().status(), pid=0, model_path="http://gpu-box:8000", context_tokens=0)

    async with ChatApp(Remote()).run_test() as pilot:
        await until(lambda: "scripted-1b-Q4_K_M" in shown(pilot.app))

        screen = shown(pilot.app)

    assert "● online: gpu-box" in screen
    assert "through http://gpu-box:8000" in screen
    assert "offline" not in screen
    assert "this machine alone" not in screen


async def test_an_answer_shows_while_it_streams(scripted, shown, until) -> None:
    """Text is on the screen before the answer is over, with tokens counted."""
    chat = scripted(["Hello ", "wor", "ld", scripted.HOLD, "!"])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "Say hello")

        await until(lambda: "Hello world" in shown(pilot.app) and "writing · 3 tokens" in shown(pilot.app))

        assert "Say hello" in shown(pilot.app)
        chat.release.set()
        await until(lambda: "Hello world!" in shown(pilot.app))


async def test_waiting_for_the_first_token_is_shown(scripted, shown, until) -> None:
    """Prefill can take seconds; the screen says that the model reads."""
    async with ChatApp(scripted([scripted.HOLD])).run_test() as pilot:
        await ask(pilot, "Long question")

        await until(lambda: re.search(r"reading · \d+ s", shown(pilot.app)))


async def test_speed_and_context_show_when_the_answer_is_over(scripted, shown, until) -> None:
    """The top line has tokens/s, time to first token and context used, as the daemon measured them."""
    async with ChatApp(scripted(["a", "b"])).run_test(size=(100, 24)) as pilot:
        await ask(pilot, "Q")

        await until(lambda: "43.2 tok/s" in shown(pilot.app))

        top = shown(pilot.app).splitlines()[0]
        assert "ctx 1.0k / 4.1k" in top
        assert "TTFT 0.31 s" in top


async def test_escape_cancels_the_request_and_keeps_what_came(scripted, shown, until) -> None:
    """The stream is closed; the partial answer stays on the screen and in the conversation."""
    chat = scripted(["one ", "two ", scripted.HOLD], ["more"])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "Count")
        await until(lambda: "one two" in shown(pilot.app))

        await pilot.press("escape")
        await until(lambda: chat.num_cut_short == 1)

        await until(lambda: "stopped after 2 tokens" in shown(pilot.app))
        assert "one two" in shown(pilot.app)
        await ask(pilot, "Go on")
        await until(lambda: len(chat.requests) == 2)
        contents = [message.content for message in chat.requests[1].messages]
        assert contents == ["Count", "one two ", "Go on"]


async def test_escape_stops_a_request_that_has_no_token_yet(scripted, shown, until) -> None:
    """Prefill is cancelled too, and the turn is not sent again."""
    chat = scripted([scripted.HOLD], ["yes"])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "Too long")
        await until(lambda: chat.requests)

        await pilot.press("escape")
        await until(lambda: chat.num_cut_short == 1)

        await until(lambda: "stopped after 0 tokens" in shown(pilot.app))
        await ask(pilot, "Short")
        await until(lambda: "yes" in shown(pilot.app))
        assert [message.content for message in chat.requests[1].messages] == ["Short"]


async def test_the_conversation_goes_with_the_next_request(scripted, shown, until) -> None:
    """Each request carries all turns so far, as the model wrote them."""
    chat = scripted(["fi", "rst"], ["second"])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "One")
        await until(lambda: "2 tokens" in shown(pilot.app))

        await ask(pilot, "Two")
        await until(lambda: "second" in shown(pilot.app))

    sent = [(message.role, message.content) for message in chat.requests[1].messages]
    assert sent == [("user", "One"), ("assistant", "first"), ("user", "Two")]


async def test_a_failure_is_a_notice_and_the_chat_goes_on(scripted, shown, until) -> None:
    """Two lines say what happened and what to do; the next message works."""
    chat = scripted(
        ["Half an", EngineError("The engine lost the request.", hint="Ask again; it restarts by itself.")], ["Whole"]
    )
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "One")
        await until(lambda: "The engine lost the request." in shown(pilot.app))

        screen = shown(pilot.app)
        await ask(pilot, "Two")
        await until(lambda: "Whole" in shown(pilot.app))

    assert "Half an" in screen
    assert "Ask again; it restarts by itself." in screen


async def test_a_daemon_that_is_down_is_a_notice_at_the_start(scripted, shown, until) -> None:
    """The chat opens without a daemon, says so, and can be typed into."""
    chat = scripted(down=DaemonError("The daemon does not run.", hint="Start it: cairn serve"))
    async with ChatApp(chat).run_test() as pilot:
        await until(lambda: "The daemon does not run." in shown(pilot.app))

        await pilot.press("h", "i")

        assert "Start it: cairn serve" in shown(pilot.app)
        assert pilot.app.query_one(Prompt).text == "hi"


async def test_the_model_is_named_once_a_late_daemon_answers(scripted, shown, until) -> None:
    """Who was down at the start is asked again after the first answer."""
    chat = scripted(["ok"], down=DaemonError("The daemon does not run.", hint="Start it: cairn serve"))
    async with ChatApp(chat).run_test() as pilot:
        await until(lambda: "does not run" in shown(pilot.app))

        chat.down = None
        await ask(pilot, "Q")

        await until(lambda: "scripted-1b-Q4_K_M" in shown(pilot.app).splitlines()[0])


async def test_markup_is_shown_as_it_is_written(scripted, shown, until) -> None:
    """Question, answer, error and hint are text, never Textual markup."""
    text = "[@click=app.quit]x[/] a[/]b [link=http://e]t[/link]"
    chat = scripted([text], [EngineError(text, hint=text)])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, text)
        await until(lambda: shown(pilot.app).count(text) == 2)

        await ask(pilot, "Fail")

        await until(lambda: shown(pilot.app).count(text) == 4)


async def test_no_escape_sequence_reaches_the_screen(scripted, shown, until) -> None:
    """Control, bidi and tag characters of question, answer and error are shown by number."""
    nasty = "\x1b]52;c;AAAA\x07 \x9b2J \u202e\U000e0041 §"
    chat = scripted(list(nasty), [EngineError(nasty, hint=nasty)])
    async with ChatApp(chat).run_test(size=(100, 30)) as pilot:
        pilot.app.query_one(Prompt).text = nasty
        await pilot.press("enter")
        await until(lambda: shown(pilot.app).count("§") == 2)
        await ask(pilot, "Fail")
        await until(lambda: shown(pilot.app).count("§") == 4)

        screen = shown(pilot.app)

    assert screen.count(r"\u{1b}]52;c;AAAA\u{7} \u{9b}2J \u{202e}\u{e0041} §") == 4
    assert not set(screen) & set("\x1b\x07\x9b\u202e\U000e0041")


async def test_typing_works_while_an_answer_streams(scripted, shown, until) -> None:
    """Keys go to the prompt at any time; Enter waits until the answer is over."""
    chat = scripted(["begun ", scripted.HOLD], ["next"])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "One")
        await until(lambda: "begun" in shown(pilot.app))

        await pilot.press("t", "w", "o", "enter")

        assert pilot.app.query_one(Prompt).text == "two"
        assert len(chat.requests) == 1
        chat.release.set()
        await until(lambda: "1.0k / 4.1k" in shown(pilot.app))
        await pilot.press("enter")
        await until(lambda: "next" in shown(pilot.app))


async def test_a_new_conversation_clears_screen_and_history(scripted, shown, until) -> None:
    """Ctrl+N stops what runs and starts over."""
    chat = scripted(["old answer", scripted.HOLD], ["fresh"])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "Old question")
        await until(lambda: "old answer" in shown(pilot.app))

        await pilot.press("ctrl+n")
        await until(lambda: "Try" in shown(pilot.app))

        assert "old answer" not in shown(pilot.app)
        await until(lambda: chat.num_cut_short == 1)
        await ask(pilot, "New question")
        await until(lambda: "fresh" in shown(pilot.app))
        assert [message.content for message in chat.requests[1].messages] == ["New question"]


async def test_the_view_stays_where_the_reader_scrolled(scripted, shown, until) -> None:
    """New text scrolls the end along, but never away from a reader who went up."""
    chat = scripted([*LONG, scripted.HOLD, *LONG])
    async with ChatApp(chat).run_test() as pilot:
        transcript = pilot.app.query_one(Transcript)
        await ask(pilot, "Write much")
        await until(lambda: "line 59" in shown(pilot.app))

        await pilot.press("pageup")
        await pilot.pause()
        scrolled_to, height = transcript.scroll_y, transcript.virtual_size.height
        chat.release.set()
        await until(lambda: transcript.virtual_size.height > height + 50)

        assert transcript.scroll_y == scrolled_to
        assert 0 < scrolled_to < height - transcript.size.height


async def test_a_message_is_one_widget(scripted, shown, until) -> None:
    """A long answer costs as many widgets as a short one."""
    async with ChatApp(scripted(LONG)).run_test() as pilot:
        await ask(pilot, "Write much")
        await until(lambda: "60 tokens" in shown(pilot.app))

        assert len(pilot.app.query_one(Transcript).query("#messages > *")) == 2
        assert not pilot.app.query_one(Answer).children


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 8)])
async def test_a_small_terminal_still_shows_answer_and_prompt(scripted, shown, until, size: tuple[int, int]) -> None:
    """After a resize text is laid out again, badge and prompt are there, and nothing is wider than the screen."""
    async with ChatApp(scripted(["A sentence of some length, long enough to wrap. ", "END"])).run_test() as pilot:
        await ask(pilot, "Q")
        await until(lambda: "END" in shown(pilot.app))

        await pilot.resize_terminal(*size)
        await pilot.pause()

        lines = shown(pilot.app).splitlines()
        assert len(lines) == size[1]
        assert max(map(len, lines)) <= size[0]
        assert any("2 tokens" in line for line in lines)
        assert pilot.app.query_one(Prompt).region.height >= 3


async def test_ctrl_y_copies_the_code_block(scripted, shown, until) -> None:
    """What is copied is the program alone, without padding or numbering."""
    async with ChatApp(scripted(["So:\n\n```python\nx = 1\n", "```\n\nDone."])).run_test() as pilot:
        await ask(pilot, "Q")
        await until(lambda: "2 tokens" in shown(pilot.app))

        await pilot.press("ctrl+y")

        assert pilot.app.clipboard == "x = 1\n"


async def test_ctrl_c_copies_what_the_mouse_selected(scripted, shown, until) -> None:
    """A selection over an answer is copied as it reads; the chat stays open."""
    async with ChatApp(scripted(["copy this text"])).run_test() as pilot:
        await ask(pilot, "Q")
        await until(lambda: "1 token" in shown(pilot.app))
        await pilot.mouse_down(Answer, offset=(2, 0))
        await pilot.hover(Answer, offset=(10, 0))
        await pilot.mouse_up(Answer, offset=(10, 0))

        await pilot.press("ctrl+c")

        assert pilot.app.clipboard == "copy this"
        assert pilot.app.is_running


async def test_a_click_on_the_transcript_leaves_the_keys_to_the_prompt(scripted, shown, until) -> None:
    """Whatever the mouse did, what is typed goes into the prompt."""
    async with ChatApp(scripted(["answer"])).run_test() as pilot:
        await ask(pilot, "Q")
        await until(lambda: "1 token" in shown(pilot.app))

        await pilot.click(Answer)
        await pilot.press("x")

        assert pilot.app.query_one(Prompt).text == "x"


async def test_ctrl_c_twice_quits_and_cancels(scripted, shown, until) -> None:
    """Once only warns; leaving closes the running request."""
    chat = scripted(["text", scripted.HOLD])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "Q")
        await until(lambda: "text" in shown(pilot.app))

        await pilot.press("ctrl+c")
        is_open_after_one = pilot.app.is_running
        await pilot.press("ctrl+c")

    await until(lambda: chat.num_cut_short == 1)
    assert is_open_after_one
    assert pilot.app.return_code == 0


@pytest.mark.parametrize(
    ("reason", "note"), [("length", "cut off at the limit of 1 token"), ("deadline", "out of time after 1 token")]
)
async def test_an_answer_that_was_cut_says_so(scripted, shown, until, reason: str, note: str) -> None:
    """Nothing ends early in silence."""
    chat = scripted(["text", ChatDelta(text="", finish_reason=reason)])
    async with ChatApp(chat).run_test() as pilot:
        await ask(pilot, "Q")

        await until(lambda: note in shown(pilot.app))
