"""Random damage anywhere in the small files and headers of a checkpoint gives a plan or a CairnError, nothing else."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import CairnError
from convert.conversion import convert_checkpoint
from convert.plan import plan_file
from convert.source.checkpoint import open_checkpoint
from tests.unit.convert.broken_checkpoints import FIRST, INDEX, write_shards, write_whole

NUM_DAMAGES = 2_000
NUMBERS = [b"0", b"-1", b"1e999", b"NaN", b"4294967296", b"9" * 30, b"true", b"null", b'""', b"[]", b"{}", b"0.5"]

Damage = Callable[[bytearray, random.Random], None]


def another_byte(data: bytearray, dice: random.Random) -> None:
    data[dice.randrange(len(data))] = dice.choice((*b'0123456789"[]{},:\\', dice.randrange(256)))


def another_digit(data: bytearray, dice: random.Random) -> None:
    """A number one digit off: what still parses."""
    digits = [place for place, byte in enumerate(data) if byte in b"0123456789"] or [0]
    data[dice.choice(digits)] = dice.choice(b"0123456789")


def another_value(data: bytearray, dice: random.Random) -> None:
    colons = [place for place, byte in enumerate(data) if byte in b":,["]
    place = dice.choice(colons) + 1
    end = next((end for end in range(place, len(data)) if data[end] in b",]}"), len(data))
    data[place:end] = dice.choice(NUMBERS)


def cut_out(data: bytearray, dice: random.Random) -> None:
    place = dice.randrange(len(data))
    del data[place : place + dice.choice((1, 2, 10, 100))]


def repeat(data: bytearray, dice: random.Random) -> None:
    place = dice.randrange(len(data))
    data[place:place] = data[place : place + dice.choice((1, 2, 10, 100))]


DAMAGES: list[Damage] = [another_byte, another_digit, another_value, cut_out, repeat]


def damaged(whole: bytes, name: str, dice: random.Random) -> bytes:
    """Damage a file; of a shard only the header, whose length is mended as often as not."""
    begin, end = (8, 8 + int.from_bytes(whole[:8], "little")) if name == FIRST else (0, len(whole))
    text = bytearray(whole[begin:end])
    dice.choice(DAMAGES)(text, dice)
    if not begin:
        return bytes(text)
    length = len(text) if dice.random() < 0.8 else dice.randrange(1 << dice.randrange(1, 64))
    return length.to_bytes(8, "little") + text + whole[end:]


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    """A whole checkpoint in two shards."""
    write_whole(tmp_path)
    write_shards(tmp_path)
    (tmp_path / "src" / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|endoftext|>"}))
    (tmp_path / "src" / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n")
    return tmp_path / "src"


def test_damage_is_refused_or_harmless(sharded: Path, tmp_path: Path) -> None:
    """Two thousand times; some damage does not matter, and then a model can be made."""
    dice = random.Random(3)
    names = (FIRST, INDEX, "config.json", "tokenizer.json", "tokenizer_config.json", "README.md")
    wholes = {name: (sharded / name).read_bytes() for name in names}
    num_planned, num_refused = 0, 0

    for _ in range(NUM_DAMAGES):
        name = dice.choice(names)
        (sharded / name).write_bytes(damaged(wholes[name], name, dice))
        try:
            plan_file(open_checkpoint(sharded), "Q4_0", name="tiny").layout()
            num_planned += 1
            if num_planned % 40 == 1:
                convert_checkpoint(sharded, tmp_path / "out" / "new.gguf", "Q4_0")
        except CairnError:
            num_refused += 1
        (sharded / name).write_bytes(wholes[name])

    assert num_planned > 100
    assert num_refused > 1_000
