"""Every screen as somebody last looked at it: characters and colours, small and large, dark and light.

`CAIRN_UPDATE_SCREENS=1 pytest tests/unit/tui/test_screens.py` writes them anew. Look at what changed, in `git diff` and
with your eyes: a test that fails leaves the screen as SVG in its temporary folder.
"""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Iterable
from itertools import groupby
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from assistant import paths
from assistant.chats.store import Chats
from assistant.context.budget import Share
from assistant.edits import Hunk, Proposal
from assistant.errors import EngineError
from assistant.protocol import LaidOut, ListedModel, PromptPiece
from assistant.tui.app import ChatApp
from assistant.tui.chat import Choice
from assistant.tui.context import ContextScreen
from assistant.tui.conversation import Conversation, Turn
from assistant.tui.diff import DiffScreen
from assistant.tui.prompt import Prompt
from assistant.tui.settings import ChatSettings
from assistant.tui.transcript import Transcript
from assistant.workspace import Snapshot, Text, TextChange
from tests.unit.chats.exchanges import FakeClock, exchange

SCREENS = Path(__file__).parent / "screens"
PICTURES = Path(__file__).parents[3] / "assistant" / "tui" / "pictures"
IS_UPDATE = "CAIRN_UPDATE_SCREENS" in os.environ
LOOKS = [
    ((60, 20), "nord"),
    ((60, 20), "textual-light"),
    ((60, 20), "ansi-dark"),
    ((200, 60), "nord"),
    ((200, 60), "textual-light"),
]
ANSWER = """\
To sum the squares of the even elements:

```python sums.py
def sum_even_squares(xs: list[int]) -> int:
    return sum(x * x for x in xs if x % 2 == 0)
```

1. `x % 2 == 0` keeps the **even** ones
2. `x * x` squares them

| xs | result |
|---|---|
| `[1, 2, 4]` | 20 |
| `[]` | 0 |
"""


LAID_OUT = LaidOut(
    pieces=(
        PromptPiece(role="mark", text="<|user|>", num_tokens=1),
        PromptPiece(role="message", text="sums.py:\n```python\nx = [1, 2]\n```\n\nSum them.", num_tokens=14),
        PromptPiece(role="mark", text="<|assistant|>", num_tokens=1),
    ),
    kept_chunks=(),
    window_tokens=8192,
)

MODELS = [
    ListedModel(
        name=name,
        num_bytes=num_bytes,
        file_type=file_type,
        context_tokens=32768,
        chats=verdict != "tight",
        verdict=verdict,
        serves=("completion", "chat") if name == "qwen2.5-coder:7b" else (),
    )
    for name, num_bytes, file_type, verdict in (
        ("builtin", 5_300_000, "Q8_0", "fits"),
        ("granite-4-small:32b-a9b-instruct-2507", 19_500_000_000, "Q4_K_M", "too large"),
        ("qwen2.5-coder:7b", 4_680_000_000, "Q4_K_M", "fits"),
        ("starcoder2:15b", 9_200_000_000, "Q4_K_M", "tight"),
    )
]


def proposal() -> Proposal:
    """Two hunks of a file, of which one has something in it that nobody sees."""
    text = Text(("import os", "", "def total(xs):", "    return 0"), ("\n",) * 4)
    return Proposal(
        base=Snapshot(path="conftest.py", text=text, hash="0"),
        hunks=(
            Hunk(change=TextChange(start=0, old=("import os",), new=("import sys\u202e",)), marks=("it has U+202E",)),
            Hunk(change=TextChange(start=3, old=("    return 0",), new=("    return sum(xs)",))),
        ),
        notes=("not exact: lines 3-4 are 92 % alike",),
    )


async def tour(pilot: Pilot[None], chat, until) -> AsyncIterator[str]:
    """Go through every screen; the name of each, once it stands."""
    for part in (asking(pilot, chat, until), panels(pilot, until), kept(pilot, until)):
        async for name in part:
            yield name


