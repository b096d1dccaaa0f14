"""Families over lists in lists."""

from training.families.family import Family
from training.families.nested_kinds import NESTED

FLATTEN = Family(
    name="flatten",
    subject="recursion",
    level=2,
    takes={"xs": NESTED},
    prepare="nested",
    finish="ints",
    slots={
        "keep": {
            "": "True",
            " that are even": "x % 2 == 0",
            " that are positive": "x > 0",
            " that are greater than $k": "x > $k",
            " that stand at depth $m or deeper": "depth >= $m",
            " that stand at an odd depth": "depth % 2 == 1",
        },
        "change": {
            "": "x",
            ", each times its depth": "x * depth",
            ", each plus $k": "x + $k",
            ", each replaced by its depth": "depth",
            ", each squared": "x * x",
            ", each minus $k times its depth": "x - $k * depth",
        },
        "k": (2, 3, 4, 5),
        "m": (2, 3),
    },
    titles=("flatten", "leaves", "unnest"),
    asks=(
        "the list of all integers in xs$keep, from left to right through all inner lists$change (depth is 1 in xs "
        "itself)",
    ),
    styles=(
        """
        def _walk(xs, depth):
            result = []
            for x in xs:
                if isinstance(x, list):
                    result += _walk(x, depth + 1)
                elif $keep:
                    result.append($change)
            return result


        def $f(xs):
            return _walk(xs, 1)
        """,
        """
        def $f(xs):
            result = []
            stack = [(x, 1) for x in reversed(xs)]
            while stack:
                x, depth = stack.pop()
                if isinstance(x, list):
                    stack += [(inner, depth + 1) for inner in reversed(x)]
                elif $keep:
                    result.append($change)
            return result
        """,
    ),
)
NESTED_VALUE = Family(
    name="nested_value",
    subject="recursion",
    level=2,
    takes={"xs": NESTED},
    prepare="nested",
    finish="int",
    slots={
        "leaf": {
            "itself": "x",
            "its square": "x * x",
            "1": "1",
            "itself plus $k": "x + $k",
            "its absolute value": "abs(x)",
            "itself modulo $k": "x % $k",
        },
        "whole": {
            "the sum of the values of its elements": "sum(values)",
            "the largest of 0 and the values of its elements": "max([0] + values)",
            "1 plus the largest of 0 and the values of its elements": "1 + max([0] + values)",
            "$m times the sum of the values of its elements": "$m * sum(values)",
            "the value of its first element minus those of all others (0 if it is empty)": (
                "2 * sum(values[:1]) - sum(values)"
            ),
            "the number of its elements plus the sum of their values": "len(values) + sum(values)",
            "the sum of the values of its elements modulo 1$k": "sum(values) % 1$k",
        },
        "k": (2, 3, 4, 5),
        "m": (2, 3),
    },
    titles=("nested_value", "evaluate_tree", "weight"),
    asks=("the value of xs, where the value of an integer is $leaf and that of a list is $whole",),
    styles=(
        """
        def _value(x):
            if not isinstance(x, list):
                return $leaf
            values = [_value(each) for each in x]
            return $whole


        def $f(xs):
            return _value(xs)
        """,
        """
        def $f(xs):
            values = []
            for x in xs:
                if isinstance(x, list):
                    values.append($f(x))
                else:
                    values.append($leaf)
            return $whole
        """,
    ),
)

FAMILIES = (
    FLATTEN,
    NESTED_VALUE,
)
