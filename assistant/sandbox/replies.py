"""Reading what a program's process wrote. It may be forged from the second line on: the default is never a success."""

import json
import signal
from dataclasses import dataclass, field
from typing import Any

from assistant.sandbox.process import Ended, WorkerError
from assistant.sandbox.values import is_opaque


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a program did: one entry per call or statement."""

    compiled: bool = True
    values: tuple[str | None, ...] = ()
    """Canonical JSON of each returned value; None where it raised, hung or ended itself."""
    passed: tuple[bool, ...] = ()
    """Which statements ran without raising."""
    errors: tuple[str, ...] = ()
    """By call or statement: the name of the exception or, where it was never reached, `ended`; empty: all is well."""
    ended: str = "whole"
    """"whole"; "error:NAME" where the program could not be compiled or executed; "timeout", "cpu_limit";
    "output_limit", "signal:N", "exit:N"; "incomplete", "protocol" where it meddled with its results; "sandbox_error".
    """
    sandbox_error: str = ""
    """What failed, twice, when nothing can be said about the program."""
    cpu_ms: float = 0.0
    memory_bytes: int = 0
    """The most that its process held."""

    def reference_values(self) -> list[str]:
        """The values of a program that must be right.

        Raises:
            ValueError: It failed on some input, or returned what can be equal to nothing.
        """
        whole = [value for value in self.values if value is not None and not is_opaque(value)]
        if len(whole) != len(self.values):
            raise ValueError("the reference program fails on its own inputs")
        return whole


@dataclass(slots=True)
class _Reply:
    """The lines so far. They come in one order only."""

    num_expected: int
    failed: str = ""
    is_compiled: bool = True
    is_defined: bool = False
    has_ended: bool = False
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def take(self, line: bytes) -> None:
        """The next line. Raises `ValueError` if it is not one that could come now."""
        match json.loads(line):
            case {"compile_error": str(name)} if not self.is_defined and not self.failed:
                self.failed, self.is_compiled = name, False
            case {"error": str(name), **others} if not self.is_defined and not self.failed and not others:
                self.failed = name
            case {"defined": 1} if not self.is_defined and not self.failed:
                self.is_defined = True
            case {"i": int(number), **entry} if self._is_next(number):
                self.entries.append(entry)
            case {"end": 1} if self.is_defined and not self.has_ended:
                self.has_ended = True
            case _:
                raise ValueError("a line out of order")

    def _is_next(self, number: int) -> bool:
        expects_one = self.is_defined and not self.has_ended and len(self.entries) < self.num_expected
        return expects_one and type(number) is int and number == len(self.entries)


def read_results(ended: Ended, num_expected: int, token: str | None, *, cpu_s: int) -> Results:
    """What a program did, of `num_expected` calls; of statements if there is a `token`, which a passed one repeats.

    Raises:
        WorkerError: It was not started behind its fence: nothing can be said about it.
    """
    first, *lines = ended.lines.split(b"\n")
    check_fence(first)
    reply, is_strange = _Reply(num_expected), False
    try:
        for line in lines[:-1]:
            reply.take(line)
    except (ValueError, RecursionError):
        is_strange = True
    end = "protocol" if is_strange and ended.stop == "exit" else _end(ended, reply, cpu_s)
    return _results(reply, end, token, ended)


def check_fence(line: bytes) -> dict[str, Any]:
    """The first line, written before anything of the program was read. Raises `WorkerError`."""
    match json.loads(line or b"{}"):
        case {"ready": list(), "missing": list()} as ready:
            return ready
        case {"fence": str(reason)}:
            raise WorkerError(f"the fence does not stand: {reason}")
        case _:
            raise WorkerError("a program was not started behind its fence")


def _end(ended: Ended, reply: _Reply, cpu_s: int) -> str:
    if ended.stop != "exit":
        return ended.stop
    if (
        ended.exit_code == -signal.SIGKILL and ended.cpu_ms < cpu_s * 1e3 / 2
    ):  # of two clocks, one of which counts ticks
        raise WorkerError("a program was killed by somebody else: this machine may be short of memory")
    if ended.exit_code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "cpu_limit"
    if ended.exit_code:
        return f"signal:{-ended.exit_code}" if ended.exit_code < 0 else f"exit:{ended.exit_code}"
    if reply.failed:
        return f"error:{reply.failed}"
    is_whole = reply.has_ended and len(reply.entries) == reply.num_expected
    return "whole" if is_whole else "incomplete"


def _results(reply: _Reply, end: str, token: str | None, ended: Ended) -> Results:
    """A program that meddled has no results; nor has one that wrote all of them and then came to a bad end."""
    is_believed = end == "whole" or (end != "protocol" and len(reply.entries) < reply.num_expected)
    entries = reply.entries if is_believed else []
    entries = [*entries, *[{"error": end}] * (reply.num_expected - len(entries))]
    return Results(
        compiled=reply.is_compiled,
        values=tuple(json.dumps(entry["value"]) if "value" in entry else None for entry in entries if not token),
        passed=tuple(entry.get("passed") == token for entry in entries if token),
        errors=tuple(str(entry.get("error", ""))[:80] for entry in entries),
        ended=end,
        cpu_ms=ended.cpu_ms,
        memory_bytes=ended.memory_bytes,
    )
