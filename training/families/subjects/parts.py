"""Families over parts of a list of integers."""

from training.families.family import Family
from training.families.kinds import INTS, SMALL

CHUNKS = Family(
    name="chunks",
    subject="lists",
    level=2,
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "reduce": {
            "sum": "sum(part)",
            "largest number": "max(part)",
            "smallest number": "min(part)",
            "first number": "part[0]",
            "last number": "part[-1]",
            "length": "len(part)",
            "difference between the largest and the smallest number": "max(part) - min(part)",
        },
        "k": (2, 3, 4, 5),
    },
    titles=("by_chunks", "blocks", "reduce_parts"),
    asks=(
        "the list of the $reduce of each part when xs is cut into parts of $k numbers (the last may be shorter)",
        "a list with the $reduce of every block of $k numbers of xs; the last block has what is left",
    ),
    styles=(
        """
        def $f(xs):
            parts = [xs[i : i + $k] for i in range(0, len(xs), $k)]
            return [$reduce for part in parts]
        """,
        """
        def $f(xs):
            parts = []
            for i, x in enumerate(xs):
                if i % $k == 0:
                    parts.append([])
                parts[-1].append(x)
            result = []
            for part in parts:
                result.append($reduce)
            return result
        """,
    ),
)
ROTATE = Family(
    name="rotate",
    subject="lists",
    takes={"xs": INTS, "n": SMALL},
    prepare="ints",
    finish="ints",
    slots={
        "way": {"left by": "n % len(xs)", "right by": "-n % len(xs)", "left by two more than": "(n + 2) % len(xs)"},
        "times": {"n": "", "n, and then with its first element removed": "[1:]", "n, and then reversed": "[::-1]"},
    },
    titles=("rotate", "turn", "shift_around"),
    asks=("the list xs rotated to the $way $times (empty if xs is empty)",),
    styles=(
        """
        def $f(xs, n):
            k = $way if xs else 0
            return (xs[k:] + xs[:k])$times
        """,
        """
        def $f(xs, n):
            if not xs:
                return []
            result = list(xs)
            for _ in range($way):
                result.append(result.pop(0))
            return result$times
        """,
    ),
)
PAIRS = Family(
    name="pairs",
    subject="lists",
    level=2,
    takes={"xs": INTS},
    prepare="ints",
    finish="int",
    slots={
        "test": {
            "whose sum is $k": "xs[i] + xs[j] == $k",
            "whose sum is greater than $k": "xs[i] + xs[j] > $k",
            "whose sum is divisible by $k": "(xs[i] + xs[j]) % $k == 0",
            "whose difference xs[j] - xs[i] is $k": "xs[j] - xs[i] == $k",
            "whose product is less than $k": "xs[i] * xs[j] < $k",
            "with xs[i] > xs[j]": "xs[i] > xs[j]",
            "with xs[i] equal to xs[j]": "xs[i] == xs[j]",
            "that lie at most $k apart in value": "abs(xs[i] - xs[j]) <= $k",
        },
        "k": (1, 2, 3, 4, 5, 6, 7, 8),
    },
    titles=("count_pairs", "num_pairs", "pairs"),
    asks=("the number of pairs of indices i < j of xs $test", "how many pairs xs[i], xs[j] with i < j there are $test"),
    styles=(
        """
        def $f(xs):
            count = 0
            for i in range(len(xs)):
                for j in range(i + 1, len(xs)):
                    if $test:
                        count += 1
            return count
        """,
        """
        def $f(xs):
            return sum(1 for j in range(len(xs)) for i in range(j) if $test)
        """,
    ),
)
STRETCH = Family(
    name="longest_stretch",
    subject="lists",
    level=2,
    takes={"xs": INTS},
    prepare="ints",
    finish="int",
    slots={
        "test": {
            "each number is greater than the one before": "x > before",
            "no number is smaller than the one before": "x >= before",
            "each number is smaller than the one before": "x < before",
            "all numbers are equal": "x == before",
            "neighbours differ by at most $k": "abs(x - before) <= $k",
            "neighbours differ by more than $k": "abs(x - before) > $k",
            "even and odd numbers alternate": "(x + before) % 2 == 1",
            "the sum of neighbours is less than $k": "x + before < $k",
        },
        "k": (1, 2, 3, 4, 5, 6, 8),
    },
    titles=("longest_stretch", "longest_run", "best_streak"),
    asks=("the length of the longest stretch of consecutive elements of xs in which $test (0 if xs is empty)",),
    styles=(
        """
        def $f(xs):
            best = 0
            length = 0
            before = None
            for x in xs:
                length = length + 1 if before is not None and $test else 1
                best = max(best, length)
                before = x
            return best
        """,
        """
        def $f(xs):
            if not xs:
                return 0
            lengths = [1]
            for before, x in zip(xs, xs[1:]):
                if $test:
                    lengths[-1] += 1
                else:
                    lengths.append(1)
            return max(lengths)
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
            "consecutive elements of xs": "here + x",
            "consecutive elements of xs, each multiplied by $k": "here + $k * x",
            "consecutive elements of xs, each lowered by $k": "here + x - $k",
            "the squares of consecutive elements of xs, each lowered by 1$k": "here + x * x - 1$k",
        },
        "k": (1, 2, 3, 4, 5),
    },
    titles=("best_sum", "extreme_total", "optimal_stretch"),
    asks=("the $goal sum of $part (no elements, with sum 0, are allowed)",),
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

FAMILIES = (
    CHUNKS,
    ROTATE,
    PAIRS,
    STRETCH,
    BEST_SUM,
)
