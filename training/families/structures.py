"""Families over nested lists, intervals and graphs."""

from training.families.family import Family
from training.families.kinds import GRAPH, INTERVALS, NESTED, SMALL

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
    asks=("the list of all integers in xs$keep, from left to right through all inner lists$change (depth is 1 in xs itself)",),
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
        "leaf": {"itself": "x", "its square": "x * x", "1": "1", "itself plus $k": "x + $k", "its absolute value": "abs(x)", "itself modulo $k": "x % $k"},
        "whole": {
            "the sum of the values of its elements": "sum(values)",
            "the largest of 0 and the values of its elements": "max([0] + values)",
            "1 plus the largest of 0 and the values of its elements": "1 + max([0] + values)",
            "$m times the sum of the values of its elements": "$m * sum(values)",
            "the value of its first element minus those of all others (0 if it is empty)": "2 * sum(values[:1]) - sum(values)",
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
        "keep": {"": "True", " that are longer than $k": "end - start > $k", " that start at an even number": "start % 2 == 0", " that end after 1$k": "end > 1$k"},
        "k": (1, 2, 3, 4, 5),
    },
    titles=("merge_intervals", "union", "join_spans"),
    asks=("the list of the $what of the intervals$keep that remain when the intervals of spans are put in order and those that $touch are merged",),
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
        "inside": {"start <= x < end": "start <= x < end", "start < x < end": "start < x < end", "start <= x <= end": "start <= x <= end", "x within $k of their middle": "abs(2 * x - start - end) <= 2 * $k"},
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
REACHED = Family(
    name="reached",
    subject="graphs",
    level=3,
    takes={"graph": GRAPH},
    prepare="graph",
    finish="words",
    slots={
        "limit": {"with at most $k steps": "$k", "with any number of steps": "len(graph)"},
        "keep": {
            "all nodes": "True",
            "the nodes other than 'a'": "node != 'a'",
            "the nodes with at least $m edges leading away": "len(graph[node]) >= $m",
            "the nodes with no edge back to 'a'": "'a' not in graph[node]",
            "the nodes at an even distance (fewest steps)": "steps[node] % 2 == 0",
        },
        "form": {"the name": "node", "the name and the fewest steps like 'b2'": "node + str(steps[node])", "the name and its number of edges like 'b:3'": "f'{node}:{len(graph[node])}'"},
        "k": (1, 2, 3),
        "m": (1, 2),
    },
    titles=("reachable", "explore", "spread"),
    asks=("the sorted list that has $form for $keep among those that can be reached from 'a' $limit ('a' itself takes 0 steps)",),
    styles=(
        """
        def $f(graph):
            steps = {"a": 0}
            queue = ["a"]
            for node in queue:
                for after in graph[node]:
                    if after not in steps:
                        steps[after] = steps[node] + 1
                        queue.append(after)
            return sorted($form for node in steps if steps[node] <= $limit and $keep)
        """,
        """
        def $f(graph):
            steps = {}
            frontier = {"a"}
            for distance in range($limit + 1):
                for node in frontier:
                    steps[node] = distance
                frontier = {after for node in frontier for after in graph[node]} - set(steps)
            result = []
            for node in steps:
                if $keep:
                    result.append($form)
            return sorted(result)
        """,
    ),
)
DEGREES = Family(
    name="degrees",
    subject="graphs",
    level=2,
    takes={"graph": GRAPH},
    prepare="graph",
    finish="counts",
    slots={
        "what": {
            "the number of edges leading to it": "sum(node in graph[other] for other in graph)",
            "the number of edges leading away from it": "len(graph[node])",
            "the number of edges away from it minus the number of edges to it": (
                "len(graph[node]) - sum(node in graph[other] for other in graph)"
            ),
            "the number of nodes two steps away from it (along edges)": (
                "len({last for middle in graph[node] for last in graph[middle]})"
            ),
            "the number of its edges that also lead back": "sum(node in graph[other] for other in graph[node])",
            "the number of its edges to nodes earlier in the alphabet": "sum(other < node for other in graph[node])",
        },
        "factor": {"": "value", " times $k": "value * $k", " plus $k": "value + $k", " squared": "value * value", ", but at most $m": "min(value, $m)"},
        "keep": {"": "True", " with at least one edge away": "len(graph[node]) > 0", " other than 'a'": "node != 'a'", " without an edge to 'a'": "'a' not in graph[node]"},
        "k": (2, 3, 4, 5),
        "m": (1, 2),
    },
    titles=("degrees", "count_edges", "node_table"),
    asks=("a dict from every node of graph$keep to $what$factor",),
    styles=(
        """
        def $f(graph):
            result = {}
            for node in graph:
                if $keep:
                    value = $what
                    result[node] = $factor
            return result
        """,
        """
        def $f(graph):
            values = {node: $what for node in graph if $keep}
            return {node: $factor for node, value in values.items()}
        """,
    ),
)

STRUCTURES = (FLATTEN, NESTED_VALUE, MERGED_INTERVALS, COVERAGE, REACHED, DEGREES)
