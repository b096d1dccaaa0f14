"""The rows that the stages hand one another, as JSONL that a person can read. Every row says where it came from.

problems.jsonl -> answers.jsonl -> ranked.jsonl; each row has an `id`, and a stage that is run again leaves out the ids
that its file has. What is as it is by default is not written.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import cattrs

from assistant.sandbox.values import Tolerance, decoded, in_order, is_same

Trust = Literal["strong", "weak"]
"""strong: judged outside of the program's process, by values; weak: asserts that run beside it, which it could fool."""
Role = Literal["student", "teacher"]
Verdict = Literal["compile_error", "runtime_error", "fails_some", "passes_all", "sandbox_error"]
"""The paper's classes, worst first; `sandbox_error` says nothing of the program and is never ranked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a row, or a test, came from."""

    stage: str
    """"families", "import", "evolve", "sample", "test", "rank"."""
    source: str
    """The family, the file, the model or the endpoint."""
    parent: str = ""
    """Id of the row that it was made from."""
    seed: int = 0
    details: dict[str, Any] = field(default_factory=dict[str, Any])
    """What else made it what it is: temperature, heuristic, prompt, version."""


NEAR = Tolerance(relative=1e-6, absolute=1e-6)
"""Programs that sum in another order are not wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One test of a problem: a call with its result, or a statement that must not raise."""

    inputs: tuple[Any, ...] | None = None
    """Arguments of a call of the entry point, each as `assistant.sandbox.values.in_order` writes it, so that tuples,
    sets, bytes and floats arrive as what they are; None for an assert.
    """
    expected: str = ""
    """Canonical JSON of the result; see `assistant.sandbox.values.canonical`."""
    tolerance: Tolerance = NEAR
    """Of the result, and of the numbers in it: an assert's own, where it names one."""
    statement: str = ""
    """Python, where there are no `inputs`."""
    provenance: Provenance | None = None
    """None: whence the task came."""

    def __post_init__(self) -> None:
        self.arguments()  # a file may hold anything: what is no value is no check

    @classmethod
    def of_call(
        cls,
        arguments: Iterable[Any],
        expected: str,
        *,
        tolerance: Tolerance = NEAR,
        provenance: Provenance | None = None,
    ) -> Self:
        """A check by values.

        Raises:
            ValueError: An argument is of no built-in type, nested too deeply or too large.
        """
        return cls(
            inputs=tuple(map(in_order, arguments)), expected=expected, tolerance=tolerance, provenance=provenance
        )

    def arguments(self) -> tuple[Any, ...]:
        """The values to call with, new ones every time; none for an assert."""
        return tuple(map(decoded, self.inputs or ()))

    def accepts(self, result: str | None) -> bool:
        """Whether a result (canonical JSON; None where there is none) is the expected one: see `is_same`."""
        return result is not None and is_same(self.expected, result, tolerance=self.tolerance)

    @property
    def trust(self) -> Trust:
        """How far a pass may be believed."""
        return "weak" if self.inputs is None else "strong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A problem: a row of `problems.jsonl`."""

    id: str
    prompt: str
    """The task in words, and code if it has any."""
    entry_point: str = ""
    """The function that is asked for; empty if the prompt does not say."""
    reference: str = ""
    """A right program, if one is known."""
    checks: tuple[Check, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """An answer: a row of `answers.jsonl`."""

    id: str
    task_id: str
    role: Role
    source: str
    """The model or program that gave it."""
    text: str
    """As it came."""
    code: str
    """The program in it; empty if there is none."""
    mean_logprob: float | None = None
    """Nats for each token, where the model says so."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An answer after its tests."""

    answer: Sampled
    verdict: Verdict
    passed: tuple[bool, ...]
    """By check, in the task's order."""
    trust: Trust
    """weak if a weak check decided."""
    cpu_ms: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The answers of one task, best first: a row of `ranked.jsonl`."""

    id: str
    """The task's."""
    prompt: str
    entry_point: str = ""
    """As in the task."""
    candidates: tuple[Judged, ...]
    rewards: tuple[float, ...]
    """One for each candidate; only differences and order mean anything."""
    provenance: Provenance


_converter = cattrs.Converter(forbid_extra_keys=True, omit_if_default=True)


def to_json(row: Any) -> dict[str, Any]:
    """A row as JSON values, without those that it has by default."""
    return _converter.unstructure(row)


def from_json(data: dict[str, Any], kind: type[Any]) -> Any:
    """A row from JSON values.

    Raises:
        cattrs.BaseValidationError: A field is missing, unknown or of the wrong type.
    """
    return _converter.structure(data, kind)
