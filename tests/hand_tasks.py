"""Twenty small tasks by hand, with answers whose class is known: what a checking and ranking run must find."""

from tests.rank_rows import HAND, answer
from training.rows import Sampled, Task

ASKS = (
    # in words, an example, right, right too, wrong
    ("double x", "solve(3)\n6", "x * 2", "x + x", "x * 3"),
    ("square x", "solve(-3)\n9", "x * x", "x ** 2", "abs(x) * 2"),
    ("the parity of x", "solve(7)\n1", "x % 2", "x & 1", "x % 3"),
    ("half of x, rounded down", "solve(7)\n3", "x // 2", "x >> 1", "x // 3"),
    ("whether x is even", "solve(4)\nTrue", "x % 2 == 0", "not x % 2", "x % 4 == 0"),
    ("x without its sign", "solve(-4)\n4", "abs(x)", "max(x, -x)", "x"),
    ("x as text", "solve(12)\n'12'", "str(x)", "f'{x}'", "x"),
    ("the digits of x", "solve(-12)\n[1, 2]", "[int(c) for c in str(abs(x))]", "list(map(int, str(abs(x))))", "[x]"),
    ("x in binary", "solve(5)\n'101'", "format(x, 'b')", "f'{x:b}'", "hex(x)"),
    ("x and its double", "solve(2)\n(2, 4)", "(x, 2 * x)", "(x, x + x)", "[x, 2 * x]"),
    ("the length of s", "solve('abc')\n3", "len(x)", "sum(1 for _ in x)", "len(x) + 1"),
    ("s in capitals", "solve('abC')\n'ABC'", "x.upper()", "''.join(c.upper() for c in x)", "x.title()"),
    ("s backwards", "solve('abc')\n'cba'", "x[::-1]", "''.join(reversed(x))", "x[1:]"),
    ("s twice", "solve('ab')\n'abab'", "x * 2", "x + x", "x"),
    ("the letters of s", "solve('aba')\n{'a', 'b'}", "set(x)", "{c for c in x}", "list(x)"),
    ("the sum", "solve([1, 2])\n3", "sum(x)", "sum(each for each in x)", "len(x)"),
    ("sorted", "solve([3, 1])\n[1, 3]", "sorted(x)", "sorted(list(x))", "x[::-1] + [0]"),
    ("how many", "solve([5, 5])\n2", "len(x)", "sum(1 for _ in x)", "sum(x)"),
    ("each doubled", "solve([1, 2])\n[2, 4]", "[2 * y for y in x]", "[y + y for y in x]", "x * 2"),
    (
        "the mean, or 0.0",
        "solve([1, 2])\n1.5",
        "sum(x) / len(x) if x else 0.0",
        "sum(x) / max(len(x), 1)",
        "sum(x) // 2",
    ),
)


def _program(expression: str) -> str:
    return f"def solve(x):\n    return {expression}\n"


def hand_tasks() -> list[Task]:
    """Every second one has a reference; none has checks but the example in its prompt."""
    return [
        Task(
            id=f"hand/{number:02}",
            prompt=f"Return {words}.\n\n>>> {example}\n",
            entry_point="solve",
            reference=_program(right) if number % 2 else "",
            provenance=HAND,
        )
        for number, (words, example, right, _, _) in enumerate(ASKS)
    ]


def hand_answers() -> list[Sampled]:
    """Five of each task: a teacher that is right, and students that are right, wrong, crash and do not compile."""
    return [
        answer(
            f"hand/{number:02}/{kind}", code, "teacher" if kind == "teacher" else "student", task_id=f"hand/{number:02}"
        )
        for number, (_, example, right, other, wrong) in enumerate(ASKS)
        for kind, code in {
            "teacher": f"{_program(right)}assert {example.replace(chr(10), ' == ')}\n",
            "right": _program(other),
            "wrong": _program(wrong),
            "crash": _program(f"y or {right}"),
            "broken": _program(right).replace(":", "", 1),
        }.items()
    ]
