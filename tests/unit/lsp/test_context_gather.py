"""Gathering costs a keystroke nothing, waits for nobody too long, and survives a source that fails."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lsp.context.excerpt import Excerpt
from lsp.context.gather import PAUSE_S, Gatherer, Portion, to_chunks
from lsp.context.recent import Recent
from lsp.context.view import NEAR_LINES, View
from lsp.documents import Cursor, Document
from tests.unit.lsp.context_fakes import Workspace


class Scripted:
    """A source that answers with what it is told, when it may.

    Attributes:
        views: What it was asked from.
        may_answer: It waits for this.
    """

    def __init__(self, *words: str, error: Exception | None = None) -> None:
        self.words = list(words)
        self.views: list[View] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self._error = error

    def find(self, view: View) -> Sequence[Excerpt]:
        """One excerpt for each word."""
        self.views.append(view)
        self.may_answer.wait(10)
        if self._error is not None:
            raise self._error
        return [Excerpt(path=f"{word}.py", text=f"{word} = {word}_1\n", reason="", first_line=0) for word in self.words]


class Clock:
    """A clock that stands."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Setting:
    """A gatherer over scripted sources, and two open documents."""

    def __init__(self, root: Path, *sources: Scripted) -> None:
        self.workspace = Workspace(root)
        self.here = self.workspace.open("here.py", "\n" * 1000)
        self.there = self.workspace.open("there.py", "\n" * 1000)
        self.clock = Clock()
        portions = [
            Portion(name=str(index), source=source, share=1 / len(sources)) for index, source in enumerate(sources)
        ]
        files = self.workspace.files
        self.gatherer = Gatherer(files, Recent(files), portions, clock=self.clock)

    async def paths(self, line: int = 0, deadline_ms: float = 5_000) -> list[str]:
        """What is shown at a line."""
        return [each.path for each in await self.gatherer.gather(self.here, Cursor(line, 0), deadline_ms=deadline_ms)]


Build = Callable[..., Setting]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Builds a setting, and ends its threads."""
    built: list[Setting] = []

    def make(*sources: Scripted) -> Setting:
        built.append(Setting(tmp_path, *sources))
        return built[-1]

    yield make
    for each in built:
        each.gatherer.close()


async def test_what_the_sources_find_is_shown(build: Build) -> None:
    """All are asked with the document, its path and the cursor."""
    first, second = Scripted("a"), Scripted("b")

    assert await build(first, second).paths(7) == ["a.py", "b.py"]
    assert (first.views[0].name, first.views[0].cursor) == ("here.py", Cursor(7, 0))


async def test_a_keystroke_asks_nobody(build: Build) -> None:
    """Typing, with Enter and edits of the same document, costs nothing."""
    source = Scripted("a")
    setting = build(source)

    for line in range(NEAR_LINES + 1):
        setting.gatherer.note_edit(setting.here, line)
        assert await setting.paths(line) == ["a.py"]

    assert len(source.views) == 1


def go_far(setting: Setting) -> int:
    """Move the cursor further than what is near."""
    return NEAR_LINES + 1


def edit_elsewhere(setting: Setting) -> int:
    """Change another document."""
    setting.gatherer.note_edit(setting.there, 5)
    return 0


def pause(setting: Setting) -> int:
    """Do nothing for a while."""
    setting.clock.now_s += PAUSE_S + 1
    return 0


@pytest.mark.parametrize("act", [go_far, edit_elsewhere, pause])
async def test_the_sources_are_asked_again_when_the_user_was_elsewhere(
    build: Build, act: Callable[[Setting], int]
) -> None:
    """The cursor moved far, another document was edited, or there was a pause; what is new comes last."""
    source = Scripted("a")
    setting = build(source)
    await setting.paths()

    source.words = ["b", "a"]
    line = act(setting)

    assert await setting.paths(line) == ["a.py", "b.py"]
    assert await setting.paths(line) == ["a.py", "b.py"]
    assert len(source.views) == 2


async def test_a_late_source_is_not_waited_for_and_shown_the_next_time(build: Build) -> None:
    """The others are there in time; the late one is not asked a second question meanwhile."""
    quick, slow = Scripted("a"), Scripted("b")
    setting = build(quick, slow)
    slow.may_answer.clear()

    assert await setting.paths(deadline_ms=50) == ["a.py"]
    assert await setting.paths(500, deadline_ms=50) == ["a.py"]
    slow.may_answer.set()
    while await setting.paths(500) != ["a.py", "b.py"]:
        await asyncio.sleep(0.01)

    assert len(slow.views) == 1


async def test_a_source_that_fails_has_found_nothing(build: Build, caplog: pytest.LogCaptureFixture) -> None:
    """A completion without it is still one; the log has the kind of the error, and no text of anybody."""
    setting = build(Scripted(error=RecursionError("def secret")), Scripted("a"))

    assert await setting.paths() == ["a.py"]
    assert "RecursionError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_request_that_is_cancelled_loses_nothing(build: Build) -> None:
    """What its sources find is there for the next one."""
    source = Scripted("a")
    setting = build(source)
    source.may_answer.clear()
    older = asyncio.create_task(setting.paths())
    await asyncio.sleep(0)
    older.cancel()
    source.may_answer.set()

    while await setting.paths() != ["a.py"]:
        await asyncio.sleep(0.01)

    assert len(source.views) == 1


async def test_documents_have_excerpts_of_their_own(build: Build) -> None:
    """Going to another document and back asks nobody about the first one again."""
    source = Scripted("a")
    setting = build(source)
    await setting.paths()

    await setting.gatherer.gather(setting.there, Cursor(0, 0), deadline_ms=5_000)
    await setting.paths()

    assert [view.name for view in source.views] == ["here.py", "there.py"]


class Index:
    """An index that was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Path]] = []

    def search(self, query_text: str, *, exclude: Path, limit: int, min_score: float) -> list[Excerpt]:
        """Finds one piece."""
        self.asked.append((query_text, exclude))
        return [Excerpt(path="like.py", text="similar = 1\n", reason="similar: bm25 7.3", first_line=3)][:limit]


async def test_all_sources_of_a_workspace_work_together(tmp_path: Path) -> None:
    """Imports first, then where the user has been, then what is alike; as the engine will read them."""
    workspace = Workspace(tmp_path)
    workspace.write("util.py", "def help_out(a): return a\n")
    here: Document = workspace.open("main.py", "import util\n\nutil.\n")
    there = workspace.open("other.py", "edited = 1\nhere_too = 2\n")
    index = Index()
    gatherer = Gatherer.of_workspace(workspace.files, index)
    gatherer.note_edit(there, 1)

    chunks = to_chunks(await gatherer.gather(here, Cursor(2, 5), deadline_ms=10_000))
    gatherer.close()

    assert [(chunk.name, chunk.text) for chunk in chunks] == [
        ("util.py", "def help_out(a): ...\n"),
        ("other.py", "edited = 1\nhere_too = 2\n"),
        ("like.py", "similar = 1\n"),
    ]
    assert gatherer.name(here) == "main.py"
    assert index.asked == [("import util\n\nutil.\n", workspace.root / "main.py")]
