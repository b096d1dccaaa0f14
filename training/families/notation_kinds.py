"""Kinds of strings in a small notation."""

import random

from training.families.family import Kind
from training.families.kinds import draw_word


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
    draw=lambda rng: ";".join(f"{draw_word(rng, 2)}={rng.randint(0, 30)}" for _ in range(rng.randint(2, 6))),
    edges=(
        "",
        "a=1",
        "a=1;a=2;a=0",
        "a=7;;b=0",
        "x",
        "é=5;É=6",
        "k=003;K=12",
        ";".join(f"n{i % 5}={i}" for i in range(16)),
    ),
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
    draw=lambda rng: "".join(
        f"{rng.choice(('', 2, 3, 4, 10, 12))}{rng.choice('aabcxyzé')}" for _ in range(rng.randint(2, 6))
    ),
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
