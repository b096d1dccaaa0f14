"""Programs as text: which function they offer, and whether two of them are the same program.

They are parsed here and never run; a program that cannot be parsed is a fact about it, not a failure.
"""

import ast
import hashlib

from training import extraction

MAX_PARSED_CHARS = 100_000
"""Longer ones are compared as text: parsing takes a hundred times their size."""


def parsed(program: str) -> ast.Module | None:
    """The syntax tree; None where there is none, or none that fits."""
    return extraction.parsed(program) if len(program) <= MAX_PARSED_CHARS else None


def identity(program: str) -> str:
    """Equal for programs that differ in comments, docstrings and layout alone."""
    tree = parsed(program)
    if tree is None:
        return _digest(program.strip())
    for node in ast.walk(tree):
        _drop_docstring(node)
    try:
        return _digest(ast.dump(tree))
    except RecursionError:
        return _digest(program.strip())


def function_of(program: str, wanted: str) -> str:
    """The function to call: the one the task asks for, else the last public one that the program defines.

    Empty if there is none. A task in free words asks for a function without naming it; every answer then has its own.
    """
    if wanted:
        return wanted
    tree = parsed(program)
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] if tree else []
    return next((name for name in reversed(names) if not name.startswith("_")), "")


def _drop_docstring(node: ast.AST) -> None:
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        node.body = node.body[1:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
