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

_NAMES = frozenset({"id", "arg", "name"})
_NO_PART = frozenset(
    {"ctx", "annotation", "returns", "decorator_list", "type_comment", "type_params", "kind", "simple"}
)
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
        found = _digest_of(textwrap.dedent(text[start:end]))
        if found is not None:
            yield Shape(name=match[2], digest=found[0], num_nodes=found[1], start=start, end=end)


def _end_of_block(text: str, match: re.Match[str]) -> int:
    """A signature may go on over lines of little indent; its closing bracket is one."""
    outside = re.compile(rf"\n(?![ \t]*(?:\n|$|#))(?!{match[1]}[ \t])(?!{match[1]}\))")
    found = outside.search(text, match.end())
    return found.start() if found else len(text)


def _digest_of(block: str) -> tuple[str, int] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in old code is still code
            function = ast.parse(block).body[0]
        return _digest(function) if isinstance(function, ast.FunctionDef) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _digest(function: ast.FunctionDef) -> tuple[str, int]:
    outline = _Outline()
    outline.add(function.args)
    num_nodes = -outline.num_nodes
    for statement in function.body[ast.get_docstring(function, clean=False) is not None :]:
        outline.add(statement)
    return outline.digest(function.name), num_nodes + outline.num_nodes


class _Outline:
    """A syntax tree from the top down, with its names still open. One walk: this is most of the filter's time."""

    def __init__(self) -> None:
        self.num_nodes = 0
        self._parts: list[str | tuple[str]] = []
        self._bound: list[str] = []

    def add(self, node: ast.AST) -> None:
        """Add a node with all below it."""
        self.num_nodes += 1
        self._parts.append(type(node).__name__)
        if isinstance(node, ast.arg):
            self._bound.append(node.arg)
        elif isinstance(node, ast.FunctionDef):
            self._bound.append(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self._bound.append(node.id)
        for name in node._fields:
            if name not in _NO_PART:
                self._add_field(name, getattr(node, name, None))

    def _add_field(self, name: str, value: object) -> None:
        if isinstance(value, ast.AST):
            self.add(value)
        elif isinstance(value, list):
            self._parts.append(f"[{len(value)}")
            for each in value:
                self._add_field(name, each)
        else:
            self._parts.append((value,) if isinstance(value, str) and name in _NAMES else repr(value))

    def digest(self, own_name: str) -> str:
        """Sha256 of it, hexadecimal, the bound names numbered."""
        numbers = {name: f"_{number}" for number, name in enumerate(dict.fromkeys((own_name, *self._bound)))}
        parts = (numbers.get(part[0], part[0]) if isinstance(part, tuple) else part for part in self._parts)
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
