"""What must not be learnt: the tasks of HumanEval, its infilling kin and MBPP, from their public files."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.importing.files import read_records, read_values
from training.importing.humaneval import HumanEvalProblem, read_humaneval
from training.importing.mbpp import read_mbpp

_EXAMPLES = re.compile(r"(?im)^\s*(>>>|examples?\b|for (example|instance)\b|e\.g)|\bfor example\b|>>>")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkTask:
    """One task of a benchmark, as it could be met in training data."""

    task_id: str
    entry_point: str
    description: str
    """In words, without examples."""
    prompt: str
    """What a model is asked. Tests are left out: they are mostly numbers."""
    program: str
    """The solution, whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The tasks of one file, those that are the same program only once."""

    name: str
    """"humaneval", "infilling", "mbpp", by the form of the file."""
    file: str
    tasks: tuple[BenchmarkTask, ...]


@dataclass(frozen=True, slots=True)
class _Hole(HumanEvalProblem):
    """A record of HumanEval-Infilling: a prompt and a suffix, and between them the canonical solution."""

    suffix: str

    @property
    def program(self) -> str:
        return self.prompt + self.canonical_solution + self.suffix


def read_suite(path: Path) -> Suite:
    """The benchmark in a file, plain or gzipped, JSONL or a JSON list; its form tells which it is.

    Raises:
        InputError: It is none that is known.
    """
    records = read_values(path)
    first: Any = records[0] if records else None
    for name, fields, read in _FORMS:
        if isinstance(first, dict) and fields <= first.keys():
            return Suite(name=name, file=path.name, tasks=_distinct(read(path)))
    raise InputError(
        f"{path.name} is no benchmark that is known", hint="give HumanEval, HumanEval-Infilling or MBPP as published"
    )


def _humaneval(path: Path) -> list[BenchmarkTask]:
    return [_of_function(problem) for problem in read_humaneval(path)]


def _infilling(path: Path) -> list[BenchmarkTask]:
    return [_of_function(problem) for problem in read_records(path, _Hole)]


def _mbpp(path: Path) -> list[BenchmarkTask]:
    return [
        BenchmarkTask(
            task_id=f"MBPP/{problem.task_id}",
            entry_point=problem.entry_point,
            description=problem.description,
            prompt=problem.description,
            program=problem.code,
        )
        for problem in read_mbpp(path)
    ]


_FORMS: tuple[tuple[str, set[str], Callable[[Path], list[BenchmarkTask]]], ...] = (
    ("infilling", {"canonical_solution", "suffix"}, _infilling),
    ("humaneval", {"canonical_solution", "test"}, _humaneval),
    ("mbpp", {"code", "test_list"}, _mbpp),
)


def _of_function(problem: HumanEvalProblem) -> BenchmarkTask:
    return BenchmarkTask(
        task_id=problem.task_id,
        entry_point=problem.entry_point,
        description=_EXAMPLES.split(problem.docstring, maxsplit=1)[0],
        prompt=problem.prompt,
        program=problem.program,
    )


def _distinct(tasks: list[BenchmarkTask]) -> tuple[BenchmarkTask, ...]:
    """Infilling cuts many holes into one function, some with other blank lines; each function counts once."""
    return tuple({"".join(task.program.split()): task for task in reversed(tasks)}.values())[::-1]