async def asking(pilot: Pilot[None], chat, until) -> AsyncIterator[str]:
    """From the first screen to an answer, a chosen block and a failure."""
    app = pilot.app
    prompt = app.query_one(Prompt)
    await until(lambda: app.session.status)
    await pilot.pause()
    yield "welcome"
    await pilot.press("/")
    await until(lambda: prompt._offers.is_open)
    await pilot.pause()
    yield "commands"
    prompt.clear()
    await pilot.press(*"Sum")
    await until(lambda: prompt.suggestion)
    await pilot.pause()
    yield "suggestion"
    await pilot.press("tab", "enter")
    await until(lambda: app.session.reply and app.session.reply.num_tokens == 3)
    reply = app.session.reply
    reply.started_s = reply.first_token_s = reply.last_token_s  # no speed is the same twice
    await pilot.pause(0.3)
    yield "streaming"
    chat.release.set()
    await until(lambda: app.session.reply is None)
    await pilot.pause()
    yield "answer"
    await pilot.press("alt+up")
    await pilot.pause()
    yield "block"
    await pilot.press("escape")
    await pilot.press("F", "enter")
    await until(lambda: len(chat.requests) == 2 and app.session.reply is None)
    await pilot.pause()
    yield "failure"


async def panels(pilot: Pilot[None], until) -> AsyncIterator[str]:
    """What opens above the chat."""
    app = pilot.app
    for name, key in (("help", "f1"), ("palette", "ctrl+p")):
        await pilot.press(key)
        await until(lambda: len(app.screen_stack) == 2)
        for field in app.screen.query(Input):
            field.cursor_blink = False
        await pilot.pause(0.3)
        yield name
        await pilot.press("escape")
        await until(lambda: len(app.screen_stack) == 1)
    app.query_one(Prompt).text = "/model"
    await pilot.press("enter")
    await until(lambda: len(app.screen_stack) == 2)
    await pilot.pause()
    yield "models"
    await pilot.press("escape")
    await until(lambda: len(app.screen_stack) == 1)
    app.run_worker(app.confirm("Write sums.py?", "- a\n+ b\n"))
    await until(lambda: len(app.screen_stack) == 2)
    await pilot.pause()
    yield "confirm"
    await pilot.press("n")
    app.run_worker(app.choose("Chats", [Choice("Even squares", "today"), Choice("Parsing", "yesterday")]))
    await until(lambda: len(app.screen_stack) == 2)
    await pilot.pause()
    yield "choose"
    await pilot.press("escape")
    for name, screen in (
        ("diff", DiffScreen([proposal()])),
        ("context", ContextScreen(LAID_OUT, [Share("sums.py", 6)])),
    ):
        app.push_screen(screen)
        await until(lambda: len(app.screen_stack) == 2)
        await pilot.pause()
        yield name
        await pilot.press("escape")
        await until(lambda: len(app.screen_stack) == 1)


async def kept(pilot: Pilot[None], until) -> AsyncIterator[str]:
    """Long chats, earlier ones, and their branches."""
    app = pilot.app
    prompt = app.query_one(Prompt)
    app.open(Conversation(tuple(Turn(question=f"question {n}", answer=f"answer {n}") for n in range(20))))
    await until(lambda: len(app.screen_stack) == 1)
    await pilot.pause()
    await pilot.press("alt+up")
    app.scroll_all(-1)
    await until(lambda: app.query_one(Transcript).scroll_y == 0)
    await pilot.pause(0.1)
    yield "earlier"
    await pilot.press("escape", "ctrl+o")
    await until(lambda: len(app.screen_stack) == 2)
    box = app.screen.query_one(Input)
    box.cursor_blink, box.value = False, "sum(xs)"
    await until(lambda: app.screen.query_one(OptionList).option_count == 2)
    await pilot.pause()
    yield "chats"
    await pilot.press("enter")
    await until(lambda: len(app.screen_stack) == 1 and app.session.conversation.id == "kept-0")
    prompt.text = "/tree"
    await pilot.press("enter")
    await until(lambda: len(app.screen_stack) == 2)
    await pilot.pause()
    yield "branches"


