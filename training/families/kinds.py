"""Kinds of arguments, each with values at random and the edges that programs trip over."""

import itertools
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
    return tuple(key for key, _ in itertools.groupby([*drawn, *edges, *(crossed if len(takes) > 1 else [])]))


def _ints(rng: random.Random) -> list[int]:
    return [rng.randint(-9, 12) for _ in range(rng.randint(2, 10))]


def _word(rng: random.Random, longest: int = 8) -> str:
    return "".join(rng.choice(_WORD_LETTERS) for _ in range(rng.randint(1, longest)))


def _words(rng: random.Random) -> list[str]:
    words = [_word(rng) for _ in range(rng.randint(2, 7))]
    return [*words, rng.choice(words)]


def _text(rng: random.Random) -> str:
    return "".join(rng.choice("aabcdeeghiloxAEBZ  0179-") for _ in range(rng.randint(4, 24)))


def _runs(rng: random.Random) -> str:
    return "".join(rng.choice("abcxyz ") * rng.randint(1, 5) for _ in range(rng.randint(1, 6)))


def _counts(rng: random.Random) -> dict[str, int]:
    return {_word(rng, 5): rng.randint(-4, 12) for _ in range(rng.randint(2, 7))}


def _grid(rng: random.Random) -> list[list[int]]:
    width = rng.randint(1, 5)
    return [[rng.randint(-5, 9) for _ in range(width)] for _ in range(rng.randint(1, 5))]


def _square(rng: random.Random) -> list[list[int]]:
    side = rng.randint(2, 5)
    return [[rng.randint(-5, 9) for _ in range(side)] for _ in range(side)]


def _map(rng: random.Random) -> list[list[int]]:
    width = rng.randint(2, 6)
    return [[rng.randint(0, 1) for _ in range(width)] for _ in range(rng.randint(2, 6))]


def _nested(rng: random.Random, depth: int = 3) -> list[Any]:
    """Lists in lists of integers."""
    return [
        _nested(rng, depth - 1) if depth and rng.random() < 0.35 else rng.randint(-5, 12)
        for _ in range(rng.randint(0, 4) if depth < 3 else rng.randint(1, 5))
    ]


def _intervals(rng: random.Random) -> list[list[int]]:
    starts = [rng.randint(0, 30) for _ in range(rng.randint(2, 7))]
    return [[start, start + rng.randint(1, 8)] for start in starts]


def _records(rng: random.Random) -> list[dict[str, Any]]:
    return [
        {"name": _word(rng, 4), "team": rng.choice(("red", "blue", "gold")), "age": rng.randint(18, 40), "points": points}
        for points in (rng.randint(0, 12) for _ in range(rng.randint(2, 7)))
    ]


def _graph(rng: random.Random) -> dict[str, list[str]]:
    nodes = "abcdefg"[: rng.randint(3, 7)]
    return {node: [each for each in nodes if each != node and rng.random() < 0.3] for node in nodes}


def _date(rng: random.Random) -> str:
    return f"{rng.randint(1896, 2105)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _roman(rng: random.Random) -> str:
    """Signs by chance in mostly falling order: what a reader of numerals must be ready for."""
    signs = sorted((rng.choice("IVXLCDM") for _ in range(rng.randint(2, 7))), key="MDCLXVI".index)
    at = rng.randrange(len(signs) - 1)
    signs[at : at + 2] = signs[at : at + 2][:: rng.choice((1, -1))]
    return "".join(signs)


def _postfix(rng: random.Random, depth: int = 3) -> str:
    if depth == 0 or rng.random() < 0.25:
        return str(rng.randint(0, 12))
    return f"{_postfix(rng, depth - 1)} {_postfix(rng, depth - 1)} {rng.choice('+-*')}"


def _signs(rng: random.Random, signs: str, least: int, most: int) -> str:
    return "".join(rng.choice(signs) for _ in range(rng.randint(least, most)))


