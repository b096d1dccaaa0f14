"""Predicates that return early: does any, every or no neighbour, element or sum satisfy a condition?"""

import itertools
import random

from training.families.pipelines.draft import Combination, Draft, Family, broken, misnamed

QUANTIFIER = {"any": ("{c}", "True", "False"), "every": ("not ({c})", "False", "True"), "no": ("{c}", "False", "True")}
SUBJECT = {
    "element": ("range(len(xs))", "xs[i]"),
    "square of an element": ("range(len(xs))", "xs[i] * xs[i]"),
    "absolute value of an element": ("range(len(xs))", "abs(xs[i])"),
    "sum of two neighbours": ("range(len(xs) - 1)", "xs[i] + xs[i + 1]"),
    "product of two neighbours": ("range(len(xs) - 1)", "xs[i] * xs[i + 1]"),
    "step to the next element": ("range(len(xs) - 1)", "xs[i + 1] - xs[i]"),
}
CONDITION = {
    "even": "v % 2 == 0",
    "odd": "v % 2 == 1",
    "negative": "v < 0",
    "zero": "v == 0",
    "greater than {k}": "v > {k}",
    "less than {k}": "v < {k}",
    "divisible by {k}": "v % {k} == 0",
    "equal to {k}": "v == {k}",
}


def _write(combination: Combination, rng: random.Random) -> Draft:
    constants = {"k": rng.randint(2, 9)}
    quantifier, subject, condition = combination
    test = CONDITION[condition].format(**constants)
    other = CONDITION[rng.choice([each for each in CONDITION if each != condition])].format(**constants)
    right = _early_return(quantifier, subject, test)
    return Draft(
        docstring=_docstring(combination, rng).format(**constants),
        solutions=(right, _built_in(quantifier, subject, test)),
        mistakes=(
            _early_return(quantifier, subject, other),
            broken(right),
            misnamed(right, "xs", "ys"),
            right.replace("range(len(xs) - 1)", "range(len(xs))").replace("range(len(xs))", "range(len(xs) + 1)", 1),
        ),
        inputs=(*(([rng.randint(-4, 12) for _ in range(rng.randint(1, 4))],) for _ in range(9)), ([],)),
    )


def _docstring(combination: Combination, rng: random.Random) -> str:
    quantifier, subject, condition = combination
    asks = f"{quantifier} {subject} in xs is {condition}"
    return rng.choice((f"Return True if {asks}, else False.", f"Check whether {asks}."))


def _early_return(quantifier: str, subject: str, test: str) -> str:
    leaves, early, late = QUANTIFIER[quantifier]
    indices, value = SUBJECT[subject]
    lines = ["def solve(xs):", f"    for i in {indices}:", f"        v = {value}"]
    return "\n".join(
        [*lines, f"        if {leaves.format(c=test)}:", f"            return {early}", f"    return {late}", ""]
    )


def _built_in(quantifier: str, subject: str, test: str) -> str:
    indices, value = SUBJECT[subject]
    call = {"any": "any", "every": "all", "no": "not any"}[quantifier]
    return f"def solve(xs):\n    vs = [{value} for i in {indices}]\n    return {call}({test} for v in vs)\n"


PREDICATES = Family(
    name="predicates", combinations=tuple(itertools.product(QUANTIFIER, SUBJECT, CONDITION)), write=_write
)
