"""A function with all that it needs, as one program that imports nothing but the standard library.

So a problem is whole in its row, and an answer can be run where no repository is: neither its files nor the function
that was taken out are within a program's reach.
"""

import ast
import builtins
import sys
from dataclasses import dataclass

from training.repository.modules import Module, Statement

MAX_CONTEXT_LINES = 150
_BUILT_IN = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


class NotAloneError(Exception):
    """A function cannot be cut out; the message says why, in words that fit a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A function and what it needs."""

    context: str
    """Imports, constants, classes and functions that it uses, in the order in which they can be executed."""
    function: str

    @property
    def program(self) -> str:
        """All of it."""
        return f"{self.context}{self.function}\n"


def slice_of(module: Module, function: Statement, modules: dict[str, Module]) -> Slice:
    """Cut a function out of its module.

    Raises:
        NotAloneError: It needs another package, changes its module, or needs more than 150 lines.
    """
    cut = _Cut(modules)
    cut.take_needs(module, function)
    future = "from __future__ import annotations\n" if cut.has_future or module.has_future_annotations else ""
    parts = [part for part in cut.parts if part != function.text]
    context = "".join(f"{part}\n\n" for part in parts)
    if context.count("\n") > MAX_CONTEXT_LINES:
        raise NotAloneError("needs too much around it")
    return Slice(context=future + context, function=function.text)


class _Cut:
    """Definitions in the order in which they are needed: what a statement needs stands before it."""

    def __init__(self, modules: dict[str, Module]) -> None:
        self._modules = modules
        self._origins: dict[str, str] = {}
        self._seen: set[int] = set()
        self.parts: list[str] = []
        self.has_future = False

    def take_needs(self, module: Module, statement: Statement) -> None:
        """Take what a statement needs, and not the statement."""
        if statement.sets_globals:
            raise NotAloneError("changes its module")
        self._seen.add(id(statement))
        self.has_future |= module.has_future_annotations
        for name in sorted(statement.needs):
            self._take(name, module)

    def _take(self, name: str, module: Module) -> None:
        found = module.binding(name)
        source = self._forwarded_from(found[-1], name, module) if found else self._starred(name, module)
        if source:
            self._take(name, source)
            return
        if not found and name not in _BUILT_IN:
            raise NotAloneError("uses names that its module does not show")
        if found and self._origins.setdefault(name, module.name) != module.name:
            raise NotAloneError("two modules mean different things by a name")
        for statement in found:
            self._take_statement(name, statement, module)

    def _forwarded_from(self, statement: Statement, name: str, module: Module) -> Module | None:
        """The module of the repository that a name comes from, under the same name."""
        if not isinstance(statement.node, ast.ImportFrom):
            return None
        alias, source = _alias(statement.node.names, name), _absolute(statement.node, module)
        self._check_is_no_module(f"{source}.{alias.name}")
        return self._modules.get(source) if alias.name == name else None

    def _starred(self, name: str, module: Module) -> Module | None:
        """The module of the repository that gives a name by `import *`."""
        nodes = [each.node for each in module.statements if isinstance(each.node, ast.ImportFrom)]
        sources = [self._modules.get(_absolute(node, module)) for node in nodes if node.names[0].name == "*"]
        return next((source for source in sources if source and source.binding(name)), None)

    def _take_statement(self, name: str, statement: Statement, module: Module) -> None:
        match statement.node:
            case ast.Import(names=aliases):
                self._import(aliases, name)
            case ast.ImportFrom():
                self._import_from(statement.node, name, module)
            case _ if id(statement) not in self._seen:
                self.take_needs(module, statement)
                self._add(statement.text)
            case _:
                pass

    def _import(self, aliases: list[ast.alias], name: str) -> None:
        alias = _alias(aliases, name)
        self._check_library(alias.name)
        self._add(f"import {_written(alias)}")

    def _import_from(self, node: ast.ImportFrom, name: str, module: Module) -> None:
        alias, source = _alias(node.names, name), _absolute(node, module)
        if source in self._modules:
            self._take(alias.name, self._modules[source])
            self._add(f"{name} = {alias.name}")
        else:
            self._check_library(source)
            self._add(f"from {source} import {_written(alias)}")

    def _check_library(self, name: str) -> None:
        top = name.split(".")[0]
        self._check_is_no_module(top)
        if top not in sys.stdlib_module_names:
            raise NotAloneError("needs another package")

    def _check_is_no_module(self, name: str) -> None:
        if any(f"{each}.".startswith(f"{name}.") for each in self._modules):
            raise NotAloneError("uses a module of its package")

    def _add(self, part: str) -> None:
        if part not in self.parts:
            self.parts.append(part)


def _alias(aliases: list[ast.alias], name: str) -> ast.alias:
    return next(each for each in aliases if (each.asname or each.name.split(".")[0]) == name)


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _absolute(node: ast.ImportFrom, module: Module) -> str:
    """What a relative import means in its module."""
    if not node.level:
        return node.module or ""
    package = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])
