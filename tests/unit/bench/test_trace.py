"""What a typing trace promises: keys that follow each other, over the whole file, in a file that is there."""

import pytest

from assistant.bench.trace import Hole, module_text, typing_runs

LINES = "".join(f"line {number} = {number}\n" for number in range(300))


def test_a_module_is_cut_to_its_first_lines() -> None:
    """300 lines of real code, unless another number is asked for."""
    assert module_text().count("\n") == 300
    assert module_text("ast", num_lines=7) == module_text("ast")[: len(module_text("ast", num_lines=7))]


def test_a_key_adds_one_character_and_leaves_the_rest_alone() -> None:
    """Within a run each prefix is one character longer, and the suffix stays."""
    (run,) = typing_runs(LINES, 5, run_keys=5)

    assert run == [Hole("line 0"[:typed], LINES[LINES.index("\n") :]) for typed in range(1, 6)]


def test_a_run_types_what_the_file_then_has() -> None:
    """Prefix, what is still to be typed up to the end of its line, and suffix are the file."""
    for run in typing_runs(LINES, 400):
        last = run[-1]
        missing = LINES[len(last.prefix) : len(LINES) - len(last.suffix)]
        assert last.prefix + missing + last.suffix == LINES
        assert "\n" not in missing


def test_runs_begin_at_lines_all_over_the_file() -> None:
    """Places are spread evenly from the top on."""
    starts = [len(run[0].prefix) - 1 for run in typing_runs(LINES, 400)]

    assert len(starts) == 10
    assert all(start == 0 or LINES[start - 1] == "\n" for start in starts)
    assert starts == [pytest.approx(number * len(LINES) / 10, abs=20) for number in range(10)]


def test_as_many_keys_as_asked_for() -> None:
    """The last run may be shorter."""
    assert [len(run) for run in typing_runs(LINES, 100)] == [40, 40, 20]
