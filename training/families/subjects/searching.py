"""Families that look for elements of a list."""

from training.families.family import Family
from training.families.kinds import INTS
from training.families.subjects.lists import CONDITION

RANKED = Family(
    name="ranked",
    subject="sorting",
    takes={"xs": INTS},
    prepare="ints",
    finish="int",
    slots={
        "which": {"smallest": "sorted(set(xs))", "largest": "sorted(set(xs), reverse=True)"},
        "nth": {"second": "1", "third": "2", "fourth": "3"},
        "missing": {"-1": "-1", "0": "0", "the number of elements of xs": "len(xs)"},
    },
    titles=("ranked", "nth_value", "runner_up"),
    asks=(
        "the $nth $which of the different values in xs, or $missing if there are too few",
        "the $nth $which value of xs, equal values counted once; $missing if there is none",
    ),
    styles=(
        """
        def $f(xs):
            values = $which
            if len(values) <= $nth:
                return $missing
            return values[$nth]
        """,
        """
        def $f(xs):
            values = $which
            return values[$nth] if $nth < len(values) else $missing
        """,
    ),
)
REPEATED = Family(
    name="repeated",
    subject="lists",
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "test": {
            "exactly $k times": "xs.count(x) == $k",
            "at least $k times": "xs.count(x) >= $k",
            "an odd number of times": "xs.count(x) % 2 == 1",
            "fewer than $k times": "xs.count(x) < $k",
            "again later": "x in xs[i + 1 :]",
            "already before": "x in xs[:i]",
            "nowhere among the $k elements before": "x not in xs[max(0, i - $k) : i]",
        },
        "value": {"elements": "x", "indices of the elements": "i", "squares of the elements": "x * x"},
        "k": (2, 3),
    },
    titles=("occurring", "repeated", "by_frequency"),
    asks=("the list of the $value of xs that occur in xs $test, in order and with repetitions",),
    styles=(
        """
        def $f(xs):
            return [$value for i, x in enumerate(xs) if $test]
        """,
        """
        def $f(xs):
            result = []
            for i in range(len(xs)):
                x = xs[i]
                if $test:
                    result.append($value)
            return result
        """,
    ),
)
FOUND = Family(
    name="found",
    subject="lists",
    takes={"xs": INTS},
    prepare="ints",
    finish="int",
    slots={
        "end": {"first": ("range(len(xs))", "0"), "last": ("range(len(xs) - 1, -1, -1)", "-1")},
        "keep": CONDITION,
        "value": {"index of the $end element": "i", "$end element": "xs[i]"},
        "missing": {"-1": "-1", "-$k": "-$k", "0": "0"},
        "k": (2, 3, 4, 5),
    },
    titles=("find", "locate", "search"),
    asks=(
        "the $value of xs that is $keep, or $missing if there is none",
        "the $value in xs that is $keep; $missing when nothing fits",
    ),
    styles=(
        """
        def $f(xs):
            for i in $end_0:
                x = xs[i]
                if $keep:
                    return $value
            return $missing
        """,
        """
        def $f(xs):
            hits = [i for i, x in enumerate(xs) if $keep]
            if not hits:
                return $missing
            i = hits[$end_1]
            return $value
        """,
    ),
)

FAMILIES = (
    RANKED,
    REPEATED,
    FOUND,
)
