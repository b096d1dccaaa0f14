"""The Python of a repository, as text and syntax; nothing is imported."""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.extraction import UNPARSABLE, parsed

_NOT_CODE = frozenset({"tests", "test", "testing", "docs", "doc", "examples", "benchmarks", "build", "dist", "vendor"})
_NOT_MODULES = frozenset({"setup.py", "conftest.py", "noxfile.py", "tasks.py"})
MAX_FILE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement at the margin of a module."""

    node: ast.stmt
    text: str
    binds: frozenset[str]
    needs: frozenset[str]
    """Names it takes from its module or the built-in ones, at once or when what it defines is called."""
    sets_globals: bool
    """It has a function that changes a name of its module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One file."""

    name: str
    """As it is imported."""
    file: Path
    """Below the repository."""
    is_package: bool
    has_future_annotations: bool
    statements: tuple[Statement, ...]

    def binding(self, name: str) -> list[Statement]:
        """The statements that give a name its value, in order."""
        return [each for each in self.statements if name in each.binds]


def import_root(repository: Path) -> Path:
    """The folder that imports are found in: `src` where there is one."""
    source = repository / "src"
    return source if source.is_dir() else repository


def read_modules(repository: Path) -> dict[str, Module]:
    """The modules of a repository by name, without tests, documents and what does not parse."""
    root = import_root(repository)
    modules = (_module(file, root, repository) for file in sorted(root.rglob("*.py")) if _is_code(file, root))
    return {module.name: module for module in modules if module}


def _is_code(file: Path, root: Path) -> bool:
    parts = file.relative_to(root).parts
    hidden = any(part.startswith(".") for part in parts)
    test = file.stem.startswith("test_") or file.stem.endswith("_test") or file.name in _NOT_MODULES
    return not (hidden or test or file.is_symlink() or _NOT_CODE & set(parts[:-1]))


def _module(file: Path, root: Path, repository: Path) -> Module | None:
    if file.stat().st_size > MAX_FILE_BYTES:
        return None
    text = file.read_text(encoding="utf-8", errors="replace").removeprefix("\ufeff")
    tree = parsed(text)
    if tree is None:
        return None
    parts = file.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    has_future = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    try:
        statements = tuple(_statements(tree, text, has_future=has_future))
    except UNPARSABLE:
        return None
    return Module(
        name=".".join(parts[:-1] if is_package else parts),
        file=file.relative_to(repository),
        is_package=is_package,
        has_future_annotations=has_future,
        statements=statements,
    )


def _statements(tree: ast.Module, text: str, *, has_future: bool) -> Iterator[Statement]:
    lines = text.split("\n")
    for node in tree.body:
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        source = "\n".join(lines[first - 1 : node.end_lineno])
        yield _statement(node, source, "from __future__ import annotations\n" if has_future else "")


def _statement(node: ast.stmt, source: str, future: str) -> Statement:
    top = symtable.symtable(source if isinstance(node, ast.ImportFrom) else future + source, "<module>", "exec")
    symbols = [(table is top, symbol) for table in _tables(top) for symbol in table.get_symbols()]
    return Statement(
        node=node,
        text=source,
        binds=frozenset(s.get_name() for at_top, s in symbols if at_top and (s.is_assigned() or s.is_imported()))
        - {"annotations"},
        needs=frozenset(s.get_name() for at_top, s in symbols if s.is_referenced() and (at_top or s.is_global())),
        sets_globals=any(s.is_declared_global() and s.is_assigned() for at_top, s in symbols if not at_top),
    )


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)