INTS = Kind(
    name="ints",
    words="a list of integers, possibly empty",
    draw=_ints,
    edges=([], [0], [-3], [7, 7, 7], [5, -5], [3, 1, 2, 3, 1], list(range(1, 13)), [9, -8, 7, -6, 5, -4, 3, -2, 1, 0] * 3),
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
    edges=("", " ", "a", "AAAA", "a  b", "level", "Été à Ωmega, 日本 ß", "The quick brown fox jumps over 13 lazy dogs. " * 2),
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
    edges=("", "one", "two  spaces", "a b c d", " before and after ", "Ünder dem Öl 日本", "The Cat sat on the mat " * 4),
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
GRID = Kind(
    name="grid",
    words="a list of rows of equal length, each a list of integers, with at least one number",
    draw=_grid,
    edges=([[0]], [[-4]], [[1, 2, 3]], [[3], [2], [1]], [[1, 1], [1, 1]], [[i * j % 7 - 2 for j in range(6)] for i in range(6)]),
)
SQUARE = Kind(
    name="square",
    words="a square grid: a list of n rows, each a list of n integers, n at least 1",
    draw=_square,
    edges=([[0]], [[5]], [[1, 2], [3, 4]], [[0, 0], [0, 0]], [[i - j for j in range(5)] for i in range(5)]),
)
MAP = Kind(
    name="map",
    words="a grid: a list of rows of equal length, each a list of zeros and ones, with at least one number",
    draw=_map,
    edges=([[0]], [[1]], [[1, 0, 1]], [[1], [1], [0]], [[1] * 4] * 4, [[0] * 3] * 3),
)
COUNTS = Kind(
    name="counts",
    words="a dict from strings to integers, possibly empty",
    draw=_counts,
    edges=({}, {"a": 0}, {"b": 3, "a": 3}, {"é": -2, "": 5}, {"x": 1, "y": 2, "z": 3, "xy": 4, "xyz": 5, "w": 1}),
)
NESTED = Kind(
    name="nested",
    words="a list whose elements are integers or again such lists, possibly empty",
    draw=_nested,
    edges=([], [1], [[]], [[[4]]], [[], [[], 2], 3], [1, [2, [3, [4, [5]]]]]),
)
INTERVALS = Kind(
    name="intervals",
    words="a list of intervals [start, end] with start < end, in any order, possibly empty",
    draw=_intervals,
    edges=([], [[2, 5]], [[1, 3], [3, 6]], [[1, 9], [2, 4]], [[5, 6], [1, 2]], [[0, 4], [0, 4]], [[i, i + 2] for i in range(9)]),
)
RECORDS = Kind(
    name="records",
    words="a list of dicts with the keys 'name', 'team' (strings), 'age' and 'points' (integers), possibly empty",
    draw=_records,
    edges=(
        [],
        [{"name": "zoë", "team": "red", "age": 20, "points": 0}],
        [{"name": name, "team": "blue", "age": 30, "points": 5} for name in ("b", "a", "b")],
        [{"name": f"n{i % 4}", "team": "rg"[i % 2], "age": 18 + i * 7 % 11, "points": i * 5 % 7} for i in range(12)],
    ),
)
GRAPH = Kind(
    name="graph",
    words="a dict from each node (a string) to the list of the nodes its edges lead to; it has the node 'a'",
    draw=_graph,
    edges=({"a": []}, {"a": ["a"]}, {"a": ["b"], "b": ["a"]}, {"a": ["b"], "b": ["c"], "c": ["d"], "d": [], "e": ["a"]}),
)
DATE = Kind(
    name="date",
    words="a date as a string like '2024-02-29' (year, month, day)",
    draw=_date,
    edges=("2024-02-29", "2023-02-28", "1900-03-01", "2000-12-31", "2001-01-01", "2100-02-28", "1999-11-30"),
)
ROMAN = Kind(
    name="roman",
    words="a string of the signs I, V, X, L, C, D and M, possibly empty",
    draw=_roman,
    edges=("", "I", "IV", "IX", "XIV", "MCMXCIV", "VIIII", "MMMDCCCLXXXVIII", "IC"),
)
BRACKETS = Kind(
    name="brackets",
    words="a string, possibly empty, that may have brackets ( ) [ ] in it",
    draw=lambda rng: _signs(rng, "(([])) x", 4, 16),
    edges=("", "(", ")", "()", "([)]", "][", "((((", "a(b[c]d)e", "([]){}" * 4),
)
ASSIGNMENTS = Kind(
    name="assignments",
    words="a string, possibly empty",
    draw=lambda rng: ";".join(f"{_word(rng, 2)}={rng.randint(0, 30)}" for _ in range(rng.randint(2, 6))),
    edges=("", "a=1", "a=1;a=2;a=0", "a=7;;b=0", "x", "é=5;É=6", "k=003;K=12", ";".join(f"n{i % 5}={i}" for i in range(16))),
)
RANGES = Kind(
    name="ranges",
    words="a string, possibly empty",
    draw=lambda rng: ",".join(
        str(first) if rng.random() < 0.5 else f"{first}-{first + rng.randint(0, 6)}"
        for first in (rng.randint(0, 20) for _ in range(rng.randint(2, 5)))
    ),
    edges=("", "4", "2-2", "5-3", "1-3,2-5", "7,7,7", "3,,1", "10-25"),
)
POSTFIX = Kind(
    name="postfix",
    words="a string in postfix notation with every sign after its two operands, possibly empty",
    draw=_postfix,
    edges=("", "0", "7", "1 2 +", "2 5 -", "5 2 -", "3 4 *", "9 1 - 2 - 3 -"),
)
MOVES = Kind(
    name="moves",
    words="a string of signs, possibly empty",
    draw=lambda rng: _signs(rng, "FFFFLRR.", 6, 24),
    edges=("", "F", "R", "LF", "FFFF", "FRFRFRFR", "LLRR", "F.F-f", "FFRFFLFRFL" * 3),
)
RUN_CODE = Kind(
    name="run_code",
    words="a string of letters, each with or without a number before it, possibly empty",
    draw=lambda rng: "".join(f"{rng.choice(('', 2, 3, 4, 10, 12))}{rng.choice('aabcxyzé')}" for _ in range(rng.randint(2, 6))),
    edges=("", "a", "1a", "3a", "a2b", "10a1a", "aaa", "2é3日"),
)
NUMBERED = Kind(
    name="numbered",
    words="a string, possibly empty",
    draw=lambda rng: "".join(
        f"{rng.choice((' ', 'a', '-', 'no. ', ', ', 'e'))}{rng.randint(0, 10 ** rng.randint(1, 4))}"
        for _ in range(rng.randint(2, 6))
    ),
    edges=("", "a", "7", "007", "1 1 1", "12é34日5", "room 101, floor 3", "10 20 30 40 " * 3),
)
