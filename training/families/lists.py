"""Families over lists of integers."""

from training.families.family import Family
from training.families.kinds import INTS, SMALL

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
    asks=("the list with, for every element of xs, the $step (that element included)", "the list that holds, after each number of xs, the $step"),
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
        "way": {"left": "n % len(xs)", "right": "-n % len(xs)", "left by two more than": "(n + 2) % len(xs)"},
        "times": {"n": "", "n, and then with its first element removed": "[1:]", "n, and then reversed": "[::-1]"},
    },
    titles=("rotate", "turn", "shift_around"),
    asks=("the list xs rotated to the $way by $times (empty if xs is empty)",),
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

LISTS = (PIPELINE, QUANTIFIED, WINDOWS, RUNNING, CHUNKS, ROTATE, PAIRS, STRETCH)
