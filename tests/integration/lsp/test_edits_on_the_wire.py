"""What editors type reaches the model as it stands in the editor: the model's question shows the server's text."""

import random
from typing import Any

import pytest

from tests.integration.lsp_record import ENV, Command, Record
from tests.wire import Wire, edit, wired

NUM_SEQUENCES, NUM_EDITS = 20, 8
PIECES = ["a", " = ", "\n", "\r\n", "\r", "\f", "\x85", "\u2028", "é", "漢字", "😀", "\ud83d", "    x\n", ""]
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def as_asked(text: str) -> str:
    """As a model reads it: lines broken by line feeds only, whole characters only."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\r\n", "\n").replace("\r", "\n")


def position(text: str, offset: int, encoding: str) -> tuple[int, int]:
    """Line and character of an offset, by what the protocol says of them."""
    before = text[:offset]
    line_start = max(before.rfind("\n"), before.rfind("\r")) + 1
    codec, bytes_per_unit = CODECS[encoding]
    units = len(before[line_start:].encode(codec, "surrogatepass")) // bytes_per_unit
    return num_breaks(before), units


def num_breaks(text: str) -> int:
    """How many line breaks stand in a text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")


def places(text: str) -> list[int]:
    r"""Offsets that a position can name: all but those between "\r" and "\n"."""
    return [offset for offset in range(len(text) + 1) if text[max(0, offset - 1) : offset + 1] != "\r\n"]


@pytest.mark.parametrize("encoding", CODECS)
async def test_the_model_is_asked_about_the_text_of_the_editor(
    scripted: Command, record: Record, encoding: str
) -> None:
    """After each of many random edits, in every encoding, over real pipes."""
    draw = random.Random(encoding)
    expected: list[str] = []
    async with wired(*scripted(""), env=ENV) as wire:
        await wire.initialize(capabilities=_offering(encoding))
        for _ in range(NUM_SEQUENCES):
            await _play(wire, draw, encoding, expected)

    assert [entry["prefix"] + entry["suffix"] for entry in record.of("asked")] == expected


async def _play(wire: Wire, draw: random.Random, encoding: str, expected: list[str]) -> None:
    text = "".join(draw.choices(PIECES, k=6))
    wire.open(text)
    for _ in range(NUM_EDITS):
        start, end = sorted(draw.choices(places(text), k=2))
        new = "".join(draw.choices(PIECES, k=draw.randrange(4)))
        wire.change(edit(position(text, start, encoding), position(text, end, encoding), new))
        text = text[:start] + new + text[end:]
        cursor = draw.choice(places(text))
        await wire.ghost(*position(text, cursor, encoding))
        expected.append(as_asked(text))


def _offering(encoding: str) -> dict[str, Any]:
    return {"general": {"positionEncodings": [encoding]}, "textDocument": {"inlineCompletion": {}}}
