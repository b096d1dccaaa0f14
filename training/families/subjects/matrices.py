"""Families over square grids."""

from training.families.family import Family
from training.families.nested_kinds import SQUARE

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
        "change": {
            "": "x",
            ", modulo $m": "x % $m",
            ", but at least $k": "max(x, $k)",
            ", plus i": "x + i",
            ", minus j": "x - j",
        },
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

FAMILIES = (
    DIAGONALS,
    MATRIX,
)
