"""What the tests say of a program, however it behaves."""

import pytest

from assistant.sandbox.programs import Job, ProgramRunner
from training.outcome import Outcome, judge

INPUTS = (([1, 2],), ([],))
EXPECTED = ("3", "0")

VERDICTS = {
    "right": ("def solve(xs):\n    return sum(xs)\n", Outcome.PASSES_ALL),
    "wrong on one input": ("def solve(xs):\n    return 3\n", Outcome.FAILS_SOME),
    "true is not one": ("def solve(xs):\n    return bool(xs) + 2 if xs else False\n", Outcome.FAILS_SOME),
    "syntax error": ("def solve(xs)\n    return 1\n", Outcome.COMPILE_ERROR),
    "null byte": ("def solve(xs):\n    return '\0'\n", Outcome.COMPILE_ERROR),
    "exception": ("def solve(xs):\n    return sum(xs) + xs[0]\n", Outcome.RUNTIME_ERROR),
    "no such function": ("def other(xs):\n    return 1\n", Outcome.RUNTIME_ERROR),
    "infinite loop": ("def solve(xs):\n    while True:\n        pass\n", Outcome.RUNTIME_ERROR),
    "sys.exit": ("import sys\nsys.exit(0)\n", Outcome.RUNTIME_ERROR),
    "os._exit": ("import os\nos._exit(0)\n", Outcome.RUNTIME_ERROR),
    "memory bomb": ("def solve(xs):\n    return len([0] * 10**9)\n", Outcome.RUNTIME_ERROR),
    "endless recursion": ("def solve(xs):\n    return solve(xs)\n", Outcome.RUNTIME_ERROR),
    "output bomb": ("def solve(xs):\n    return 'x' * 10**8\n", Outcome.RUNTIME_ERROR),
    "forged output": (
        'print(\'{"value": 3}\\n{"value": 0}\', flush=True)\ndef solve(xs):\n    return None\n',
        Outcome.FAILS_SOME,
    ),
    "equal to everything": (
        "class Any(int):\n    def __eq__(self, other):\n        return True\ndef solve(xs):\n    return Any(7)\n",
        Outcome.FAILS_SOME,
    ),
    "reads a file that is not Python's": (
        "def solve(xs):\n    open('/etc/hostname').read()\n    return sum(xs)\n",
        Outcome.RUNTIME_ERROR,
    ),
    "imports from the library": ("import decimal, hashlib\ndef solve(xs):\n    return sum(xs)\n", Outcome.PASSES_ALL),
    "opens a socket": (
        "import socket\ndef solve(xs):\n    socket.socket()\n    return sum(xs)\n",
        Outcome.RUNTIME_ERROR,
    ),
    "starts a process": (
        "import os\ndef solve(xs):\n    os.fork()\n    return sum(xs)\n",
        Outcome.RUNTIME_ERROR,
    ),
    "writes a file": (
        "def solve(xs):\n    open('x', 'w', buffering=1).write('line\\n')\n    return sum(xs)\n",
        Outcome.RUNTIME_ERROR,
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_every_way_to_behave_has_its_verdict(name: str, runner: ProgramRunner) -> None:
    """Compile error, runtime error, fails some, passes all: by results alone, exact in value and type."""
    program, expected = VERDICTS[name]

    (results,) = runner.run_all([Job(program=program, entry_point="solve", inputs=INPUTS, wall_s=5.0)])

    assert judge(results, EXPECTED) is expected


def test_a_sleeping_program_is_ended_by_the_wall_clock(runner: ProgramRunner) -> None:
    """Sleep costs no processor time, so the clock on the wall has to end it."""
    program = "import time\ndef solve(xs):\n    time.sleep(60)\n"

    (results,) = runner.run_all([Job(program=program, entry_point="solve", inputs=INPUTS, wall_s=0.3)])

    assert judge(results, EXPECTED) is Outcome.RUNTIME_ERROR


def test_one_program_leaves_nothing_behind_for_the_next(runner: ProgramRunner) -> None:
    """Each program runs in a process of its own."""
    spoiler = "import builtins\nbuiltins.sum = None\ndef solve(xs):\n    return 0\n"
    right = VERDICTS["right"][0]

    results = runner.run_all([Job(program=each, entry_point="solve", inputs=INPUTS) for each in (spoiler, right)])

    assert judge(results[1], EXPECTED) is Outcome.PASSES_ALL
