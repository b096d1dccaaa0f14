"""List pipelines: keep some elements, change them, reduce them."""

import itertools
import random

from training.families.pipelines.draft import Combination, Draft, Family, broken, misnamed

KEEP = {
    "even": "x % 2 == 0",
    "odd": "x % 2 == 1",
    "positive": "x > 0",
    "negative": "x < 0",
    "greater than {k}": "x > {k}",
    "less than {k}": "x < {k}",
    "divisible by {k}": "x % {k} == 0",
    "not equal to {k}": "x != {k}",
}
CHANGE = {
    "elements": "x",
    "squares": "x * x",
    "doubles": "2 * x",
    "negations": "-x",
    "absolute values": "abs(x)",
    "values plus {m}": "x + {m}",
    "values times {m}": "x * {m}",
}
REDUCE = {
    "the sum": "sum({ys})",
    "the number": "len({ys})",
    "the largest": "max({ys}, default=0)",
    "the smallest": "min({ys}, default=0)",
    "a list": "{ys}",
    "a sorted list": "sorted({ys})",
    "a reversed list": "{ys}[::-1]",
    "the average": "sum({ys}) // len({ys}) if {ys} else 0",
}


def _write(combination: Combination, rng: random.Random) -> Draft:
    constants = {"k": rng.randint(2, 9), "m": rng.randint(2, 9)}
    kept, changed, reduced = combination
    keep, change = KEEP[kept].format(**constants), CHANGE[changed].format(**constants)
    other = KEEP[rng.choice([each for each in KEEP if each != kept])].format(**constants)
    named = _named(keep, change, reduced)
    return Draft(
        docstring=_docstring(combination, rng).format(**constants),
        solutions=(named, _loop(keep, change, reduced)),
        mistakes=(
            _named(other, change, reduced),
            broken(named),
            misnamed(named, "ys", "zs"),
            named.replace(", default=0", "").replace(" if ys else 0", "").replace("for x in xs", "for x in xs[1:]"),
        ),
        inputs=(*(([rng.randint(-9, 12) for _ in range(rng.randint(0, 9))],) for _ in range(7)), ([],)),
    )


def _docstring(combination: Combination, rng: random.Random) -> str:
    kept, changed, reduced = combination
    asks = f"{reduced} of the {changed} of all numbers in xs that are {kept}"
    asks = asks.replace("of the elements of all", "of all")
    return rng.choice((f"Return {asks}.", f"Write a function that returns {asks}."))


def _named(keep: str, change: str, reduced: str) -> str:
    return f"def solve(xs):\n    ys = [{change} for x in xs if {keep}]\n    return {REDUCE[reduced].format(ys='ys')}\n"


def _loop(keep: str, change: str, reduced: str) -> str:
    lines = [
        "def solve(xs):",
        "    ys = []",
        "    for x in xs:",
        f"        if {keep}:",
        f"            ys.append({change})",
    ]
    return "\n".join([*lines, f"    return {REDUCE[reduced].format(ys='ys')}", ""])


LISTS = Family(name="lists", combinations=tuple(itertools.product(KEEP, CHANGE, REDUCE)), write=_write)
