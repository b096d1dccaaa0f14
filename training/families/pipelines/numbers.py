"""Number loops: walk over the digits of a number."""

import itertools
import random

from training.families.pipelines.draft import Combination, Draft, Family, broken, misnamed

KEEP = {
    "digits": "",
    "even digits": "d % 2 == 0",
    "odd digits": "d % 2 == 1",
    "digits greater than {k}": "d > {k}",
    "digits less than {k}": "d < {k}",
    "digits not equal to {k}": "d != {k}",
}
CHANGE = {"": "d", "squared": "d * d", "cubed": "d ** 3", "plus {m}": "d + {m}", "times {m}": "d * {m}"}
REDUCE = {
    "sum": ("0", "total + {d}"),
    "product": ("1", "total * {d}"),
    "largest": ("0", "max(total, {d})"),
    "alternating sum": ("0", "{d} - total"),
    "sum modulo 7": ("0", "(total + {d}) % 7"),
}


def _write(combination: Combination, rng: random.Random) -> Draft:
    constants = {"k": rng.randint(2, 7), "m": rng.randint(2, 9)}
    kept, changed, reduced = combination
    keep, change = KEEP[kept].format(**constants), CHANGE[changed].format(**constants)
    start, step = REDUCE[reduced][0], REDUCE[reduced][1].format(d=change)
    other = KEEP[rng.choice([each for each in KEEP if each != kept])].format(**constants)
    right = _by_division(keep, start, step)
    return Draft(
        docstring=_docstring(combination, rng).format(**constants),
        solutions=(right, _by_text(keep, start, step)),
        mistakes=(
            _by_division(other, start, step),
            broken(right),
            misnamed(right, "total", "result"),
            right.replace("n //= 10", "n /= 10"),
            _by_text(keep, start, step).replace("int(c)", "c"),
        ),
        inputs=(*((rng.randint(0, 10 ** rng.randint(1, 7)),) for _ in range(7)), (0,)),
    )


def _docstring(combination: Combination, rng: random.Random) -> str:
    kept, changed, reduced = combination
    asks = f"the {reduced} of the {kept} of n" + (f", each {changed}" if changed else "")
    return rng.choice(
        (f"Return {asks}, from the last digit to the first.", f"Walk from the last digit and return {asks}.")
    )


def _by_division(keep: str, start: str, step: str) -> str:
    lines = ["def solve(n):", f"    total = {start}", "    while n > 0:", "        d = n % 10", "        n //= 10"]
    return "\n".join([*lines, *_update(keep, step), "    return total", ""])


def _by_text(keep: str, start: str, step: str) -> str:
    """For n = 0 the text has one digit and the division loop none, so zero is left out by hand."""
    lines = ["def solve(n):", f"    total = {start}", '    for c in reversed(str(n or "")):', "        d = int(c)"]
    return "\n".join([*lines, *_update(keep, step), "    return total", ""])


def _update(keep: str, step: str) -> list[str]:
    return [f"        if {keep}:", f"            total = {step}"] if keep else [f"        total = {step}"]


NUMBERS = Family(name="numbers", combinations=tuple(itertools.product(KEEP, CHANGE, REDUCE)), write=_write)
