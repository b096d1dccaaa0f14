"""Work on one task that needs programs run: a plan says which, and goes on with their results.

Each plan reads downwards as if it were alone; `together` makes one of many, so that the workers are busy with all of
them while one waits.
"""

from collections.abc import Generator, Sequence
from typing import Protocol, TypeVar

from assistant.sandbox.programs import Job, Results

T = TypeVar("T")
Plan = Generator[Sequence[Job], Sequence[Results | None], T]
"""Asks for jobs, is given their results in order (None: the sandbox failed), and returns a T."""


class Engine(Protocol):
    """Where programs run: this machine or a cluster."""

    def run_all(self, jobs: Sequence[Job]) -> list[Results | None]:
        """Results in the order of the jobs; None where the sandbox failed, also when asked again."""
        ...


def together(plans: Sequence[Plan[T]]) -> Plan[list[T]]:
    """Many plans as one: asks for what all of them ask for, and returns what each of them returns."""
    returned: dict[int, T] = {}
    answers: dict[int, Sequence[Results | None] | None] = dict.fromkeys(range(len(plans)))
    while answers:
        asked: dict[int, Sequence[Job]] = {}
        for number, answer in answers.items():
            try:
                asked[number] = next(plans[number]) if answer is None else plans[number].send(answer)
            except StopIteration as stop:
                returned[number] = stop.value
        results = iter((yield [job for jobs in asked.values() for job in jobs]) if asked else ())
        answers = {number: [next(results) for _ in jobs] for number, jobs in asked.items()}
    return [returned[number] for number in range(len(plans))]


def carry_out(plan: Plan[T], engine: Engine) -> T:
    """What a plan returns, its programs run by `engine`."""
    try:
        jobs = next(plan)
        while True:
            jobs = plan.send(engine.run_all(jobs))
    except StopIteration as stop:
        return stop.value
