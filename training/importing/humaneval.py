"""HumanEval in its public form (github.com/openai/human-eval, MIT): JSONL, one problem a line."""

import ast
from dataclasses import dataclass
from pathlib import Path

from training.importing.asserts import Draft, split_asserts
from training.importing.files import read_records

LICENCE = "MIT; an evaluation set: never to be trained on"


@dataclass(frozen=True, slots=True)
class HumanEvalProblem:
    """A record as published."""

    task_id: str
    """"HumanEval/0"."""
    prompt: str
    """Imports, helpers, then the signature with its docstring; the body follows."""
    entry_point: str
    canonical_solution: str
    """The body."""
    test: str
    """A program that defines `check(candidate)`."""

    @property
    def program(self) -> str:
        """The right program, whole."""
        return self.prompt + self.canonical_solution

    @property
    def docstring(self) -> str:
        """What the function that is asked for shall do, examples included; empty if the prompt is no Python."""
        try:
            tree = ast.parse(self.program)
        except (SyntaxError, ValueError):
            return ""
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
        return next((ast.get_docstring(node) or "" for node in functions if node.name == self.entry_point), "")


def read_humaneval(path: Path) -> list[HumanEvalProblem]:
    """The problems of a file in its order.

    Raises:
        InputError: It is not of this form.
    """
    return read_records(path, HumanEvalProblem)


def drafts(path: Path) -> list[Draft]:
    """The problems of a file as tasks whose checks are still to be confirmed."""
    return [_draft(problem) for problem in read_humaneval(path)]


def _draft(problem: HumanEvalProblem) -> Draft:
    cases, statements = split_asserts(problem.test, problem.entry_point)
    return Draft(
        id=problem.task_id,
        prompt=problem.prompt,
        entry_point=problem.entry_point,
        reference=problem.program,
        cases=cases,
        statements=statements,
    )
