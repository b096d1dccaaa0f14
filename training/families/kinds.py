"""Kinds of arguments, each with values at random and the edges that programs trip over."""

import random
from functools import lru_cache
from typing import Any

from training.families.family import Kind

NUM_DRAWN = 12

_WORD_LETTERS = "aaabcdeeegilnorstABE"


@lru_cache(maxsize=256)
def inputs_of(takes: tuple[Kind, ...]) -> tuple[tuple[Any, ...], ...]:
    """The arguments of all calls for functions of these parameters: the edges side by side, then draws.

    They depend on the kinds alone: two functions of the same kinds with equal results on all of them count as the same.
    """
    rng = random.Random("/".join(kind.name for kind in takes))
    num_edges = max(len(kind.edges) for kind in takes)
    edges = [tuple(kind.edges[row % len(kind.edges)] for kind in takes) for row in range(num_edges)]
    crossed = [tuple(kind.edges[(row * (1 + at)) % len(kind.edges)] for at, kind in enumerate(takes)) for row in (1, 2)]
    drawn = [tuple(kind.draw(rng) for kind in takes) for _ in range(NUM_DRAWN)]
    rows = [*drawn, *edges, *(crossed if len(takes) > 1 else [])]
    return tuple(row for at, row in enumerate(rows) if row not in rows[:at])


def _ints(rng: random.Random) -> list[int]:
    return [rng.randint(-9, 12) for _ in range(rng.randint(2, 10))]


def draw_word(rng: random.Random, longest: int = 8) -> str:
    """Letters of which some come often."""
    return "".join(rng.choice(_WORD_LETTERS) for _ in range(rng.randint(1, longest)))


def _words(rng: random.Random) -> list[str]:
    words = [draw_word(rng) for _ in range(rng.randint(2, 7))]
    return [*words, rng.choice(words)]


def _text(rng: random.Random) -> str:
    return "".join(rng.choice("aabcdeeghiloxAEBZ  0179-") for _ in range(rng.randint(4, 24)))


def _runs(rng: random.Random) -> str:
    return "".join(rng.choice("abcxyz ") * rng.randint(1, 5) for _ in range(rng.randint(1, 6)))


def _counts(rng: random.Random) -> dict[str, int]:
    return {draw_word(rng, 5): rng.randint(-4, 12) for _ in range(rng.randint(2, 7))}


INTS = Kind(
    name="ints",
    words="a list of integers, possibly empty",
    draw=_ints,
    edges=(
        [],
        [0],
        [-3],
        [7, 7, 7],
        [5, -5],
        [3, 1, 2, 3, 1],
        list(range(1, 13)),
        [9, -8, 7, -6, 5, -4, 3, -2, 1, 0] * 3,
    ),
)

WORDS = Kind(
    name="words",
    words="a list of strings, possibly empty",
    draw=_words,
    edges=([], [""], ["a"], ["to", "to", "To"], ["été", "Ωmega", "日本", "ß"], ["stone", "", "stop", "star"] * 4),
)

TEXT = Kind(
    name="text",
    words="a string, possibly empty",
    draw=_text,
    edges=(
        "",
        " ",
        "a",
        "AAAA",
        "a  b",
        "level",
        "Été à Ωmega, 日本 ß",
        "The quick brown fox jumps over 13 lazy dogs. " * 2,
    ),
)

RUNS = Kind(
    name="runs",
    words="a string, possibly empty",
    draw=_runs,
    edges=("", "a", "aa", "ab", "aab", "abb", "ééé日日", "x" * 23 + "y"),
)

SENTENCE = Kind(
    name="sentence",
    words="a string of words separated by spaces, possibly empty",
    draw=lambda rng: " ".join(_words(rng)),
    edges=(
        "",
        "one",
        "two  spaces",
        "a b c d",
        " before and after ",
        "Ünder dem Öl 日本",
        "The Cat sat on the mat " * 4,
    ),
)

LETTER_PAIR = Kind(
    name="letters",
    words="a string of letters, possibly empty",
    draw=lambda rng: "".join(rng.choice("aabcdeBC") for _ in range(rng.randint(2, 9))),
    edges=("", "a", "abc", "aabbcc", "éaé", "cba" * 6),
)

NATURAL = Kind(
    name="natural",
    words="an integer, 0 or more",
    draw=lambda rng: rng.randint(3, 10 ** rng.randint(1, 5)),
    edges=(0, 1, 2, 9, 10, 100, 999, 1024),
)

SMALL = Kind(
    name="small",
    words="an integer, 0 or more",
    draw=lambda rng: rng.randint(3, 60),
    edges=(0, 1, 2, 3, 10, 36, 97),
)

COUNTS = Kind(
    name="counts",
    words="a dict from strings to integers, possibly empty",
    draw=_counts,
    edges=({}, {"a": 0}, {"b": 3, "a": 3}, {"é": -2, "": 5}, {"x": 1, "y": 2, "z": 3, "xy": 4, "xyz": 5, "w": 1}),
)
