"""Families over graphs."""

from training.families.family import Family
from training.families.nested_kinds import GRAPH

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
        "form": {
            "the name": "node",
            "the name and the fewest steps like 'b2'": "node + str(steps[node])",
            "the name and its number of edges like 'b:3'": "f'{node}:{len(graph[node])}'",
        },
        "k": (1, 2, 3),
        "m": (1, 2),
    },
    titles=("reachable", "explore", "spread"),
    asks=(
        "the sorted list that has $form for $keep among those that can be reached from 'a' $limit ('a' itself takes "
        "0 steps)",
    ),
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
        "factor": {
            "": "value",
            " times $k": "value * $k",
            " plus $k": "value + $k",
            " squared": "value * value",
            ", but at most $m": "min(value, $m)",
        },
        "keep": {
            "": "True",
            " with at least one edge away": "len(graph[node]) > 0",
            " other than 'a'": "node != 'a'",
            " without an edge to 'a'": "'a' not in graph[node]",
        },
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

FAMILIES = (
    REACHED,
    DEGREES,
)
