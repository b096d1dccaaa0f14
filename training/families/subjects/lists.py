"""Families that go along a list of integers."""

from training.families.family import Family
from training.families.kinds import INTS

CONDITION = {
    "even": "x % 2 == 0",
    "odd": "x % 2 == 1",
    "positive": "x > 0",
    "negative": "x < 0",
    "greater than $k": "x > $k",
    "less than $k": "x < $k",
    "divisible by $k": "x % $k == 0",
    "not divisible by $k": "x % $k != 0",
    "different from $k": "x != $k",
}
"""Of a number x."""
CHANGE = {
    "the squares": "x * x",
    "the doubles": "2 * x",
    "the negations": "-x",
    "the absolute values": "abs(x)",
    "the sums with $m": "x + $m",
    "the products with $m": "x * $m",
    "the remainders modulo $m": "x % $m",
}
PIPELINE = Family(
    name="list_pipeline",
    subject="lists",
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={"keep": CONDITION, "change": CHANGE, "k": (2, 3, 4, 5), "m": (2, 3, 4, 5, 6)},
    titles=("select_and_change", "pick", "changed_numbers"),
    asks=(
        "the list of $change of all numbers in xs that are $keep",
        "a list with $change of those elements of xs that are $keep, in their order",
    ),
    styles=(
        """
        def $f(xs):
            return [$change for x in xs if $keep]
        """,
        """
        def $f(xs):
            result = []
            for x in xs:
                if $keep:
                    result.append($change)
            return result
        """,
    ),
)
QUANTIFIED = Family(
    name="quantified",
    subject="lists",
    takes={"xs": INTS},
    prepare="ints",
    finish="bool",
    slots={
        "which": {
            "at least one": ("any", "hits > 0"),
            "every": ("all", "hits == total"),
            "no": ("not any", "hits == 0"),
        },
        "value": {
            "element": ("len(xs)", "xs[i]"),
            "sum of two neighbours": ("len(xs) - 1", "xs[i] + xs[i + 1]"),
            "product of two neighbours": ("len(xs) - 1", "xs[i] * xs[i + 1]"),
            "step from an element to the next": ("len(xs) - 1", "xs[i + 1] - xs[i]"),
            "sum of an element and its index": ("len(xs)", "xs[i] + i"),
        },
        "keep": CONDITION,
        "k": (2, 3, 4, 5, 7),
    },
    titles=("check", "holds", "satisfies"),
    asks=("whether $which $value in xs is $keep", "whether it is true that $which $value of xs is $keep"),
    styles=(
        """
        def $f(xs):
            values = [$value_1 for i in range($value_0)]
            return $which_0($keep for x in values)
        """,
        """
        def $f(xs):
            hits = 0
            total = max($value_0, 0)
            for i in range(total):
                x = $value_1
                if $keep:
                    hits += 1
            return $which_1
        """,
    ),
)
WINDOWS = Family(
    name="windows",
    subject="lists",
    level=2,
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "reduce": {
            "sums": "sum(xs[i : i + $k])",
            "largest numbers": "max(xs[i : i + $k])",
            "smallest numbers": "min(xs[i : i + $k])",
            "differences between the last and the first number": "xs[i + $k - 1] - xs[i]",
            "sums of the squares": "sum(x * x for x in xs[i : i + $k])",
        },
        "k": (2, 3, 4),
    },
    titles=("windows", "sliding", "neighbours"),
    asks=(
        "the list of the $reduce of every $k consecutive numbers in xs (empty if xs is shorter)",
        "a list with the $reduce of all windows of $k neighbouring numbers of xs, from left to right",
    ),
    styles=(
        """
        def $f(xs):
            return [$reduce for i in range(len(xs) - $k + 1)]
        """,
        """
        def $f(xs):
            result = []
            for i in range(len(xs)):
                if i + $k <= len(xs):
                    result.append($reduce)
            return result
        """,
    ),
)
RUNNING = Family(
    name="running",
    subject="lists",
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "step": {
            "sum of the numbers so far": ("0", "state + x"),
            "sum of the numbers so far modulo $k": ("0", "(state + x) % $k"),
            "largest of 0 and the numbers so far": ("0", "max(state, x)"),
            "smallest of $k and the numbers so far": ("$k", "min(state, x)"),
            "number of positive numbers so far": ("0", "state + (x > 0)"),
            "number of elements so far that are divisible by $k": ("0", "state + (x % $k == 0)"),
            "alternating total, in which each number has the total before it subtracted": ("0", "x - state"),
            "balance, which starts at $k, grows by each number and never falls below 0": ("$k", "max(0, state + x)"),
        },
        "k": (2, 3, 4, 5, 7, 10),
    },
    titles=("running", "accumulate", "so_far"),
    asks=(
        "the list with, for every element of xs, the $step (that element included)",
        "the list that holds, after each number of xs, the $step",
    ),
    styles=(
        """
        def $f(xs):
            state = $step_0
            result = []
            for x in xs:
                state = $step_1
                result.append(state)
            return result
        """,
        """
        def $f(xs):
            result = [$step_0]
            for x in xs:
                state = result[-1]
                result.append($step_1)
            return result[1:]
        """,
    ),
)

FAMILIES = (
    PIPELINE,
    QUANTIFIED,
    WINDOWS,
    RUNNING,
)