@pytest.fixture
def kept_chats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two chats of long ago, one of them with branches; the time is that of no zone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(time, "localtime", time.gmtime)
    chats = Chats(paths.chats_file(), now=FakeClock())
    chats.save(exchange("Parse a date", "Use `datetime`.", "And a sum?", "`sum(xs)`", chat="kept-1"))
    for number, texts in enumerate((("Add them up",), ("Add them up", "`sum(xs)`", "Faster?"), ("Multiply them",))):
        chats.save(exchange(*texts, f"`sum(xs)`, answer {number}", chat="kept-0"))


def written(app: ChatApp) -> str:
    """The screen as text: its lines, then one letter a colour for every run of cells, then what the letters mean."""
    strips = app.screen._compositor.render_strips()
    letters: dict[str, str] = {}
    text = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    colours = [
        _runs((letters.setdefault(str(s.style), _letter(letters)), s.cell_length) for s in strip) for strip in strips
    ]
    legend = [f"{letter} {style}" for style, letter in letters.items()]
    return "\n".join([*text, "", *colours, "", *legend, ""])


async def comes_to(app: ChatApp, expected: str) -> bool:
    """Whether the screen looks so, at once or in a while: on a busy machine it is drawn late."""
    deadline_s = time.monotonic() + 60
    while written(app) != expected:
        if time.monotonic() > deadline_s:
            return False
        await asyncio.sleep(0.05)
    return True


def _letter(letters: dict[str, str]) -> str:
    return "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(letters)]


def _runs(cells: Iterable[tuple[str, int]]) -> str:
    runs = ((letter, sum(length for _, length in group)) for letter, group in groupby(cells, key=lambda cell: cell[0]))
    return "".join(f"{letter}{length}" for letter, length in runs if length)


def scripted_chat(scripted):
    """An assistant that answers once, fails once, and knows how a question goes on."""
    third = len(ANSWER) // 3
    pieces = [ANSWER[:third], ANSWER[third : 2 * third], ANSWER[2 * third :]]

    class Serving(scripted):
        async def models(self) -> list[ListedModel]:
            return MODELS

        async def load_model(self, name: str, role: str = "completion") -> None:
            """It is only looked at."""

    chat = Serving([*pieces, scripted.HOLD], [EngineError("The engine lost the request.", hint="Ask again.")])
    chat.ghost = " the squares of the even elements of xs"
    return chat


@pytest.mark.usefixtures("kept_chats")
@pytest.mark.parametrize(("size", "theme"), LOOKS, ids=str)
async def test_every_screen_looks_as_it_did(scripted, until, tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    """Nothing moved, and nothing changed its colour, that nobody looked at."""
    chat = scripted_chat(scripted)
    folder = SCREENS / f"{size[0]}x{size[1]}-{theme}"
    changed: list[str] = []
    async with ChatApp(chat, settings=ChatSettings(theme=theme)).run_test(size=size) as pilot:
        async for name in tour(pilot, chat, until):
            file = folder / f"{name}.txt"
            if IS_UPDATE:
                folder.mkdir(parents=True, exist_ok=True)
                file.write_text(written(pilot.app))
            elif not file.is_file() or not await comes_to(pilot.app, file.read_text()):
                changed.append(name)
            if IS_UPDATE or name in changed:
                (tmp_path / f"{name}.svg").write_text(pilot.app.export_screenshot())

    assert not changed, f"look at them in {tmp_path}, and compare {folder}"


@pytest.mark.usefixtures("kept_chats")
@pytest.mark.skipif(not IS_UPDATE, reason="the pictures of the READMEs are only written")
async def test_pictures_for_the_readmes(scripted, until) -> None:
    """Of the real program; without the fonts that Textual's pictures would load from the network."""
    chat = scripted_chat(scripted)
    PICTURES.mkdir(exist_ok=True)
    async with ChatApp(chat).run_test(size=(90, 26)) as pilot:
        async for name in tour(pilot, chat, until):
            if name in ("block", "commands", "chats", "branches"):
                picture = re.sub(r"@font-face \{.*?\}\s*", "", pilot.app.export_screenshot(), flags=re.DOTALL)
                (PICTURES / f"{name}.svg").write_text(picture)
