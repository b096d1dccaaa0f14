"""Holes in source text: where fill-in-the-middle examples are cut. `assistant.prompts` alone lays the prompts out."""

import random
from dataclasses import dataclass

from assistant.prompts import STARCODER_FIM, FimOrder, fim_prompt
from training.tokenizer import Codec

_MAX_EDITOR_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A text cut in three; joined they are the text again."""

    prefix: str
    middle: str
    suffix: str


def random_hole(text: str, rng: random.Random) -> Hole:
    """Two cuts, uniform over the characters.

    Source: Bavarian et al. 2022 (arXiv:2207.14255), character-level random spans.
    """
    first, second = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
    return Hole(prefix=text[:first], middle=text[first:second], suffix=text[second:])


def editor_hole(text: str, rng: random.Random) -> Hole:
    """A hole as an editor leaves it: from a cursor in or behind the indentation to the end of this or a near line."""
    lines = text.split("\n")
    row = rng.randrange(len(lines))
    indent = len(lines[row]) - len(lines[row].lstrip())
    start = sum(len(line) + 1 for line in lines[:row]) + rng.randint(indent, len(lines[row]))
    num_lines = 1 if rng.random() < 0.6 else rng.randint(2, _MAX_EDITOR_LINES)
    end = sum(len(line) + 1 for line in lines[: row + num_lines]) - 1
    return Hole(prefix=text[:start], middle=text[start:end], suffix=text[end:])


def hole_ids(codec: Codec, hole: Hole, order: FimOrder) -> tuple[list[int], list[int]]:
    """(prompt, middle) ids, the middle with its end-of-text. The pieces are tokenised apart, as the engine does."""
    prompt = codec.encode_prompt(fim_prompt(STARCODER_FIM, hole.prefix, hole.suffix, order=order))
    return prompt, [*codec.encode(hole.middle), codec.end_of_text]
