"""Families that put two lists together."""

from training.families.family import Family
from training.families.kinds import INTS
from training.families.subjects.lists import CONDITION

MERGED = Family(
    name="merged",
    subject="two lists",
    level=2,
    takes={"xs": INTS, "ys": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "what": {
            "elements of xs that are not in ys": "[x for x in xs if x not in ys]",
            "elements of xs that are also in ys": "[x for x in xs if x in ys]",
            "elements of xs and ys together, in ascending order": "sorted(xs + ys)",
            "elements of xs followed by those of ys that are not in xs": "xs + [y for y in ys if y not in xs]",
            "elements that are in only one of xs and ys, in ascending order": "sorted(set(xs) ^ set(ys))",
            "different elements of both lists, in ascending order": "sorted(set(xs) | set(ys))",
            "elements of xs greater than all of ys": "[x for x in xs if all(x > y for y in ys)]",
            "elements of xs smaller than some element of ys": "[x for x in xs if any(x < y for y in ys)]",
            "elements of ys, reversed, followed by those of xs": "ys[::-1] + xs",
        },
        "keep": CONDITION,
        "k": (2, 3, 4),
    },
    titles=("merge", "combine", "both_lists"),
    asks=("the list of the $what, of which only those that are $keep are kept",),
    styles=(
        """
        def $f(xs, ys):
            both = $what
            return [x for x in both if $keep]
        """,
        """
        def $f(xs, ys):
            result = []
            for x in $what:
                if not ($keep):
                    continue
                result.append(x)
            return result
        """,
    ),
)
ZIPPED = Family(
    name="zipped",
    subject="two lists",
    takes={"xs": INTS, "ys": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "change": {
            "sum": "x + y",
            "product": "x * y",
            "difference (xs minus ys)": "x - y",
            "larger one": "max(x, y)",
            "smaller one": "min(x, y)",
            "sum modulo $k": "(x + y) % $k",
            "distance": "abs(x - y)",
            "$k-fold of the first plus the second": "$k * x + y",
        },
        "length": {
            "the longer list is cut": "min(len(xs), len(ys))",
            "the shorter list is filled up with $m": "max(len(xs), len(ys))",
        },
        "k": (2, 3, 4, 5),
        "m": (0, 1, 2),
    },
    titles=("zip_with", "elementwise", "side_by_side"),
    asks=("the list of the $change of the elements of xs and ys at the same index; $length",),
    styles=(
        """
        def $f(xs, ys):
            length = $length
            xs = xs + [$m] * (length - len(xs))
            ys = ys + [$m] * (length - len(ys))
            return [$change for x, y in zip(xs, ys)]
        """,
        """
        def $f(xs, ys):
            result = []
            for i in range($length):
                x = xs[i] if i < len(xs) else $m
                y = ys[i] if i < len(ys) else $m
                result.append($change)
            return result
        """,
    ),
)

FAMILIES = (
    MERGED,
    ZIPPED,
)
