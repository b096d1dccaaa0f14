"""Families over grids."""

from training.families.family import Family
from training.families.nested_kinds import GRID

CELL = {
    "even": "x % 2 == 0",
    "odd": "x % 2 == 1",
    "negative": "x < 0",
    "greater than $k": "x > $k",
    "less than $k": "x < $k",
    "divisible by $k": "x % $k == 0",
}
"""Of a number x."""
LINES = Family(
    name="grid_lines",
    subject="grids",
    takes={"grid": GRID},
    prepare="grid",
    finish="ints",
    slots={
        "lines": {
            "row": "grid",
            "column": "[list(column) for column in zip(*grid)]",
            "row, from the last to the first,": "grid[::-1]",
        },
        "what": {
            "sum": "sum(line)",
            "largest number": "max(line)",
            "smallest number": "min(line)",
            "difference of the largest and the smallest number": "max(line) - min(line)",
            "first number plus $k times the last": "line[0] + $k * line[-1]",
            "number of numbers that are $keep": "len([x for x in line if $keep])",
            "sum of the numbers that are $keep": "sum([x for x in line if $keep])",
            "index of the largest number (the first of equals)": "line.index(max(line))",
        },
        "keep": CELL,
        "k": (2, 3, 4, 5),
    },
    titles=("line_totals", "reduce_lines", "margins"),
    asks=("the list of the $what of each $lines of grid",),
    styles=(
        """
        def $f(grid):
            return [$what for line in $lines]
        """,
        """
        def $f(grid):
            result = []
            for line in $lines:
                result.append($what)
            return result
        """,
    ),
)
TURNED = Family(
    name="turned",
    subject="grids",
    level=2,
    takes={"grid": GRID},
    prepare="grid",
    finish="grid",
    slots={
        "turn": {
            "turned by a quarter clockwise": ("len(grid[0])", "len(grid)", "grid[len(grid) - 1 - j][i]"),
            "turned by a quarter anticlockwise": ("len(grid[0])", "len(grid)", "grid[j][len(grid[0]) - 1 - i]"),
            "turned by a half": ("len(grid)", "len(grid[0])", "grid[len(grid) - 1 - i][len(grid[0]) - 1 - j]"),
            "transposed": ("len(grid[0])", "len(grid)", "grid[j][i]"),
            "mirrored left to right": ("len(grid)", "len(grid[0])", "grid[i][len(grid[0]) - 1 - j]"),
            "with every row rotated left by $k": ("len(grid)", "len(grid[0])", "grid[i][(j + $k) % len(grid[0])]"),
            "with row i rotated left by i": ("len(grid)", "len(grid[0])", "grid[i][(j + i) % len(grid[0])]"),
        },
        "change": {
            "": "x",
            " and every number negated": "-x",
            " and every number plus its row index": "x + i",
            " and every number times its column index": "x * j",
            " and every number squared": "x * x",
            " and $k subtracted from every number": "x - $k",
        },
        "k": (1, 2, 3, 4),
    },
    titles=("turn_grid", "rearrange", "mirror_grid"),
    asks=("the grid $turn$change (indices are those of the result, from 0)",),
    styles=(
        """
        def $f(grid):
            result = []
            for i in range($turn_0):
                row = []
                for j in range($turn_1):
                    x = $turn_2
                    row.append($change)
                result.append(row)
            return result
        """,
        """
        def $f(grid):
            turned = [[$turn_2 for j in range($turn_1)] for i in range($turn_0)]
            return [[$change for j, x in enumerate(row)] for i, row in enumerate(turned)]
        """,
    ),
)
NEIGHBOURS = Family(
    name="grid_neighbours",
    subject="grids",
    level=3,
    takes={"grid": GRID},
    prepare="grid",
    finish="int",
    slots={
        "around": {
            "four neighbours (up, down, left, right)": "((-1, 0), (1, 0), (0, -1), (0, 1))",
            "diagonal neighbours": "((-1, -1), (-1, 1), (1, -1), (1, 1))",
            "neighbours to the left and right": "((0, -1), (0, 1))",
            "neighbours above and below": "((-1, 0), (1, 0))",
        },
        "test": {
            "greater than all of their": "all(x > y for y in near)",
            "at most as large as some of their": "any(x <= y for y in near)",
            "equal to none of their": "x not in near",
            "greater than the sum of their": "x > sum(near)",
            "less than the number of their existing": "x < len(near)",
            "less than $k plus the sum of their": "x < $k + sum(near)",
        },
        "value": {"number": "1", "sum": "x", "sum of the squares": "x * x", "sum of the row indices (from 0)": "i"},
        "k": (1, 2, 3, 4),
    },
    titles=("peaks", "compare_neighbours", "cells"),
    asks=("the $value of the numbers in grid that are $test $around; beyond the edge there are none",),
    styles=(
        """
        def $f(grid):
            total = 0
            for i, row in enumerate(grid):
                for j, x in enumerate(row):
                    near = []
                    for di, dj in $around:
                        if 0 <= i + di < len(grid) and 0 <= j + dj < len(row):
                            near.append(grid[i + di][j + dj])
                    if $test:
                        total += $value
            return total
        """,
        """
        def $f(grid):
            cells = {(i, j): x for i, row in enumerate(grid) for j, x in enumerate(row)}
            total = 0
            for (i, j), x in cells.items():
                near = [cells[i + a, j + b] for a, b in $around if (i + a, j + b) in cells]
                if $test:
                    total += $value
            return total
        """,
    ),
)

FAMILIES = (
    LINES,
    TURNED,
    NEIGHBOURS,
)
