"""Applying, undoing and running what an answer proposes, from the keys to the files."""

import io

import pytest

from assistant import paths
from assistant.tui import own_commands, screen_commands
from assistant.tui.app import ChatApp
from assistant.tui.dialogs import Confirm, Read
from assistant.tui.diff import DiffScreen
from assistant.tui.edit_commands import editing
from assistant.tui.feature import Feature
from assistant.tui.plain import PlainChat
from assistant.tui.prompt import Prompt

FILE = "def add(a, b):\n    return a - b\n\n\ndef sub(a, b):\n    return a - b\n"
BOTH = "```python calc.py\n" + FILE.replace("add", "plus").replace("sub", "minus") + "```\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a file; the journal lies beside it."""
    monkeypatch.setattr(paths, "undo_file", lambda: tmp_path / "undo.db")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "calc.py").write_text(FILE)
    return folder


@pytest.fixture
def chatting(scripted, until, project):
    """A chat that has had its answer."""

    def make(answer: str):
        return ChatApp(
            scripted([answer]),
            features=[Feature(commands=(*own_commands.COMMANDS, *screen_commands.COMMANDS)), editing(project)],
        )

    return make


async def say(pilot, text: str) -> None:
    """Type and send."""
    pilot.app.query_one(Prompt).text = text
    await pilot.press("enter")


async def answered(pilot, until) -> None:
    """Ask, and wait for the end of the answer."""
    await say(pilot, "Rename them.")
    await until(lambda: pilot.app.session.conversation.turns and pilot.app.session.conversation.turns[0].answer)


async def reviewing(pilot, until) -> None:
    """Go to the diff."""
    await answered(pilot, until)
    await say(pilot, "/apply")
    await until(lambda: isinstance(pilot.app.screen, DiffScreen))
    await pilot.pause()


async def test_each_hunk_gets_its_own_yes_or_no(chatting, until, project, shown) -> None:
    """No to the first, yes to the second: only this is written, and /undo takes it back."""
    async with chatting(BOTH).run_test(size=(100, 40)) as pilot:
        await reviewing(pilot, until)
        screen = shown(pilot.app)
        await pilot.press("n", "y", "enter")
        await until(lambda: "minus" in (project / "calc.py").read_text())
        written = (project / "calc.py").read_text()
        await say(pilot, "/undo")
        await until(lambda: (project / "calc.py").read_text() == FILE)

    assert written == FILE.replace("sub", "minus")
    assert "- def add(a, b):" in screen
    assert "+ def plus(a, b):" in screen


async def test_escape_writes_nothing(chatting, until, project) -> None:
    """Even after a yes."""
    async with chatting(BOTH).run_test() as pilot:
        await reviewing(pilot, until)
        await pilot.press("y", "escape")
        await until(lambda: not isinstance(pilot.app.screen, DiffScreen))
        await pilot.pause()

    assert (project / "calc.py").read_text() == FILE


async def test_all_the_rest_leaves_out_what_is_not_seen(chatting, until, project, shown) -> None:
    """A hunk with a bidirectional control is marked, shown written out, and wants a yes of its own."""
    hidden = FILE.replace("add", "plus").replace("def sub(a, b):", "def sub(a, b):  # \u202e ok")
    async with chatting(f"```python calc.py\n{hidden}```\n").run_test(size=(100, 40)) as pilot:
        await reviewing(pilot, until)
        screen = shown(pilot.app)
        await pilot.press("a", "enter")
        await until(lambda: "plus" in (project / "calc.py").read_text())

    assert (project / "calc.py").read_text() == FILE.replace("add", "plus")
    assert "\\u{202e}" in screen
    assert "U+202E, which is not seen" in screen


async def test_markup_in_code_is_text(chatting, until, shown) -> None:
    """Neither an action nor a colour."""
    line = 'x = "[@click=app.quit]x[/] [red]"'
    async with chatting(f"```python new.py\n{line}\n```\n").run_test(size=(100, 40)) as pilot:
        await reviewing(pilot, until)

        assert line in shown(pilot.app)


@pytest.mark.parametrize("key", ["y", "n"])
async def test_a_file_that_is_more_than_text_is_asked_about_once_more(chatting, until, project, key) -> None:
    """After the yes in the diff; a no there leaves it alone."""
    async with chatting("```yaml .github/workflows/ci.yml\non: push\n```\n").run_test() as pilot:
        await reviewing(pilot, until)
        await pilot.press("y", "enter")
        await until(lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press(key)
        await until(lambda: not isinstance(pilot.app.screen, Confirm))
        await until(lambda: not [worker for worker in pilot.app.workers if not worker.is_finished])

    assert (project / ".github/workflows/ci.yml").exists() == (key == "y")


@pytest.mark.parametrize("key", ["y", "enter"])
async def test_code_is_run_only_after_a_yes(chatting, until, project, key, shown) -> None:
    """Command and folder are shown; Enter alone is a no; what came of it is shown."""
    async with chatting("```python\nprint(6 * 7)\n```\n").run_test(size=(140, 40)) as pilot:
        await answered(pilot, until)
        await say(pilot, "/run")
        await until(lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.pause()
        asked = shown(pilot.app)
        await pilot.press(key)
        await until(lambda: not isinstance(pilot.app.screen, Confirm))
        await until(lambda: not [worker for worker in pilot.app.workers if not worker.is_finished], timeout_s=60)
        await pilot.pause()

        assert isinstance(pilot.app.screen, Read) == (key == "y")
        assert key != "y" or "42" in shown(pilot.app)
    assert "block.py" in asked
    assert "folder" in asked
    assert "print(6 * 7)" in asked


async def test_the_plain_chat_asks_hunk_by_hunk(scripted, project) -> None:
    """No to the first, yes to the second, as lines; the same files, the same undo."""
    sink = io.StringIO()
    typed = io.StringIO("Rename them.\n/apply\nn\ny\n")
    features = [Feature(commands=own_commands.COMMANDS), editing(project)]

    await PlainChat(scripted([BOTH]), typed, sink, features=features).run()

    assert (project / "calc.py").read_text() == FILE.replace("sub", "minus")
    assert "+ def minus(a, b):" in sink.getvalue()
    assert "/undo takes it back" in sink.getvalue()
