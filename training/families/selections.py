"""Families that choose from lists, order them, or put two of them together."""

from training.families.family import Family
from training.families.kinds import INTS
from training.families.lists import CONDITION

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
    asks=("the $value of xs that is $keep, or $missing if there is none", "the $value in xs that is $keep; $missing when nothing fits"),
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
BEST_SUM = Family(
    name="best_sum",
    subject="lists",
    level=3,
    takes={"xs": INTS},
    prepare="ints",
    finish="int",
    slots={
        "goal": {"largest": "max", "smallest": "min"},
        "part": {
            "consecutive elements": "here + x",
            "consecutive elements, each weighted by $k": "here + $k * x",
            "consecutive elements, each lowered by $k": "here + x - $k",
            "squares of consecutive elements, each lowered by 1$k": "here + x * x - 1$k",
        },
        "k": (1, 2, 3, 4, 5),
    },
    titles=("best_sum", "extreme_total", "optimal_stretch"),
    asks=("the $goal sum of $part of xs (no elements, with sum 0, are allowed)",),
    styles=(
        """
        def $f(xs):
            best = 0
            here = 0
            for x in xs:
                here = $goal(0, $part)
                best = $goal(best, here)
            return best
        """,
        """
        def $f(xs):
            best = 0
            for start in range(len(xs)):
                here = 0
                for x in xs[start:]:
                    here = $part
                    best = $goal(best, here)
            return best
        """,
    ),
)
PARTITION = Family(
    name="partition",
    subject="sorting",
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "keep": CONDITION,
        "first": {"in their order": "first", "reversed": "first[::-1]", "sorted": "sorted(first)", "sorted downwards": "sorted(first)[::-1]"},
        "rest": {"in their order": "rest", "reversed": "rest[::-1]", "sorted": "sorted(rest)"},
        "k": (2, 3, 4, 5),
    },
    titles=("partition", "move_forward", "split_order"),
    asks=("a list with the numbers of xs that are $keep ($first), followed by all others ($rest)",),
    styles=(
        """
        def $f(xs):
            first = [x for x in xs if $keep]
            rest = [x for x in xs if not ($keep)]
            return $first + $rest
        """,
        """
        def $f(xs):
            first = []
            rest = []
            for x in xs:
                if $keep:
                    first.append(x)
                else:
                    rest.append(x)
            return $first + $rest
        """,
    ),
)
SORT_KEYS = Family(
    name="sort_keys",
    subject="sorting",
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "key": {
            "absolute value": "abs(x)",
            "remainder modulo $k": "x % $k",
            "distance from $k": "abs(x - $k)",
            "last decimal digit": "abs(x) % 10",
            "number of decimal digits": "len(str(abs(x)))",
            "square modulo 1$k": "x * x % 1$k",
        },
        "ties": {"ascending value": "x", "descending value": "-x"},
        "k": (2, 3, 4, 5, 6, 7),
    },
    titles=("sort_by", "ordered", "arrange"),
    asks=("the elements of xs sorted by $key, equal ones by $ties", "the list xs ordered by $key; ties are broken by $ties"),
    styles=(
        """
        def $f(xs):
            return sorted(xs, key=lambda x: ($key, $ties))
        """,
        """
        def $f(xs):
            decorated = [($key, $ties, x) for x in xs]
            decorated.sort()
            return [x for _, _, x in decorated]
        """,
    ),
)
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

SELECTIONS = (RANKED, REPEATED, FOUND, BEST_SUM, PARTITION, SORT_KEYS, MERGED, ZIPPED)
