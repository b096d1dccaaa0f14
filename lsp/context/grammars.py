"""Tree-sitter's grammars, each loaded when the first file of its language is read: all of them cost 25 ms and memory.

What is asked of a syntax tree is data: `queries/*.scm`, in tree-sitter's own language.
"""

from __future__ import annotations  # tree_sitter is a name for the type checker only

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query

Match = dict[str, "list[Node]"]
"""Nodes by the name that the query gives them."""

_QUERIES = Path(__file__).parent / "queries"


@dataclass(frozen=True, slots=True)
class _Recipe:
    """Where a language comes from, and what is asked of it."""

    package: str
    queries: tuple[str, ...]
    function: str = "language"


_RECIPES = {
    "python": _Recipe("tree_sitter_python", ("python",)),
    "javascript": _Recipe("tree_sitter_javascript", ("javascript", "javascript_fields")),
    "typescript": _Recipe("tree_sitter_typescript", ("javascript", "typescript"), "language_typescript"),
    "tsx": _Recipe("tree_sitter_typescript", ("javascript", "typescript"), "language_tsx"),
    "c": _Recipe("tree_sitter_c", ("c",)),
    "cpp": _Recipe("tree_sitter_cpp", ("c", "cpp")),
    "go": _Recipe("tree_sitter_go", ("go",)),
    "rust": _Recipe("tree_sitter_rust", ("rust",)),
    "java": _Recipe("tree_sitter_java", ("java",)),
}

_SUFFIXES = {
    "python": ".py .pyi",
    "javascript": ".js .jsx .mjs .cjs",
    "typescript": ".ts .mts .cts",
    "tsx": ".tsx",
    "c": ".c",
    "cpp": ".h .cc .cpp .cxx .hh .hpp .hxx",
    "go": ".go",
    "rust": ".rs",
    "java": ".java",
}

LANGUAGES = {suffix: language for language, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
"""Language by the end of a file's name. A ".h" is read as C++, which reads C, too."""


class Grammar:
    """One language: texts to trees to what the queries find in them. One thread at a time."""

    def __init__(self, parser: Parser, query: Query, cursor: type[Any]) -> None:
        self._parser = parser
        self._query = query
        self._cursor = cursor

    def read(self, source: bytes) -> tuple[Node, list[Match]]:
        """The root of the tree, and what was found in it, in the order of the text."""
        root = self._parser.parse(source).root_node
        cursor = self._cursor(self._query)
        # one top node at a time: a search lets no other thread run, and the server's loop must
        return root, [match for node in root.named_children for _, match in cursor.matches(node)]


@lru_cache
def grammar_of(language: str) -> Grammar:
    """The grammar of a language, loaded once."""
    core = import_module("tree_sitter")
    recipe = _RECIPES[language]
    grammar = core.Language(getattr(import_module(recipe.package), recipe.function)())
    query = "\n".join((_QUERIES / f"{name}.scm").read_text() for name in recipe.queries)
    return Grammar(core.Parser(grammar), core.Query(grammar, query), core.QueryCursor)
