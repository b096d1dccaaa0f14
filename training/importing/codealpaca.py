"""CodeAlpaca in its public form (github.com/sahil280114/codealpaca): a JSON list of instruction, input, output."""

import ast
import warnings
from dataclasses import dataclass
from pathlib import Path

from training.importing.asserts import Draft
from training.importing.files import read_records

LICENCE = "CC BY-NC 4.0; not for commercial use, and never to be bundled"


@dataclass(frozen=True, slots=True)
class CodeAlpacaRow:
    """A record as published."""

    instruction: str
    output: str
    input: str = ""


def read_codealpaca(path: Path) -> list[CodeAlpacaRow]:
    """The records of a file in its order.

    Raises:
        InputError: It is not of this form.
    """
    return read_records(path, CodeAlpacaRow)


def drafts(path: Path) -> list[Draft]:
    """The records as tasks, numbered from 0. An output is a reference only if it is Python that defines a function."""
    return [_draft(number, row) for number, row in enumerate(read_codealpaca(path))]


def _draft(number: int, row: CodeAlpacaRow) -> Draft:
    names = _functions(row.output)
    return Draft(
        id=f"codealpaca/{number}",
        prompt="\n\n".join(part for part in (row.instruction.strip(), row.input.strip()) if part),
        entry_point=names[0] if len(names) == 1 else "",
        reference=row.output if names else "",
        cases=(),
        statements=(),
    )


def _functions(text: str) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in old code is still code
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
