"""Tasks and answers by hand, for tests of the stages that check and rank."""

from collections.abc import Sequence
from typing import Any

from assistant.sandbox.programs import Job, Results
from training.execution.trials import Trial
from training.rows import Check, Provenance, Role, Sampled, Task, Trust, Verdict

HAND = Provenance(stage="import", source="hand")


def strong(*inputs: Any, expected: str) -> Check:
    return Check.of_call(inputs, expected, provenance=HAND)


def weak(statement: str) -> Check:
    return Check(statement=statement, provenance=HAND)


def task(identifier: str = "t", *checks: Check, reference: str = "", prompt: str = "Do it.") -> Task:
    return Task(id=identifier, prompt=prompt, entry_point="solve", reference=reference, checks=checks, provenance=HAND)


def answer(identifier: str, code: str, role: Role = "student", *, task_id: str = "t", text: str = "") -> Sampled:
    return Sampled(
        id=identifier, task_id=task_id, role=role, source=role, text=text or code, code=code, provenance=HAND
    )


def trial(verdict: Verdict, *, by_strong: Verdict | None = None, trust: Trust = "strong") -> Trial:
    return Trial(
        verdict=verdict,
        strong=by_strong or verdict,
        passed=(verdict == "passes_all",),
        trust=trust,
        cpu_ms=0.0,
        memory_bytes=0,
    )


class BrokenEngine:
    """A sandbox that fails for programs that hold a word, and knows no other result than 1."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.jobs: list[Job] = []

    def run_all(self, jobs: Sequence[Job]) -> list[Results | None]:
        self.jobs += jobs
        return [
            None if self.word in job.program else Results(compiled=True, values=("1",) * len(job.inputs))
            for job in jobs
        ]
