"""Plausible mistakes: small edits of a right program, found in its syntax tree and made in its text.

The text is edited where the tree says, so that layout survives and every Python version makes the same edit.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from keyword import iskeyword
from typing import Literal

Effect = Literal["compile", "crash", "wrong"]
"""What a mistake most often leads to; only the tests know."""

_COMPARED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_OPERATORS = {"+": "-", "-": "+", "*": "+", "//": "%", "%": "//"}
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
_METHODS = {"append": "add", "add": "append", "items": "item", "get": "fetch", "join": "concat", "isdigit": "is_digit"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A program with one mistake in it."""

    effect: Effect
    program: str


@dataclass(frozen=True, slots=True)
class _Edit:
    effect: Effect
    start: int
    end: int
    text: str


@lru_cache(maxsize=256)
def mutants(source: str) -> tuple[Mutant, ...]:
    """All programs that are one slip away from `source`, which is ASCII and compiles."""
    edits = [*_slips(source), *_typing_errors(source)]
    programs: dict[str, Effect] = {source[: each.start] + each.text + source[each.end :]: each.effect for each in edits}
    return tuple(Mutant(effect, program) for program, effect in programs.items() if program != source)


def _slips(source: str) -> Iterator[_Edit]:
    tree = ast.parse(source)
    starts = [0, *(at + 1 for at, char in enumerate(source) if char == "\n")]
    looped = {id(each) for node in ast.walk(tree) if isinstance(node, ast.While) for each in ast.walk(node)}
    formatted = {id(each) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) not in formatted:  # positions inside of f-strings differ between versions of Python
            yield from _edits(node, source, starts, in_loop=id(node) in looped)


def _edits(node: ast.AST, source: str, starts: list[int], *, in_loop: bool) -> Iterator[_Edit]:
    """The slips at one node. In a `while` those that would make it run for ever are left out."""
    match node:
        case ast.Compare(left=left, comparators=[right]) if not in_loop:
            yield from _between(left, right, source, starts, _COMPARED)
        case ast.BinOp(left=left, right=right):
            yield from _between(left, right, source, starts, _OPERATORS)
        case ast.BoolOp(values=[left, right, *_]):
            yield from _between(left, right, source, starts, {"and": "or", "or": "and"})
        case ast.Constant(value=bool(value)):
            yield _replaced(node, starts, str(not value))
        case ast.Constant(value=int(value)):
            yield _replaced(node, starts, str(value + 1))
            if not in_loop:
                yield _replaced(node, starts, str(value - 1))
        case ast.If() if not in_loop:
            yield from _branches(node, starts)
        case ast.IfExp(body=body):
            yield _replaced(node, starts, _text(body, source, starts))
        case ast.Return(value=ast.expr() as value):
            yield _replaced(node, starts, _text(value, source, starts))
        case ast.Call(func=ast.Name(id=name) as function) if name in _CALLED:
            yield _replaced(function, starts, _CALLED[name])
        case ast.Attribute(value=value, attr=name) if name in _METHODS:
            end = _end(node, starts)
            yield _Edit("crash", end - len(name), end, _METHODS[name])
        case ast.Name(id=name, ctx=ast.Load()) if name not in _CALLED:
            yield _Edit("crash", _start(node, starts), _end(node, starts), _misspelt(name))
        case _:
            return


def _misspelt(name: str) -> str:
    shorter = name[:-1]
    return shorter if shorter and not iskeyword(shorter) else name + name[-1]


def _branches(node: ast.If, starts: list[int]) -> Iterator[_Edit]:
    yield _replaced(node.test, starts, "True")
    leaves = isinstance(node.body[0], ast.Return | ast.Continue | ast.Break)
    if leaves and not node.orelse:
        yield _replaced(node, starts, "pass")


def _between(left: ast.expr, right: ast.expr, source: str, starts: list[int], swaps: dict[str, str]) -> Iterator[_Edit]:
    """The operator between two operands, swapped; there may be brackets beside it."""
    begin, end = _end(left, starts), _start(right, starts)
    found = re.search(r"[<>=!+\-*/%]+|and|or", source[begin:end])
    if found and found[0] in swaps:
        yield _Edit("wrong", begin + found.start(), begin + found.end(), swaps[found[0]])


def _typing_errors(source: str) -> Iterator[_Edit]:
    for lost in (":\n", "):\n"):
        place = source.find(lost)
        if place >= 0:
            yield _Edit("compile", place, place + 1, "")
    margin = source.index("\n    ", source.rindex("def ")) + 1
    yield _Edit("compile", margin, margin + 4, "")
    opened = source.index("(", source.rindex("def "))
    yield _Edit("compile", opened, opened + 1, "")


def _replaced(node: ast.expr | ast.stmt, starts: list[int], text: str) -> _Edit:
    return _Edit("wrong", _start(node, starts), _end(node, starts), text)


def _text(node: ast.expr, source: str, starts: list[int]) -> str:
    return source[_start(node, starts) : _end(node, starts)]


def _start(node: ast.expr | ast.stmt, starts: list[int]) -> int:
    return starts[node.lineno - 1] + node.col_offset


def _end(node: ast.expr | ast.stmt, starts: list[int]) -> int:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return starts[node.end_lineno - 1] + node.end_col_offset
