"""Checks lifted from `>>>` examples, in a prompt or in the docstrings of a program."""

import ast
import doctest
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from training.checks.claims import claim, statement
from training.execution.programs import parsed
from training.execution.values import literal
from training.rows import Check, Provenance

_BLOCK = re.compile(r"^[ \t]*>>>.*(?:\n(?!\s*$).*)*", re.MULTILINE)
_FENCE = re.compile(r"^\s*(?:\"\"\"|'''|```\w*)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One line of a session that shows a result."""

    setup: str
    """The statements before it in its block."""
    source: str
    want: str


def doctests(text: str, name: str, origin: Provenance) -> list[Check]:
    """Checks of the function `name`: strong for `name(literals)` with a literal result, else a weak statement.

    Examples that mention another function only, or that show a traceback, make none.
    """
    return [check for example in examples(text) if (check := _check(example, name, origin))]


def examples(text: str) -> Iterator[Example]:
    """The examples of a text, block by block; a block that is no session is passed over."""
    unfenced = _FENCE.sub("", text)
    for block in _BLOCK.findall(unfenced):
        setup = ""
        for each in _session(textwrap.dedent(block)):
            if each.want and each.exc_msg is None:
                yield Example(setup=setup, source=each.source.strip(), want=each.want.strip())
            elif not each.want:
                setup += each.source


def docstrings(program: str) -> Iterator[str]:
    """The docstrings of a program's functions and of itself."""
    tree = parsed(program)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield ast.get_docstring(node) or ""


def _session(block: str) -> list[doctest.Example]:
    try:
        return doctest.DocTestParser().get_examples(block)
    except ValueError:  # of indentation, or of a prompt without a space
        return []


def _check(example: Example, name: str, origin: Provenance) -> Check | None:
    call, want = _expression(example.source), _expression(example.want)
    if call is None or name not in {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}:
        return None
    if want is None or not literal(want)[0]:
        return statement(f"{example.setup}assert repr({example.source}) == {example.want!r}", origin)
    equal = ast.Compare(left=call, ops=[ast.Eq()], comparators=[want])
    strong = None if example.setup else claim(equal, name, origin)
    return strong or statement(f"{example.setup}assert ({example.source}) == ({example.want})", origin)


def _expression(text: str) -> ast.expr | None:
    tree = parsed(text)
    return tree.body[0].value if tree and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None
