"""Problems with tests, as the public files have them. Files are the user's own: nothing is bundled."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.importing.files import read_values
from training.rows import Check, Provenance, Task

HUMANEVAL_FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")
MBPP_SPLITS = {"prompt": (1, 10), "test": (11, 510), "validation": (511, 600), "train": (601, 974)}
"""First and last task id. Source: github.com/google-research/google-research, mbpp/README.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to be programmed, and how a program is tested."""

    task_id: str
    prompt: str
    """What the model is asked."""
    entry_point: str
    prefix: str = ""
    """Stands before a completion; empty where a completion is a whole program."""
    reference: str = ""
    """A completion that is known to be right."""
    test: str = ""
    """Python that raises after a wrong program."""
    checks: tuple[Check, ...] = ()
    """Tests by values, for which nothing of a test needs to be where the program runs."""

    def program(self, completion: str) -> str:
        """The completion as a program, without tests."""
        return self.prefix + completion

    def completion(self, program: str) -> str:
        """A whole program as a completion: what it goes on with, or the program behind the prompt, which it redefines.

        All prompts of HumanEval end with a docstring and are whole functions that way.
        """
        if program.startswith(self.prefix):
            return program[len(self.prefix) :]
        return f"\n{program}"

    def task(self) -> Task:
        """What a preset lays out: tests and reference stay here."""
        source = Provenance(stage="import", source="evaluation")
        return Task(id=self.task_id, prompt=self.prompt, entry_point=self.entry_point, provenance=source)


def read_humaneval(file: Path) -> list[Problem]:
    """Problems in the form of HumanEval, plain or gzipped; HumanEval+ has the same.

    Raises:
        InputError: The file is missing, or has other fields.

    Source: github.com/openai/human-eval, MIT.
    """
    return _read(file, _humaneval, f"HumanEval: JSON lines with {', '.join(HUMANEVAL_FIELDS)}")


def read_mbpp(file: Path) -> list[Problem]:
    """Problems in the form of MBPP, as `mbpp.jsonl` or `sanitized-mbpp.json`.

    Raises:
        InputError: The file is missing, or has other fields.

    Source: Austin et al. 2021 (arXiv:2108.07732), CC BY 4.0.
    """
    return _read(file, _mbpp, "MBPP: JSON with task_id, text or prompt, code and test_list")


def of_tasks(tasks: Sequence[Task]) -> list[Problem]:
    """Rows of `problems.jsonl` as problems: those that can be tested."""
    problems = [_of_task(task) for task in tasks]
    return [problem for problem in problems if problem.checks or problem.test]


def mbpp_id(task_id: object) -> str:
    """`Mbpp/11`, however it is written: 11, "11", "MBPP/11"."""
    return f"Mbpp/{str(task_id).rpartition('/')[2]}"


def split_of(problems: Sequence[Problem], split: str) -> list[Problem]:
    """The problems of one split of MBPP."""
    first, last = MBPP_SPLITS[split]
    return [problem for problem in problems if first <= int(problem.task_id.rpartition("/")[2]) <= last]


def _read(file: Path, make: Callable[[Any], Problem], form: str) -> list[Problem]:
    try:
        problems = [make(row) for row in read_values(file)]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{file} holds other rows", hint=f"it needs {form}") from None
    if not problems:
        raise InputError(f"{file} holds no problems", hint=f"it needs {form}")
    if len({problem.task_id for problem in problems}) < len(problems):
        raise InputError(f"{file} has a task_id twice", hint="every problem needs its own")
    return problems


def _humaneval(row: dict[str, Any]) -> Problem:
    task_id, prompt, entry_point, solution, test = (_text(row[field]) for field in HUMANEVAL_FIELDS)
    return Problem(
        task_id=task_id,
        prompt=prompt,
        entry_point=entry_point,
        prefix=prompt,
        reference=solution,
        test=f"{test}\ncheck({entry_point})",
    )


def _mbpp(row: dict[str, Any]) -> Problem:
    """The model sees the three asserts, as in the paper: only they tell the name of the function."""
    asserts = [_text(each) for each in row["test_list"]]
    setup = [*row.get("test_imports", ()), _text(row.get("test_setup_code", ""))]
    code = _text(row["code"]).replace("\r\n", "\n")
    text = _text(row["text"] if "text" in row else row["prompt"]).strip()
    return Problem(
        task_id=mbpp_id(int(row["task_id"]) if not isinstance(row["task_id"], str) else row["task_id"]),
        prompt="\n".join([text, "Your code should pass these tests:", *asserts]),
        entry_point=_tested_name(code, asserts),
        reference=code,
        test="\n".join([*setup, *asserts]).replace("\r\n", "\n"),
    )


def _of_task(task: Task) -> Problem:
    return Problem(
        task_id=task.id,
        prompt=task.prompt,
        entry_point=task.entry_point,
        reference=task.reference,
        test="\n".join(check.statement for check in task.checks if check.inputs is None),
        checks=tuple(check for check in task.checks if check.inputs is not None),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {value!r:.40}")
    return value


def _tested_name(code: str, asserts: Sequence[str]) -> str:
    """The function of `code` that the asserts call; the first that they call where `code` defines none of them."""
    called = [
        node.func.id
        for node in ast.walk(ast.parse("\n".join(asserts)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    defined = {node.name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)}
    return next((name for name in called if name in defined), called[0] if called else "")
