"""What the tests say of a program."""

from collections.abc import Sequence
from enum import IntEnum

from assistant.sandbox.programs import Results


class Outcome(IntEnum):
    """What the tests say of a program, worst first. Source: PanGu-Coder2 (arXiv:2307.14936), step 2."""

    COMPILE_ERROR = 0
    RUNTIME_ERROR = 1
    FAILS_SOME = 2
    PASSES_ALL = 3


def judge(results: Results, expected: Sequence[str]) -> Outcome:
    """Compare results with what was expected, call by call, exactly."""
    if not results.compiled:
        return Outcome.COMPILE_ERROR
    if None in results.values:
        return Outcome.RUNTIME_ERROR
    return Outcome.PASSES_ALL if list(results.values) == list(expected) else Outcome.FAILS_SOME
