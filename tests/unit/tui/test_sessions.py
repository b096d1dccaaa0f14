"""Chats that go on: kept as they are said, found again, named, saved as files, and branched."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from assistant.chats.branches import branches
from assistant.chats.recorder import Recorder
from assistant.chats.store import Chats
from assistant.protocol import ChatDelta
from assistant.tui import own_commands, screen_commands
from assistant.tui.app import ChatApp
from assistant.tui.feature import Feature
from assistant.tui.picker import Picker
from assistant.tui.prompt import Prompt
from assistant.tui.sessions import feature
from tests.unit.chats.exchanges import exchange


@pytest.fixture
def chats(tmp_path: Path) -> Chats:
    return Chats(tmp_path / "chats.db")


@pytest.fixture
def chatting(scripted, tmp_path: Path) -> Callable[..., ChatApp]:
    """An app over the chats of the test, with a script for each answer."""

    def make(*scripts: list[object], begin: str = "") -> ChatApp:
        kept = feature(Recorder(tmp_path / "chats.db"))
        others = (Feature(commands=own_commands.COMMANDS), Feature(commands=screen_commands.COMMANDS))
        return ChatApp(scripted(*scripts), features=[kept, *others], begin=begin)

    return make


def texts(chats: Chats, chat: str = "") -> list[str]:
    found = chats.latest(1)
    return [node.said.text for node in chats.tree(chat or found[0].id).path()] if chat or found else []


async def send(pilot: Pilot[None], text: str) -> None:
    pilot.app.query_one(Prompt).text = text
    await pilot.press("enter")


async def test_a_chat_is_kept_as_it_is_said(chatting, scripted, chats: Chats, until) -> None:
    """The question before the answer, the answer as it grows, and how it was made."""
    app = chatting(["one ", "two ", scripted.HOLD, "three"])
    async with app.run_test() as pilot:
        await send(pilot, "Count")
        await until(lambda: texts(chats) == ["Count", "one two "])

        app.session.assistant.release.set()
        await until(lambda: texts(chats) == ["Count", "one two three"])

    measured = chats.tree(chats.last().id).path()[-1].measured
    assert measured is not None
    assert (measured.model, measured.stop) == ("scripted-1b-Q4_K_M", "stop")
    assert (measured.num_prompt_tokens, measured.ttft_ms, measured.tokens_per_s) == (1000, 310.0, 43.2)


async def test_what_is_stopped_is_kept_as_far_as_it_came(chatting, scripted, chats: Chats, shown, until) -> None:
    """With the reason; so is what is left by quitting."""
    app = chatting(["one ", scripted.HOLD], ["uno ", scripted.HOLD])
    async with app.run_test() as pilot:
        await send(pilot, "Count")
        await until(lambda: "one" in shown(app))
        await pilot.press("escape")
        await until(lambda: texts(chats) == ["Count", "one "])
        await send(pilot, "Again")
        await until(lambda: "uno" in shown(app))

        await pilot.press("ctrl+c", "ctrl+c")

    await until(lambda: texts(chats) == ["Count", "one ", "Again", "uno "])
    stops = [node.measured.stop for node in chats.tree(chats.last().id).path() if node.measured]
    assert stops == ["stopped after 1 token", "stopped after 1 token"]


async def test_a_new_conversation_is_another_chat(chatting, chats: Chats, shown, until) -> None:
    """Ctrl+N leaves the old one as it is."""
    app = chatting(["1"], ["2"])
    async with app.run_test() as pilot:
        await send(pilot, "One")
        await until(lambda: texts(chats) == ["One", "1"])
        await pilot.press("ctrl+n")
        await send(pilot, "Two")
        await until(lambda: texts(chats) == ["Two", "2"])

    assert len(chats.latest()) == 2


async def test_a_chat_is_chosen_and_goes_on(chatting, chats: Chats, shown, until) -> None:
    """Ctrl+O shows the last ones; the model reads all that was said."""
    chats.save(exchange("older", "old", chat="a"))
    chats.save(exchange("newer", "new", chat="b"))
    app = chatting(["more"])
    async with app.run_test() as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: "newer" in shown(app) and "older" in shown(app))
        await pilot.press("down", "enter")
        await until(lambda: not isinstance(app.screen, Picker) and "old" in shown(app))

        await send(pilot, "go on")
        await until(lambda: texts(chats, "a") == ["older", "old", "go on", "more"])

    read = [message.content for message in app.session.assistant.requests[0].messages]
    assert read == ["older", "old", "go on"]
    assert texts(chats, "b") == ["newer", "new"]


async def test_typing_searches_in_all_that_was_said(chatting, chats: Chats, shown, until) -> None:
    """Code with its punctuation; Enter opens the chat at the message, on its branch."""
    chats.save(exchange("first", "def f(xs): ...", chat="a", turn="1"))
    chats.save(exchange("first", "something else", chat="a", turn="2"))
    chats.save(exchange("other", "nothing", chat="b"))
    app = chatting()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: "other" in shown(app))
        app.screen.query_one(Input).value = "f(xs):"
        await until(lambda: "other" not in shown(app))

        await pilot.press("enter")
        await until(lambda: not isinstance(app.screen, Picker) and "def f(xs): ..." in shown(app))

    assert texts(chats, "a") == ["first", "def f(xs): ..."]


async def test_escape_chooses_no_chat(chatting, chats: Chats, shown, until) -> None:
    """Nor does Enter where nothing was found."""
    chats.save(exchange("older", "old"))
    app = chatting()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: "older" in shown(app))
        app.screen.query_one(Input).value = "nowhere"
        await until(lambda: "older" not in shown(app))
        await pilot.press("enter")
        assert isinstance(app.screen, Picker)

        await pilot.press("escape")

        await until(lambda: not isinstance(app.screen, Picker))
        assert not app.session.conversation.turns


async def test_a_chat_can_begin_with_an_old_one(chatting, chats: Chats, shown, until) -> None:
    """As `cairn chat -c` does: the name of a chat opens it without asking."""
    chats.save(exchange("older", "old", chat="a", system="Be short."))
    app = chatting(["more"], begin="/resume a")
    async with app.run_test() as pilot:
        await until(lambda: "old" in shown(app) and app.session.conversation.id == "a")
        await send(pilot, "go on")
        await until(lambda: len(texts(chats)) == 4)

    assert app.session.assistant.requests[0].messages[0].content == "Be short."
    assert chats.tree("a").system() == "Be short."


async def test_an_answer_whose_writer_was_killed_is_there(chatting, chats: Chats, shown, until) -> None:
    """As far as it was saved, and the chat goes on after it."""
    chats.save(exchange("question", turn="killed", answer="half an answer"))
    app = chatting(["rest"], begin="/resume chat")
    async with app.run_test() as pilot:
        await until(lambda: "half an answer" in shown(app))
        await send(pilot, "go on")
        await until(lambda: texts(chats) == ["question", "half an answer", "go on", "rest"])

    assert len(chats.tree("chat").nodes) == 4


async def test_a_chat_is_renamed(chatting, chats: Chats, shown, until) -> None:
    """Without a title the old one is there to be changed."""
    app = chatting(["1"])
    async with app.run_test() as pilot:
        await send(pilot, "One")
        await until(lambda: texts(chats) == ["One", "1"])
        await send(pilot, "/rename Counting")
        await until(lambda: chats.last().title == "Counting")

        await send(pilot, "/rename")

        await until(lambda: app.query_one(Prompt).text == "/rename Counting")


@pytest.mark.parametrize("name", ["talk.md", "talk.json"])
async def test_a_chat_is_saved_as_a_file(chatting, chats: Chats, shown, until, tmp_path: Path, name: str) -> None:
    """Markdown, or JSON with everything; a file that is there stays."""
    app = chatting(["1"])
    file = tmp_path / name
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await send(pilot, "One")
        await until(lambda: texts(chats) == ["One", "1"])
        await send(pilot, f"/export {file}")
        await until(lambda: "Saved as" in shown(app))
        before = file.read_text()
        await send(pilot, f"/export {file}")
        await until(lambda: "there already" in shown(app))

    assert file.read_text() == before
    if file.suffix == ".json":
        assert [message["text"] for message in json.loads(before)["messages"]] == ["One", "1"]
    else:
        assert "## You\n\nOne\n\n## Cairn (scripted-1b-Q4_K_M)\n\n1\n" in before


async def test_an_edited_question_makes_a_branch(chatting, chats: Chats, shown, until) -> None:
    """The text is in the prompt; what the model reads is what was said before it."""
    app = chatting(["1"], ["2"], ["II"])
    async with app.run_test() as pilot:
        for question, answer in (("One", "1"), ("Two", "2")):
            await send(pilot, question)
            await until(lambda answer=answer: texts(chats)[-1:] == [answer])
        await send(pilot, "/edit")
        await until(lambda: app.query_one(Prompt).text == "Two")

        await send(pilot, "Two, please")
        await until(lambda: texts(chats) == ["One", "1", "Two, please", "II"])

    assert [message.content for message in app.session.assistant.requests[2].messages] == ["One", "1", "Two, please"]
    assert len(chats.latest()) == 1
    assert len(list(branches(chats.tree(chats.last().id)))) == 3


async def test_any_question_can_be_edited_by_its_number(chatting, chats: Chats, shown, until) -> None:
    """From 1; another number is refused."""
    chats.save(exchange("One", "1", "Two", "2", chat="a"))
    app = chatting(["I"], begin="/resume a")
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await until(lambda: "Two" in shown(app))
        await send(pilot, "/edit 3")
        await until(lambda: "no question of this chat" in shown(app))
        await send(pilot, "/edit 1")
        await until(lambda: app.query_one(Prompt).text == "One")

    assert not app.session.conversation.turns
    assert texts(chats) == ["One", "1", "Two", "2"]


async def test_an_answer_is_asked_for_again(chatting, chats: Chats, shown, until) -> None:
    """The first is kept beside the new one, and can be gone back to."""
    app = chatting(["uno"], ["eins"], ["more"])
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await send(pilot, "One")
        await until(lambda: texts(chats) == ["One", "uno"])
        await send(pilot, "/regen")
        await until(lambda: texts(chats) == ["One", "eins"])

        await send(pilot, "/tree")
        await until(lambda: "↳ uno" in shown(app) and "● ↳ eins" in shown(app))
        await pilot.press("down", "enter")
        await until(lambda: "uno" in shown(app) and "eins" not in shown(app))

        assert texts(chats) == ["One", "uno"]
        await send(pilot, "go on")
        await until(lambda: texts(chats) == ["One", "uno", "go on", "more"])
    assert [message.content for message in app.session.assistant.requests[1].messages] == ["One"]


async def test_the_branches_of_nothing_are_none(chatting, shown, until) -> None:
    """And there is nothing to rename, edit, save or ask again."""
    app = chatting()
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await send(pilot, "/tree")
        await until(lambda: "no branches yet" in shown(app))

        for name in ("rename x", "edit", "export", "regen"):
            await send(pilot, f"/{name}")
            await until(lambda name=name: f"/{name.split()[0]} can do nothing now" in shown(app))


async def test_a_file_that_cannot_be_written_is_told_and_the_chat_goes_on(
    chatting, tmp_path: Path, shown, until
) -> None:
    """Once."""
    (tmp_path / "chats.db").mkdir()
    app = chatting(["first"], ["second"])
    async with app.run_test(size=(120, 40)) as pilot:
        await send(pilot, "One")
        await until(lambda: "first" in shown(app))
        await send(pilot, "Two")
        await until(lambda: "second" in shown(app))

        await until(lambda: shown(app).count("the file of your chats") == 1)


async def test_what_is_kept_is_shown_without_what_a_terminal_obeys(chatting, chats: Chats, shown, until) -> None:
    """In the list, in the branches and in the chat; and markup is text."""
    nasty = "[@click=app.quit]x[/] \x1b]52;c;AAAA\x07\x9b2J\u202e§"
    chats.save(exchange(nasty, nasty, chat="a"))
    chats.rename("a", nasty)
    app = chatting()
    async with app.run_test(size=(120, 40)) as pilot:
        for keys, text in (("ctrl+o", ""), ("enter", ""), ("", "/tree")):
            await (send(pilot, text) if text else pilot.press(keys))
            await until(lambda: "[@click=app.quit]x[/]" in shown(app))
            assert not set(shown(app)) & set("\x1b\x07\x9b\u202e")


@pytest.mark.parametrize("size", [(60, 20), (200, 60)])
async def test_the_list_fits_the_terminal(chatting, chats: Chats, shown, until, size: tuple[int, int]) -> None:
    """Small and large: box, list and keys are there."""
    for number in range(60):
        chats.save(exchange(f"question number {number} with some more words", "a", chat=str(number)))
    app = chatting()
    async with app.run_test(size=size) as pilot:
        await pilot.press("ctrl+o")
        await until(lambda: "question number 59" in shown(app))

        lines = shown(app).splitlines()
        assert len(lines) == size[1]
        assert max(map(len, lines)) <= size[0]


async def test_two_windows_keep_two_chats(chatting, chats: Chats, until) -> None:
    """In one file, at the same time."""
    apps = [chatting([str(number)]) for number in range(2)]
    async with apps[0].run_test() as first, apps[1].run_test() as second:
        await send(first, "One")
        await send(second, "Two")
        await until(
            lambda: len(chats.latest()) == 2 and all(len(texts(chats, each.id)) == 2 for each in chats.latest())
        )


async def test_an_answer_that_never_said_how_it_ended_has_a_reason(chatting, chats: Chats, until) -> None:
    """The limit of tokens is one."""
    app = chatting(["text", ChatDelta(text="", finish_reason="length")])
    async with app.run_test() as pilot:
        await send(pilot, "Q")
        await until(lambda: texts(chats) == ["Q", "text"])
        await until(lambda: chats.tree(chats.last().id).path()[-1].measured.stop == "length")
