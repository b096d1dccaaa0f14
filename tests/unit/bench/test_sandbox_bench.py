"""The sandbox's bench on a handful of programs: what it counts, not how fast."""

import pytest

from assistant.bench.sandbox import measure_sandbox, sandbox_sheet
from assistant.sandbox.tiers import examine


def test_two_passes_over_the_same_programs_are_compared() -> None:
    """Every program has a verdict in both; none of these depends on the machine."""
    if not examine().is_safe:
        pytest.skip(f"no sandbox here: {examine()}")
    seen: list[tuple[str, int, int]] = []

    measured = measure_sandbox(20, 1, None, lambda *what: seen.append(what))

    assert seen == [("pass 1", 20, 20), ("pass 2", 20, 20)]
    assert (measured.num_different, measured.num_timeouts, measured.num_failures) == (0, 0, 0)
    assert len(measured.memory_mb) == 2
    assert measured.ratio > 0
    assert sandbox_sheet(measured).rows[2][0] == "ratio"
