"""Families that walk over grids."""

from training.families.family import Family
from training.families.nested_kinds import GRID, MAP

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
        "cost": {
            "the numbers": "x",
            "the numbers, each plus $k,": "x + $k",
            "the squares of the numbers": "x * x",
            "the numbers modulo $k": "x % $k",
            "the absolute values of the numbers": "abs(x)",
        },
        "k": (2, 3, 4, 5, 7),
    },
    titles=("best_path", "path_cost", "cross_grid"),
    asks=(
        "the $goal sum of $cost on a path that begins at the first number of the first row, moves only $moves, and "
        "ends "
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
    asks=(
        "the $order list of the $what of all regions of $value in grid, where cells belong together if they touch "
        "at their $around",
    ),
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

FAMILIES = (
    PATHS,
    REGIONS,
)
