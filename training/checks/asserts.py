"""Checks that a teacher wrote as asserts, in its program or beside it. Whether they hold is seen elsewhere."""

import ast
import builtins
import re
from collections.abc import Iterator

from training.checks.claims import claim, statement
from training.execution.programs import parsed
from training.rows import Check, Provenance

_FENCED = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


def asserts(text: str, name: str, origin: Provenance) -> list[Check]:
    """Checks of the function `name`, from the asserts of an answer's code blocks (or of all of it, if it is code).

    Only those that are calls with results, or that stand for themselves: the names in them are `name` and Python's own.
    They are looked for at the top of a program and in functions without arguments, or with one (`check(candidate)`), as
    tests are written.
    """
    pieces = _FENCED.findall(text) or [text]
    found = [node for piece in pieces for node in _assert_nodes(piece, name)]
    checks = [claim(node.test, name, origin) or _alone(node, name, origin) for node in found]
    return [each for each in checks if each]


def without_asserts(program: str) -> str:
    """A program without the asserts at its top: one that does not hold would end it before it is asked anything."""
    tree = parsed(program)
    if tree is None or not any(isinstance(node, ast.Assert) for node in tree.body):
        return program
    tree.body = [node for node in tree.body if not isinstance(node, ast.Assert)]
    return ast.unparse(tree)


def _assert_nodes(program: str, name: str) -> Iterator[ast.Assert]:
    tree = parsed(program)
    if tree is None:
        return
    for body in (tree.body, *(_renamed(node, name) for node in tree.body if _is_test(node))):
        yield from (node for node in body if isinstance(node, ast.Assert))


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith(("test", "check")) and len(node.args.args) <= 1


def _renamed(test: ast.stmt, name: str) -> list[ast.stmt]:
    """The body of a test; what it calls its argument is `name`."""
    assert isinstance(test, ast.FunctionDef)
    for node in ast.walk(test):
        if isinstance(node, ast.Name) and test.args.args and node.id == test.args.args[0].arg:
            node.id = name
    return test.body


def _alone(node: ast.Assert, name: str, origin: Provenance) -> Check | None:
    bound = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    used = {each.id for each in ast.walk(node.test) if isinstance(each, ast.Name)} - bound
    stands_alone = name in used and all(each == name or each in vars(builtins) for each in used)
    return statement(ast.unparse(node), origin) if stands_alone else None
