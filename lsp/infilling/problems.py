"""The holes of HumanEval-Infilling, as an editor would have them."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import InputError
from lsp.completion import Hole, hole_between

FIELDS = ("task_id", "prompt", "suffix", "canonical_solution", "test", "entry_point")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A function with a hole, and the tests of the function.

    Source: Bavarian et al. 2022 (arXiv:2207.14255); github.com/openai/human-eval-infilling, MIT.
    """

    task_id: str
    hole: Hole
    solution: str
    """What stood in the hole."""
    test: str
    """Defines `check`, which takes the function and raises where it is wrong."""
    entry_point: str

    def program(self, text: str) -> str:
        """The function with `text` in its hole, and `passes()`, which returns True or raises."""
        function = f"{self.hole.prefix}{text}{self.hole.suffix}"
        return f"{function}\n\n{self.test}\n\ndef passes():\n    check({self.entry_point})\n    return True\n"

    def is_exact(self, text: str) -> bool:
        """Whether `text` is what stood there, blanks at both ends aside."""
        return text.strip() == self.solution.strip()


def read_problems(file: Path) -> list[Problem]:
    """Read JSON lines, gzipped or not.

    Raises:
        InputError: The file is missing, or has other fields.
    """
    try:
        data = file.read_bytes()
        text = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        problems = [_problem(json.loads(line)) for line in text.splitlines()]
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}", hint="name a file of HumanEval-Infilling"
        ) from None
    except (ValueError, KeyError, TypeError, EOFError):
        problems = []
    if not problems:
        hint = f"it needs JSON lines with {', '.join(FIELDS)}"
        raise InputError(f"{file} holds no infilling problems", hint=hint)
    return problems


def _problem(row: dict[str, str]) -> Problem:
    """A hole of whole lines has lost its line break too; in an editor the cursor stands on an empty line."""
    task_id, prompt, suffix, solution, test, entry_point = (str(row[field]) for field in FIELDS)
    if solution.endswith("\n") and prompt.endswith("\n"):
        suffix = "\n" + suffix
    return Problem(
        task_id=task_id,
        hole=hole_between(prompt, suffix, "python"),
        solution=solution,
        test=test,
        entry_point=entry_point,
    )
