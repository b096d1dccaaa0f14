"""MBPP in its public forms (google-research/mbpp, CC BY 4.0): the full JSONL and the sanitized JSON list."""

import ast
from dataclasses import dataclass, field
from pathlib import Path

from training.importing.asserts import Draft, called_in, cases_of, is_assert
from training.importing.files import read_records

LICENCE = "CC BY 4.0; an evaluation set: never to be trained on"


@dataclass(frozen=True, slots=True)
class MbppProblem:
    """A record as published: the full form has `text` and `test_setup_code`, the sanitized `prompt`, `test_imports`."""

    task_id: int
    code: str
    """The right program."""
    test_list: tuple[str, ...]
    """Asserts, one statement each."""
    text: str = ""
    prompt: str = ""
    test_setup_code: str = ""
    test_imports: tuple[str, ...] = field(default=())

    @property
    def description(self) -> str:
        """The task in words."""
        return self.text or self.prompt

    @property
    def setup(self) -> str:
        """What the tests need before them."""
        return "\n".join((*self.test_imports, self.test_setup_code)).strip()

    @property
    def entry_point(self) -> str:
        """The function of the program that the first test calls; empty if it calls none."""
        return called_in(self.test_list[0], self.code) if self.test_list else ""


def read_mbpp(path: Path) -> list[MbppProblem]:
    """The problems of a file in its order.

    Raises:
        InputError: It is of neither form.
    """
    return read_records(path, MbppProblem)


def drafts(path: Path) -> list[Draft]:
    """The problems of a file as tasks whose checks are still to be confirmed."""
    return [_draft(problem) for problem in read_mbpp(path)]


def _draft(problem: MbppProblem) -> Draft:
    """The name is said in the prompt: without it nobody could pass the tests."""
    strong = [test for test in problem.test_list if cases_of(test, problem.entry_point)]
    weak = [test for test in problem.test_list if test not in strong and _parses(test)]
    return Draft(
        id=f"MBPP/{problem.task_id}",
        prompt=f"{problem.description.strip()}\n\nCall the function `{problem.entry_point}`.",
        entry_point=problem.entry_point,
        reference=problem.code,
        cases=tuple(case for test in strong for case in cases_of(test, problem.entry_point)),
        statements=tuple(f"{problem.setup}\n{test}".strip() for test in weak),
    )


def _parses(test: str) -> bool:
    try:
        return any(is_assert(node) for node in ast.walk(ast.parse(test)))
    except (SyntaxError, ValueError):
        return False
