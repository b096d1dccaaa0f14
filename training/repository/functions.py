"""Which functions of a repository can be asked for: they say what they do, and can be cut out."""

import ast
from collections import Counter
from dataclasses import dataclass, field

from training.repository.calls import Target
from training.repository.modules import Module, Statement
from training.repository.slices import NotAloneError, Slice, slice_of

BODY_LINES = (2, 60)
MIN_DESCRIPTION_CHARS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function that can be asked for."""

    target: Target
    name: str
    slice: Slice
    prompt: str
    """All that the slice has up to the body: imports, helpers, signature, docstring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The functions at the margins of all modules."""

    functions: list[Function]
    left_out: Counter[str] = field(default_factory=Counter[str])
    """How many, by the reason."""


def find_functions(modules: dict[str, Module]) -> Found:
    """Look at all of them."""
    found = Found(functions=[])
    for module in modules.values():
        for statement in module.statements:
            if isinstance(statement.node, ast.FunctionDef | ast.AsyncFunctionDef):
                try:
                    found.functions.append(_function(module, statement, modules))
                except NotAloneError as reason:
                    found.left_out[str(reason)] += 1
    return found


def _function(module: Module, statement: Statement, modules: dict[str, Module]) -> Function:
    node = statement.node
    if not isinstance(node, ast.FunctionDef) or _yields(node):
        raise NotAloneError("returns no value but a stream")
    if len(ast.get_docstring(node) or "") < MIN_DESCRIPTION_CHARS:
        raise NotAloneError("has no docstring")
    low, high = BODY_LINES
    if not low <= _body_lines(node) <= high:
        raise NotAloneError("is shorter than 2 lines or longer than 60")
    if len(module.binding(node.name)) > 1:
        raise NotAloneError("is defined more than once")
    cut = slice_of(module, statement, modules)
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    head = statement.text.split("\n")[: (node.body[0].end_lineno or first) - first + 1]
    return Function(
        target=Target(name=f"{module.name}.{node.name}", file=module.file, line=first),
        name=node.name,
        slice=cut,
        prompt=cut.context + "\n".join(head) + "\n",
    )


def _body_lines(node: ast.FunctionDef) -> int:
    """Lines behind the docstring."""
    return (node.end_lineno or 0) - (node.body[0].end_lineno or 0)


def _yields(node: ast.FunctionDef) -> bool:
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(node))
