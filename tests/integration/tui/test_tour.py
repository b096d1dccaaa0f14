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

from tests.editors.terminal import Terminal, terminal, wait_for
from tests.scripted_openai import Asked, scripted_openai

pytestmark = pytest.mark.slow

CAIRN = [sys.executable, "-m", "assistant"]


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
    return chat.wait_for(lambda line: text in line, timeout_s=30)


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
    wait_for(lambda: not chat.is_open, timeout_s=20)


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
