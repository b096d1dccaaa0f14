"""Families over grids and matrices."""

from training.families.family import Family
from training.families.kinds import GRID, MAP, SQUARE

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
        "lines": {"row": "grid", "column": "[list(column) for column in zip(*grid)]", "row, from the last to the first,": "grid[::-1]"},
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
        "change": {"": "x", " and every number negated": "-x", " and every number plus its row index": "x + i", " and every number times its column index": "x * j", " and every number squared": "x * x", " and $k subtracted from every number": "x - $k"},
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
DIAGONALS = Family(
    name="diagonals",
    subject="matrices",
    takes={"grid": SQUARE},
    prepare="grid",
    finish="int",
    slots={
        "where": {
            "on the main diagonal": "i == j",
            "on the other diagonal": "i + j == n - 1",
            "above the main diagonal": "i < j",
            "on or below the main diagonal": "i >= j",
            "on the border": "i in (0, n - 1) or j in (0, n - 1)",
            "where row index plus column index is divisible by $k": "(i + j) % $k == 0",
            "at most $m steps from the main diagonal": "abs(i - j) <= $m",
        },
        "value": {
            "sum": "x",
            "sum of the squares": "x * x",
            "number of positive ones": "(1 if x > 0 else 0)",
            "sum of the products with their row index (from 0)": "x * i",
            "sum of the remainders modulo $k": "x % $k",
        },
        "k": (2, 3, 4, 5),
        "m": (1, 2),
    },
    titles=("diagonal_sum", "matrix_part", "trace"),
    asks=("the $value of the numbers of grid $where", "the $value, taken over the numbers in grid that lie $where"),
    styles=(
        """
        def $f(grid):
            n = len(grid)
            return sum($value for i, row in enumerate(grid) for j, x in enumerate(row) if $where)
        """,
        """
        def $f(grid):
            n = len(grid)
            total = 0
            for i in range(n):
                for j in range(n):
                    x = grid[i][j]
                    if $where:
                        total += $value
            return total
        """,
    ),
)
MATRIX = Family(
    name="matrix_arithmetic",
    subject="matrices",
    level=2,
    takes={"a": SQUARE, "b": SQUARE},
    prepare="grid",
    finish="grid",
    slots={
        "cell": {
            "the product of row i of a with column j of b": "sum(a[i][t] * b[t][j] for t in range(n))",
            "the sum of the numbers of a and b at (i, j)": "a[i][j] + b[i][j]",
            "the difference of the numbers of a at (i, j) and of b at (j, i)": "a[i][j] - b[j][i]",
            "the larger of the numbers of a and b at (i, j)": "max(a[i][j], b[i][j])",
            "the product of the numbers of a and b at (i, j)": "a[i][j] * b[i][j]",
            "$k times the number of a at (i, j) plus that of b": "$k * a[i][j] + b[i][j]",
            "the number of a at (i, j) times that of b at (i, 0)": "a[i][j] * b[i][0]",
        },
        "change": {"": "x", ", modulo $m": "x % $m", ", but at least $k": "max(x, $k)", ", plus i": "x + i", ", minus j": "x - j"},
        "k": (2, 3, 4, 5),
        "m": (5, 7, 10, 11),
    },
    titles=("matrix_op", "combine_grids", "two_matrices"),
    asks=(
        "the grid of n rows with n numbers, n being the smaller of the sides of a and b, whose number at row i and "
        "column j is $cell$change (only the first n rows and columns of both count)",
    ),
    styles=(
        """
        def $f(a, b):
            n = min(len(a), len(b))
            result = []
            for i in range(n):
                row = []
                for j in range(n):
                    x = $cell
                    row.append($change)
                result.append(row)
            return result
        """,
        """
        def $f(a, b):
            n = min(len(a), len(b))
            cells = [[$cell for j in range(n)] for i in range(n)]
            return [[$change for j, x in enumerate(row)] for i, row in enumerate(cells)]
        """,
    ),
)
PATHS = Family(
    name="paths",
    subject="grids",
    level=3,
    takes={"grid": GRID},
    prepare="grid",
    finish="int",
    slots={
        "goal": {"largest": "max", "smallest": "min"},
        "moves": {
            "right or down": "((-1, 0), (0, -1))",
            "right, down or diagonally down to the right": "((-1, 0), (0, -1), (-1, -1))",
            "right, or two cells down": "((0, -1), (-2, 0))",
            "down, or two cells to the right": "((-1, 0), (0, -2))",
        },
        "cost": {"the numbers": "x", "the numbers, each plus $k,": "x + $k", "the squares of the numbers": "x * x", "the numbers modulo $k": "x % $k", "the absolute values of the numbers": "abs(x)"},
        "k": (2, 3, 4, 5, 7),
    },
    titles=("best_path", "path_cost", "cross_grid"),
    asks=(
        "the $goal sum of $cost on a path that begins at the first number of the first row, moves only $moves, and ends "
        "in the lowest row it can get to, at the cell furthest to the right that it can get to there",
    ),
    styles=(
        """
        def $f(grid):
            best = {}
            for i, row in enumerate(grid):
                for j, x in enumerate(row):
                    before = [best[i + a, j + b] for a, b in $moves if (i + a, j + b) in best]
                    if before:
                        best[i, j] = $goal(before) + $cost
                    elif i == 0 and j == 0:
                        best[i, j] = $cost
            return best[max(best)]
        """,
        """
        def $f(grid):
            width = len(grid[0])
            best = [[None] * width for _ in grid]
            last = None
            for i in range(len(grid)):
                for j in range(width):
                    x = grid[i][j]
                    before = []
                    for a, b in $moves:
                        if i + a >= 0 and j + b >= 0 and best[i + a][j + b] is not None:
                            before.append(best[i + a][j + b])
                    if before or i + j == 0:
                        best[i][j] = ($goal(before) if before else 0) + $cost
                        last = best[i][j]
            return last
        """,
    ),
)
REGIONS = Family(
    name="regions",
    subject="grids",
    level=3,
    takes={"grid": MAP},
    prepare="map",
    finish="ints",
    slots={
        "value": {"ones": "1", "zeros": "0"},
        "around": {
            "sides": "((-1, 0), (1, 0), (0, -1), (0, 1))",
            "sides or corners": "((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))",
            "corners": "((-1, -1), (-1, 1), (1, -1), (1, 1))",
            "left and right sides": "((0, -1), (0, 1))",
        },
        "what": {
            "sizes": "len(region)",
            "heights (in rows)": "max(i for i, j in region) - min(i for i, j in region) + 1",
            "numbers of different columns": "len({j for i, j in region})",
            "numbers of cells in the first row of the grid": "sum(i == 0 for i, j in region)",
        },
        "order": {"ascending": "", "descending": ", reverse=True"},
    },
    titles=("regions", "islands", "patches"),
    asks=("the $order list of the $what of all regions of $value in grid, where cells belong together if they touch at their $around",),
    styles=(
        """
        def $f(grid):
            left = {(i, j) for i, row in enumerate(grid) for j, x in enumerate(row) if x == $value}
            found = []
            while left:
                region = []
                stack = [left.pop()]
                while stack:
                    i, j = stack.pop()
                    region.append((i, j))
                    for a, b in $around:
                        if (i + a, j + b) in left:
                            left.remove((i + a, j + b))
                            stack.append((i + a, j + b))
                found.append($what)
            return sorted(found$order)
        """,
        """
        def _spread(grid, i, j, region):
            if (i, j) in region or not (0 <= i < len(grid) and 0 <= j < len(grid[0])):
                return
            if grid[i][j] != $value:
                return
            region.add((i, j))
            for a, b in $around:
                _spread(grid, i + a, j + b, region)


        def $f(grid):
            done = set()
            found = []
            for i in range(len(grid)):
                for j in range(len(grid[0])):
                    if grid[i][j] == $value and (i, j) not in done:
                        region = set()
                        _spread(grid, i, j, region)
                        done |= region
                        found.append($what)
            return sorted(found$order)
        """,
    ),
)

GRIDS = (LINES, TURNED, NEIGHBOURS, DIAGONALS, MATRIX, PATHS, REGIONS)
