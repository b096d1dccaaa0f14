"""The chat on a real terminal, with the real daemon and the built-in model: what a person sees, hello to goodbye."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from starlette.responses import Response, StreamingResponse

from assistant import paths
from tests.editors.terminal import Terminal, terminal, wait_for
from tests.scripted_openai import Asked, scripted_openai

pytestmark = pytest.mark.slow

CAIRN = [sys.executable, "-m", "assistant"]
SUMS = "def total(xs):\n    return 0\n"
BETTER = "def total(xs):\n    return sum(xs)\n"


@pytest.fixture
def chat(home: Path) -> Iterator[Terminal]:
    """`cairn` on a terminal, for the first time: the built-in model is chosen. Its daemon is stopped afterwards."""
    try:
        with terminal(home, CAIRN) as screen:
            offer = screen.wait_for(lambda line: "the built-in model" in line)
            screen.press(re.findall(r"([1-9])  the built-in model", offer)[0])
            screen.wait_for(lambda line: "cairn-builtin" in line)
            yield screen
    finally:
        subprocess.run([*CAIRN, "stop"], check=True, capture_output=True, timeout=60)


def sees(chat: Terminal, text: str) -> str:
    """Wait until a line of the screen has this in it; the line."""
    return chat.wait_for(lambda line: text in line, timeout_s=60)


def gone(chat: Terminal, text: str) -> None:
    """Wait until no line of the screen has this in it."""
    wait_for(lambda: not any(text in line for line in chat.lines))


def test_the_tour(chat: Terminal) -> None:
    """Ask, stop, choose code, a slash command, the palette, help, quit."""
    assert "● offline" in sees(chat, "ctx 0 / ")

    chat.press("-l", "Return the sum of xs.")
    chat.press("Enter")
    sees(chat, "def solve")
    chat.wait_for(lambda line: "tokens · " in line)
    meter = sees(chat, " cached")
    wanted = ("cairn-builtin", "● offline", "tok/s", "ctx ", "TTFT", "Q8_0", " MB")
    assert [word for word in wanted if word not in meter] == []

    chat.press("M-Up")
    sees(chat, "▌def solve")
    chat.press("c")
    sees(chat, "Copied the code block.")
    chat.press("Escape")
    gone(chat, "▌def solve")

    chat.press("-l", "/the")
    sees(chat, "Change the colours")
    chat.press("Tab")
    chat.press("-l", "ansi-l")
    sees(chat, "ansi-light")
    chat.press("Enter")
    gone(chat, "/theme")

    chat.press("C-p")
    sees(chat, "Search for commands")
    chat.press("-l", "new")
    sees(chat, "Start a new conversation")
    chat.press("Enter")
    sees(chat, "answers questions about code")
    gone(chat, "def solve")

    chat.press("F1")
    sees(chat, "Send the question.")
    chat.press("Escape")
    gone(chat, "Send the question.")

    chat.press("C-c")
    sees(chat, "Ctrl+C again quits.")
    chat.press("C-c")
    wait_for(lambda: not chat.is_open, timeout_s=60)


def ask(chat: Terminal, question: str, expected: str, *, num_answers: int = 1) -> None:
    """Ask, and wait until so many answers are on the screen and over, the last one as expected."""
    chat.press("-l", question)
    chat.press("Enter")
    wait_for(lambda: sum(bool(re.match(r"\s*\d+ tokens · ", line)) for line in chat.lines) == num_answers)
    wait_for(lambda: sum(expected in line for line in chat.lines) >= num_answers)


def run(chat: Terminal, command: str) -> None:
    """Type a command and send it, whether or not the list of what fits has come by then."""
    chat.press("-l", command)
    sees(chat, f"│ {command}")
    chat.press("Enter")


def test_branches_search_and_another_model(chat: Terminal, home: Path) -> None:
    """Ask differently, look at both branches, find the chat again by a word, and go on with another model."""
    another = home / "another.gguf"
    another.write_bytes(paths.BUILTIN_MODEL.read_bytes().replace(b"cairn-builtin", b"cairn-another", 1))
    subprocess.run([*CAIRN, "models", "import", str(another)], check=True, capture_output=True, timeout=60)
    ask(chat, "Return the sum of xs.", "def solve")

    run(chat, "/edit")
    sees(chat, "begins a new branch")
    gone(chat, "def solve")
    ask(chat, " Skip the odd ones.", "def solve")
    sees(chat, "xs. Skip the odd ones.")
    run(chat, "/tree")
    sees(chat, "Branches")
    chat.wait_for(lambda line: "● ›" in line and "Skip the odd ones." in line)
    sees(chat, "○ ›")
    chat.press("Escape")
    gone(chat, "Branches")

    chat.press("C-n")
    gone(chat, "def solve")
    chat.press("C-o")
    sees(chat, "Search in all chats")
    chat.press("-l", "odd ones")
    sees(chat, "Skip the odd ones.")
    chat.press("Enter")
    gone(chat, "Search in all chats")
    sees(chat, "def solve")

    run(chat, "/model")
    sees(chat, "● builtin")
    chat.press("Up")
    chat.press("Enter")
    sees(chat, "another answers in the chat now")
    sees(chat, "def solve")
    assert "cairn-another" in sees(chat, "● offline")
    ask(chat, "Return the product of xs.", "def solve")


def test_a_change_is_applied_and_taken_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A diff first; yes writes the file, and /undo puts it back to the byte."""
    project = home / "project"
    project.mkdir()
    file = project / "sums.py"
    file.write_text(SUMS)

    with scripted_openai(lambda _asked: streamed(f"So:\n\n```python sums.py\n{BETTER}```\n")) as server:
        monkeypatch.setenv("CAIRN_ENDPOINT", server.url)
        with terminal(project, CAIRN) as chat:
            sees(chat, "● online: 127.0.0.1")
            ask(chat, "Sum them", "return sum(xs)")

            run(chat, "/apply")
            sees(chat, "-     return 0")
            sees(chat, "+     return sum(xs)")
            assert file.read_text() == SUMS
            chat.press("y")
            chat.press("Enter")
            wait_for(lambda: file.read_text() == BETTER)
            sees(chat, "sums.py")

            run(chat, "/undo")
            wait_for(lambda: file.read_text() == SUMS)


