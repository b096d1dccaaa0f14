"""Kinds of lists in lists, and of dicts with lists in them."""

import random
from typing import Any

from training.families.family import Kind
from training.families.kinds import draw_word


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
        {
            "name": draw_word(rng, 4),
            "team": rng.choice(("red", "blue", "gold")),
            "age": rng.randint(18, 40),
            "points": points,
        }
        for points in (rng.randint(0, 12) for _ in range(rng.randint(2, 7)))
    ]


def _graph(rng: random.Random) -> dict[str, list[str]]:
    nodes = "abcdefg"[: rng.randint(3, 7)]
    return {node: [each for each in nodes if each != node and rng.random() < 0.3] for node in nodes}


GRID = Kind(
    name="grid",
    words="a list of rows of equal length, each a list of integers, with at least one number",
    draw=_grid,
    edges=(
        [[0]],
        [[-4]],
        [[1, 2, 3]],
        [[3], [2], [1]],
        [[1, 1], [1, 1]],
        [[i * j % 7 - 2 for j in range(6)] for i in range(6)],
    ),
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
    edges=(
        [],
        [[2, 5]],
        [[1, 3], [3, 6]],
        [[1, 9], [2, 4]],
        [[5, 6], [1, 2]],
        [[0, 4], [0, 4]],
        [[i, i + 2] for i in range(9)],
    ),
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
    edges=(
        {"a": []},
        {"a": ["a"]},
        {"a": ["b"], "b": ["a"]},
        {"a": ["b"], "b": ["c"], "c": ["d"], "d": [], "e": ["a"]},
    ),
)
