"""Two thousand editors that type anything anywhere: after every step the server's text is theirs.

The client here is as naive as can be: one string, offsets counted by the codecs of the standard library, line breaks
found anew for every position. It shares no code with the store, and goes through the message loop as an editor does.
"""

import asyncio
import json
import re
from functools import cache
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsp.documents import Document
from lsp.rpc import Protocol
from lsp.server import build_server
from tests.fakes import ScriptedAssistant

URI = "file:///a"
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
ALPHABET = "ab \t\n\r\f\v\x00\x1c\x1d\x1e\x85\u2028\u2029é漢😀\U0010ffff\ud83d\ude00"
Position = tuple[int, int]
Step = tuple[Position, Position, str]

TEXTS = st.text(st.sampled_from(ALPHABET), max_size=8) | st.sampled_from(
    ["\r", "\n", "\r\n", "\n\r", "\r\r\n", "a\r", "\nb"]
)
POSITIONS = st.tuples(st.integers(0, 5), st.integers(0, 9)) | st.sampled_from([(0, 2**31 - 1), (2**31 - 1, 0)])
STEPS = st.lists(st.tuples(POSITIONS, POSITIONS, TEXTS), min_size=1, max_size=8)


class NaiveClient:
    """An editor's text, as one string."""

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self._codec, self._bytes_per_unit = CODECS[encoding]

    def offset(self, position: Position) -> int | None:
        """Where a position is; None if it is inside of a character."""
        line, units = position
        starts = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", self.text))]
        if line >= len(starts):
            return len(self.text)
        offset, used = starts[line], 0
        while used < units and offset < len(self.text) and self.text[offset] not in "\r\n":
            used += len(self.text[offset].encode(self._codec, "surrogatepass")) // self._bytes_per_unit
            offset += 1
        return offset if used <= units else None

    def apply(self, step: Step) -> bool:
        """Make an edit; False, and nothing is done, if no editor could mean it."""
        start, end = self.offset(step[0]), self.offset(step[1])
        if start is None or end is None or start > end:
            return False
        self.text = self.text[:start] + step[2] + self.text[end:]
        return True


class Session:
    """A server without a process, and the messages of its editor."""

    def __init__(self, encoding: str) -> None:
        self.server = build_server(ScriptedAssistant())
        self._version = 0
        self._send("initialize", {"capabilities": {"general": {"positionEncodings": [encoding]}}}, id=1)

    def open(self, text: str) -> None:
        """Open the document."""
        self._version = 1
        item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        self._send("textDocument/didOpen", {"textDocument": item})

    def change(self, *changes: dict[str, Any]) -> None:
        """Send changes in one message."""
        self._version += 1
        document = {"uri": URI, "version": self._version}
        self._send("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    @property
    def document(self) -> Document:
        """What the server keeps."""
        return self.server.documents[URI]

    @property
    def text(self) -> str:
        """What the server believes."""
        return "".join(self.document.lines)

    def _send(self, method: str, params: Any, **fields: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **fields})
        cast(Protocol, self.server.protocol).receive(body.encode())


session_of = cache(Session)


def edit(step: Step) -> dict[str, Any]:
    """A change as the protocol has it."""
    start, end = ({"line": line, "character": character} for line, character in step[:2])
    return {"range": {"start": start, "end": end}, "text": step[2]}


def sent(text: str) -> str:
    """A text after its way through JSON: halves of characters that meet in one string become whole."""
    return json.loads(json.dumps(text))


async def play(encoding: str, text: str, steps: list[Step]) -> None:
    """Let an editor open a text and make edits; one that means nothing is followed by the whole text."""
    session, client = session_of(encoding), NaiveClient(sent(text), encoding)
    session.open(text)
    for start, end, raw in steps:
        step = (start, end, sent(raw))
        is_sound = client.apply(step)
        session.change(edit(step))

        assert session.document.is_dirty is not is_sound
        assert session.text == client.text
        assert session.document.num_chars == len(client.text)
        session.change(*[] if is_sound else [{"text": client.text}])
        client.text = sent(client.text) if not is_sound else client.text


@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(CODECS)), TEXTS, STEPS)
def test_after_every_step_the_server_has_the_text_of_the_editor(encoding: str, text: str, steps: list[Step]) -> None:
    """With form feeds, halves of characters, line breaks split across edits, positions past every end.

    An edit that no editor could mean is noticed and changes nothing.
    """
    asyncio.run(play(encoding, text, steps))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(CODECS)), TEXTS, STEPS)
def test_many_edits_in_one_message_are_applied_one_after_the_other(encoding: str, text: str, steps: list[Step]) -> None:
    """Each refers to the text that the one before it left; after one in doubt none is applied."""

    async def play_at_once() -> None:
        session, client = session_of(encoding), NaiveClient(sent(text), encoding)
        session.open(text)
        session.change(*(edit((start, end, sent(raw))) for start, end, raw in steps))

        are_sound = all(client.apply((start, end, sent(raw))) for start, end, raw in steps)
        assert session.document.is_dirty is not are_sound
        assert session.text == client.text

    asyncio.run(play_at_once())