@pytest.mark.parametrize(("columns", "rows"), [(60, 20), (200, 60)])
def test_it_fits_small_and_large_terminals(
    home: Path, monkeypatch: pytest.MonkeyPatch, columns: int, rows: int
) -> None:
    """Question, answer, meter and keys are all to be seen."""
    with scripted_openai(lambda _asked: streamed("Use `sum(xs)`.")) as server:
        monkeypatch.setenv("CAIRN_ENDPOINT", server.url)
        with terminal(home, CAIRN, size=(columns, rows)) as chat:
            sees(chat, "● online: 127.0.0.1")
            ask(chat, "Sum them", "Use sum(xs).")
            lines = chat.lines

    assert len(lines) <= rows
    assert max(map(len, lines)) <= columns
    assert "● online: 127.0.0.1" in lines[0]
    assert any("Sum them" in line for line in lines)
    assert "Send" in lines[-1]


def streamed(text: str) -> Response:
    """An answer in some pieces, as OpenAI's servers stream it."""
    deltas = [{"content": text[at : at + 8]} for at in range(0, len(text), 8)]
    chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events = [*map(json.dumps, chunks), "[DONE]"]
    return Response("".join(f"data: {event}\n\n" for event in events), media_type="text/event-stream")


def test_escape_stops_the_model_itself(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The screen says after how many tokens; whoever wrote them has seen the connection close."""
    left: list[int] = []

    def write(_asked: Asked) -> Response:
        async def tokens() -> AsyncIterator[str]:
            number = 0
            try:
                for number in range(1000):
                    yield f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': f'word{number} '}}]})}\n\n"
                    await asyncio.sleep(0.05)
            finally:
                left.append(number)

        return StreamingResponse(tokens(), media_type="text/event-stream")

    with scripted_openai(write) as server:
        monkeypatch.setenv("CAIRN_ENDPOINT", server.url)
        with terminal(home, CAIRN) as chat:
            sees(chat, "● online: 127.0.0.1")
            chat.press("-l", "Count")
            chat.press("Enter")
            sees(chat, "word5")
            chat.press("Escape")
            note = sees(chat, "stopped after")
            wait_for(lambda: left)

    assert 6 <= int(note.split()[2]) <= left[0] + 1 < 100
