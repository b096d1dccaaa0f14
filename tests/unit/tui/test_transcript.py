"""Long conversations, and the code in them."""

from assistant.tui.answer import Answer
from assistant.tui.app import ChatApp
from assistant.tui.conversation import Conversation, Turn
from assistant.tui.prompt import Prompt
from assistant.tui.settings import ChatSettings
from assistant.tui.transcript import Earlier, Question, Transcript

CODE = "Two ways:\n\n```python a.py\nfirst()\n```\n\nor\n\n```python\nsecond()\n```\n\nDone."


def turns(number: int) -> Conversation:
    """A conversation whose questions and answers are numbered."""
    return Conversation(tuple(Turn(question=f"question {n}", answer=f"answer {n}\n\n" * 5) for n in range(number)))


async def test_an_old_conversation_shows_its_end_and_brings_the_rest_when_asked(scripted, shown, until) -> None:
    """PgUp at the top brings the messages before; what the reader looked at stays where it is."""
    async with ChatApp(scripted()).run_test() as pilot:
        transcript = pilot.app.query_one(Transcript)
        pilot.app.open(turns(30))
        await until(lambda: "answer 29" in shown(pilot.app))
        assert len(transcript.query(Question)) == 10

        transcript.scroll_home(animate=False)
        await until(lambda: "40 earlier messages" in shown(pilot.app))
        assert "question 20" in shown(pilot.app)
        await pilot.press("pageup")
        await until(lambda: len(transcript.query(Question)) == 20)
        await pilot.pause()

        assert "question 20" in shown(pilot.app)
        for _ in range(40):
            await pilot.press("pageup")
        await until(lambda: len(transcript.query(Question)) == 30 and not transcript.query(Earlier))
        await until(lambda: "question 0" in shown(pilot.app))


async def test_messages_beyond_a_limit_leave_the_screen_but_not_the_conversation(scripted, until) -> None:
    """Of 200 messages a part stays mounted; the next request carries all of them."""
    chat = scripted(*(["short"] for _ in range(100)))
    async with ChatApp(chat).run_test() as pilot:
        for number in range(100):
            pilot.app.ask(f"q{number}")
            await until(lambda: pilot.app.session.reply is None)

        assert len(pilot.app.query("Question, Answer")) <= 162
        assert len(pilot.app.query(Earlier)) == 1
        assert len(chat.requests[-1].messages) == 199


async def test_alt_up_chooses_code_and_c_copies_it(scripted, shown, until) -> None:
    """The lowest block first, then the one above; what stands behind the fence comes along."""
    async with ChatApp(scripted([CODE])).run_test() as pilot:
        pilot.app.ask("Q")
        await until(lambda: "1 token" in shown(pilot.app))

        await pilot.press("alt+up")
        assert pilot.app.block.text == "second()\n"
        await pilot.press("up")
        assert (pilot.app.block.text, pilot.app.block.info) == ("first()\n", "python a.py")
        await pilot.press("c")

        await until(lambda: pilot.app.clipboard == "first()\n")


async def test_the_chosen_block_is_marked(scripted, shown, until) -> None:
    """A bar beside its lines, and only there."""
    async with ChatApp(scripted([CODE])).run_test() as pilot:
        pilot.app.ask("Q")
        await until(lambda: "1 token" in shown(pilot.app))

        await pilot.press("alt+up", "alt+up")

        await until(lambda: "▌first()" in shown(pilot.app))
        assert "▌second()" not in shown(pilot.app)
        await pilot.press("escape")
        await until(lambda: "▌first()" not in shown(pilot.app))
        assert pilot.app.query_one(Prompt).has_focus


async def test_typing_while_a_block_is_chosen_goes_on_in_the_prompt(scripted, shown, until) -> None:
    """Whatever is no command there is text; below the last block is the prompt."""
    async with ChatApp(scripted([CODE])).run_test() as pilot:
        pilot.app.ask("Q")
        await until(lambda: "1 token" in shown(pilot.app))

        await pilot.press("alt+up", "W", "h", "y")
        assert pilot.app.query_one(Prompt).text == "Why"
        await pilot.press("alt+up", "alt+down", "c")

        assert pilot.app.query_one(Prompt).text == "Whyc"


async def test_vim_keys_leave_the_prompt_and_come_back(scripted, shown, until) -> None:
    """Esc, j and k, y; i comes back."""
    settings = ChatSettings(preset="vim")
    async with ChatApp(scripted([CODE]), settings=settings).run_test() as pilot:
        pilot.app.ask("Q")
        await until(lambda: "1 token" in shown(pilot.app))

        await pilot.press("escape", "k", "y")
        await until(lambda: pilot.app.clipboard == "first()\n")
        await pilot.press("i", "y")

        assert pilot.app.query_one(Prompt).text == "y"


async def test_an_answer_without_fences_can_be_chosen_as_code(scripted, shown, until) -> None:
    """Models trained on bare programs write none."""
    async with ChatApp(scripted(["def f():\n", "    return 1\n"])).run_test() as pilot:
        pilot.app.ask("Q")
        await until(lambda: "2 tokens" in shown(pilot.app))

        await pilot.press("alt+up")

        assert pilot.app.block.text == "def f():\n    return 1\n"
        assert pilot.app.query_one(Answer).chosen == 0


async def test_nothing_moves_while_nobody_does_anything(scripted, shown, until) -> None:
    """After an answer no timer runs: no blinking cursor, no frame that draws what is drawn already."""
    async with ChatApp(scripted([CODE])).run_test() as pilot:
        pilot.app.ask("Q")
        await until(lambda: "1 token" in shown(pilot.app))
        await pilot.pause()

        nodes = [pilot.app, pilot.app.screen, *pilot.app.screen.walk_children()]
        running = [(node, timer) for node in nodes for timer in node._timers if timer._active.is_set()]

        assert running == []
