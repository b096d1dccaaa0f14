"""Asserts, read as calls with results where they are that, so that they can be judged from outside of the program.

What `training.checks.claims` reads becomes a case. All others, those in loops or with helpers, stay statements: a
program could fool what runs beside it.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from training.checks.claims import claim
from training.rows import Check

CANDIDATE = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A task whose cases are still to be tried on its reference."""

    id: str
    prompt: str
    entry_point: str
    reference: str
    cases: tuple[Check, ...]
    statements: tuple[str, ...]
    """Asserts and programs that must not raise behind the answer."""


def split_asserts(test: str, entry_point: str) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """The cases of a program that defines `check(candidate)`, and the rest of it.

    What is left of a body of asserts alone is its asserts, one by one; of any other, the whole test with its call.
    """
    body = _check_body(test)
    cases = tuple(case for node in body for case in _case(node, CANDIDATE))
    rest = [node for node in body if not _case(node, CANDIDATE)]
    if all(is_assert(node) or _says_nothing(node) for node in rest):
        return cases, tuple(f"{CANDIDATE} = {entry_point}\n{ast.unparse(node)}" for node in rest if is_assert(node))
    return cases, (f"{test.strip()}\n\ncheck({entry_point})",)


def cases_of(statement: str, function: str) -> tuple[Check, ...]:
    """The case that a statement is, as `assert function(<literals>) == <literal>`, or none."""
    try:
        body = ast.parse(statement).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return _case(body[0], function) if len(body) == 1 else ()


def called_in(statement: str, program: str) -> str:
    """The name of the function that `program` defines and `statement` calls first; empty if there is none."""
    try:
        defined = {node.name for node in ast.parse(program).body if isinstance(node, ast.FunctionDef)}
        calls = [node for node in ast.walk(ast.parse(statement)) if isinstance(node, ast.Call)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return next((node.func.id for node in calls if isinstance(node.func, ast.Name) and node.func.id in defined), "")


def is_assert(node: ast.AST) -> bool:
    """An assert that says something: `assert True` does not."""
    return isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant)


def _says_nothing(node: ast.stmt) -> bool:
    value = node.test if isinstance(node, ast.Assert) else node.value if isinstance(node, ast.Expr) else None
    return isinstance(node, ast.Pass) or isinstance(value, ast.Constant)


def _check_body(test: str) -> Sequence[ast.stmt]:
    try:
        tree = ast.parse(test)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return next((node.body for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"), ())


def _case(node: ast.stmt, function: str) -> tuple[Check, ...]:
    claimed = claim(node.test, function) if isinstance(node, ast.Assert) else None
    return (claimed,) if claimed else ()
