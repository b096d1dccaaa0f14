"""What a program's process has written is not believed further than it can be."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.process import Ended, WorkerError
from assistant.sandbox.replies import read_results
from assistant.sandbox.watch import Stop

READY = {"ready": ["limits"], "missing": []}
DEFINED, END = {"defined": 1}, {"end": 1}
FIRST, SECOND = {"i": 0, "value": 2}, {"i": 1, "error": "KeyError"}


def written(*lines: Any) -> bytes:
    """Lines of JSON."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def ended(lines: bytes, *, stop: Stop = "exit", exit_code: int = 0, cpu_ms: float = 1.0) -> Ended:
    """A process that ended."""
    return Ended(stop=stop, exit_code=exit_code, lines=lines, cpu_ms=cpu_ms, memory_bytes=1)


def test_whole_results_are_read() -> None:
    """In order, each once, and an end."""
    results = read_results(ended(written(READY, DEFINED, FIRST, SECOND, END)), 2, None, cpu_s=1)

    assert (results.ended, results.values, results.errors) == ("whole", ("2", None), ("", "KeyError"))


@pytest.mark.parametrize(
    "lines",
    [
        (FIRST, DEFINED, SECOND, END), (DEFINED, SECOND, FIRST, END), (DEFINED, FIRST, FIRST, SECOND, END),
        (DEFINED, FIRST, SECOND, END, END), (DEFINED, FIRST, SECOND, END, FIRST), (DEFINED, DEFINED),
        (DEFINED, {"i": False, "value": 2}), (DEFINED, FIRST, {"i": True, "value": 2}, END), (DEFINED, {"i": "0"}),
        (DEFINED, FIRST, SECOND, {"i": 2, "value": 3}, END), (READY, DEFINED), (DEFINED, [1]), (DEFINED, None), (7,),
        ({"error": "x"}, DEFINED), ({"compile_error": "x"}, {"error": "y"}), (DEFINED, {"compile_error": "x"}),
    ],
)  # fmt: skip
def test_lines_that_cannot_be_ours_make_all_of_them_worthless(lines: Any) -> None:
    """A program that meddles has no results."""
    results = read_results(ended(written(READY, *lines)), 2, None, cpu_s=1)

    assert (results.ended, results.values, results.errors) == ("protocol", (None, None), ("protocol",) * 2)


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b"\xff", b"{", b"1" * 10_000, b'{"i": 0, "value": ' + b"9" * 9999 + b"}"]
)
def test_lines_that_are_no_json_are_no_results(line: bytes) -> None:
    """Whatever they do to a parser."""
    assert read_results(ended(written(READY, DEFINED) + line + b"\n"), 1, None, cpu_s=1).ended == "protocol"


@pytest.mark.parametrize(
    ("how", "end"),
    [
        ({"stop": "timeout", "exit_code": -9}, "timeout"),
        ({"stop": "output_limit", "exit_code": -9}, "output_limit"),
        ({"exit_code": -24}, "cpu_limit"),
        ({"exit_code": -9, "cpu_ms": 1999.0}, "cpu_limit"),
        ({"exit_code": -11}, "signal:11"),
        ({"exit_code": 3}, "exit:3"),
    ],
)
def test_a_bad_end_spoils_what_came_last(how: Any, end: str) -> None:
    """What was returned before it counts, unless that was everything: then somebody wanted it to look so."""
    some = read_results(ended(written(READY, DEFINED, FIRST), **how), 2, None, cpu_s=1)
    everything = read_results(ended(written(READY, DEFINED, FIRST, SECOND, END), **how), 2, None, cpu_s=1)

    assert (some.ended, some.values, some.errors) == (end, ("2", None), ("", end))
    assert (everything.ended, everything.values) == (end, (None, None))


@pytest.mark.parametrize(
    ("line", "compiled"), [({"compile_error": "SyntaxError"}, False), ({"error": "SyntaxError"}, True)]
)
def test_a_program_that_cannot_be_compiled_is_told_from_one_that_fails(line: Any, *, compiled: bool) -> None:
    """They are different classes."""
    results = read_results(ended(written(READY, line)), 2, None, cpu_s=1)

    assert (results.compiled, results.ended, results.values) == (compiled, "error:SyntaxError", (None, None))


def test_a_statement_passes_by_its_token_alone() -> None:
    """Which the program has not been given."""
    lines = written(READY, DEFINED, {"i": 0, "passed": "token"}, {"i": 1, "passed": True}, {"i": 2, "value": 1}, END)

    assert read_results(ended(lines), 3, "token", cpu_s=1).passed == (True, False, False)


@pytest.mark.parametrize("lines", [b"", b"\n", written({"fence": "no Landlock"}), written(DEFINED), b'{"ready": 1}\n'])
def test_without_the_fence_s_word_there_is_no_verdict(lines: bytes) -> None:
    """Whatever else is wrong."""
    with pytest.raises(WorkerError, match="fence"):
        read_results(ended(lines, stop="timeout", exit_code=-9), 1, None, cpu_s=1)


def test_a_program_that_somebody_else_killed_has_no_verdict() -> None:
    """A machine that is short of memory says nothing about it."""
    with pytest.raises(WorkerError, match="short of memory"):
        read_results(ended(written(READY, DEFINED), exit_code=-9, cpu_ms=10.0), 1, None, cpu_s=1)


PIECES = st.sampled_from([DEFINED, FIRST, SECOND, END, {"i": 1, "value": 3}, {"error": "x"}, [], 0, {"i": 0}])


@given(st.lists(PIECES, max_size=8), st.sampled_from(["exit", "timeout"]), st.sampled_from([0, 1, -11]))
def test_success_is_never_the_default(lines: list[Any], stop: Stop, exit_code: int) -> None:
    """Only the one right sequence, a clean end and exit code 0 make a whole of it."""
    results = read_results(ended(written(READY, *lines), stop=stop, exit_code=exit_code), 1, None, cpu_s=1)

    is_right = len(lines) == 3 and lines[0] == DEFINED and lines[1] in (FIRST, {"i": 0}) and lines[2] == END
    assert (results.ended == "whole") is (is_right and stop == "exit" and exit_code == 0)
    assert len(results.values) == len(results.errors) == 1
