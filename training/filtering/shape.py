"""The shape of a function: the same under other names, comments, docstrings, annotations, spaces and quotes.

Names that the function itself binds, its own and its arguments' among them, are numbered in the order they appear;
what it takes from outside, constants and operators stay. Other orders of statements are other shapes.
"""

import ast
import hashlib
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_DEF = re.compile(r"^([ \t]*)def[ \t]+([^\W\d]\w*)[ \t]*\(", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A function that was found in a text."""

    name: str
    digest: str
    num_nodes: int
    """Of its syntax tree, from the first statement on."""
    start: int
    end: int
    """Where it stands, in characters."""


def shapes(text: str) -> Iterator[Shape]:
    """The functions of a text, be it Python or prose with Python in it, nested ones and methods too.

    A block goes from a line that starts with `def` to before the next that is indented as little; those that are no
    Python are passed over.
    """
    for match in _DEF.finditer(text):
        start, end = match.start(), _end_of_block(text, match)
        function = _parsed(textwrap.dedent(text[start:end]))
        if function is not None:
            digest, num_nodes = _digest(function)
            yield Shape(name=match[2], digest=digest, num_nodes=num_nodes, start=start, end=end)


def _end_of_block(text: str, match: re.Match[str]) -> int:
    """A signature may go on over lines of little indent; its closing bracket is one."""
    outside = re.compile(rf"\n(?![ \t]*(?:\n|$|#))(?!{match[1]}[ \t])(?!{match[1]}\))")
    found = outside.search(text, match.end())
    return found.start() if found else len(text)


def _parsed(block: str) -> ast.FunctionDef | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in old code is still code
            body = ast.parse(block).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return body[0] if body and isinstance(body[0], ast.FunctionDef) else None


def _digest(function: ast.FunctionDef) -> tuple[str, int]:
    numbers = _numbered_names(function)
    parts: list[str] = []
    for statement in _without_docstring(function):
        for node in ast.walk(statement):
            parts.append(_part(node, numbers))
    parts.append(str(len(function.args.args)))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest(), len(parts) - 1


def _without_docstring(function: ast.FunctionDef) -> list[ast.stmt]:
    return function.body[ast.get_docstring(function, clean=False) is not None :]


def _numbered_names(function: ast.FunctionDef) -> dict[str, str]:
    bound = [function.name]
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            bound.append(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.append(node.id)
        elif isinstance(node, ast.FunctionDef):
            bound.append(node.name)
    return {name: f"_{number}" for number, name in enumerate(dict.fromkeys(bound))}


def _part(node: ast.AST, numbers: dict[str, str]) -> str:
    """A node and what it holds itself, with the number of its children; the walk's order says where it belongs."""
    values = [f"{len(list(ast.iter_child_nodes(node)))}"]
    for name, value in ast.iter_fields(node):
        if isinstance(value, str) and name in ("id", "arg", "name"):
            values.append(numbers.get(value, value))
        elif not isinstance(value, ast.AST | list) and name not in ("kind", "type_comment"):
            values.append(repr(value))
    return f"{type(node).__name__} {' '.join(values)}"
