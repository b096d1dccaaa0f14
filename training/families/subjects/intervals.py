"""Families over intervals."""

from training.families.family import Family
from training.families.kinds import SMALL
from training.families.nested_kinds import INTERVALS

MERGED_INTERVALS = Family(
    name="merged_intervals",
    subject="intervals",
    level=2,
    takes={"spans": INTERVALS},
    prepare="intervals",
    finish="ints",
    slots={
        "touch": {
            "overlap or touch": "start <= merged[-1][1]",
            "overlap (touching is not enough)": "start < merged[-1][1]",
            "are at most $k apart": "start - merged[-1][1] <= $k",
        },
        "what": {
            "lengths": "end - start",
            "starts": "start",
            "ends": "end",
            "middles (rounded down)": "(start + end) // 2",
            "sums of start and end": "start + end",
            "products of start and end, modulo 1$k": "start * end % 1$k",
        },
        "keep": {
            "": "True",
            " that are longer than $k": "end - start > $k",
            " that start at an even number": "start % 2 == 0",
            " that end after 1$k": "end > 1$k",
        },
        "k": (1, 2, 3, 4, 5),
    },
    titles=("merge_intervals", "union", "join_spans"),
    asks=(
        "the list of the $what of the intervals$keep that remain when the intervals of spans are put in order and "
        "those that $touch are merged",
    ),
    styles=(
        """
        def $f(spans):
            merged = []
            for start, end in sorted(spans):
                if merged and $touch:
                    merged[-1][1] = max(merged[-1][1], end)
                else:
                    merged.append([start, end])
            return [$what for start, end in merged if $keep]
        """,
        """
        def $f(spans):
            waiting = sorted(spans)
            merged = []
            while waiting:
                start, end = waiting[0]
                waiting = waiting[1:]
                if merged and $touch:
                    last = merged.pop()
                    merged.append([last[0], max(last[1], end)])
                else:
                    merged.append([start, end])
            result = []
            for start, end in merged:
                if $keep:
                    result.append($what)
            return result
        """,
    ),
)
COVERAGE = Family(
    name="coverage",
    subject="intervals",
    level=2,
    takes={"spans": INTERVALS, "n": SMALL},
    prepare="intervals",
    finish="int",
    slots={
        "inside": {
            "start <= x < end": "start <= x < end",
            "start < x < end": "start < x < end",
            "start <= x <= end": "start <= x <= end",
            "x is within $k of its middle": "abs(2 * x - start - end) <= 2 * $k",
        },
        "what": {
            "number of integers x from 0 to n that lie in at least $m of the intervals": "sum(c >= $m for c in covers)",
            "number of integers x from 0 to n that lie in none of the intervals": "covers.count(0)",
            "greatest number of intervals that one integer x from 0 to n lies in": "max(covers)",
            "first integer x from 0 to n that lies in the most intervals": "covers.index(max(covers))",
            "sum, over the integers x from 0 to n, of the number of intervals x lies in": "sum(covers)",
            "number of integers x from 0 to n that lie in exactly $m of the intervals": "covers.count($m)",
        },
        "k": (1, 2, 3),
        "m": (1, 2),
    },
    titles=("coverage", "covered", "occupancy"),
    asks=("the $what, where x lies in an interval if $inside",),
    styles=(
        """
        def $f(spans, n):
            covers = [sum(1 for start, end in spans if $inside) for x in range(n + 1)]
            return $what
        """,
        """
        def $f(spans, n):
            covers = [0] * (n + 1)
            for start, end in spans:
                for x in range(n + 1):
                    if $inside:
                        covers[x] += 1
            return $what
        """,
    ),
)

FAMILIES = (
    MERGED_INTERVALS,
    COVERAGE,
)
