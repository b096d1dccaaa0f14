"""What a file offers to others: signatures, fields and first lines of docstrings; bodies are left out. Pure."""

from __future__ import annotations  # tree_sitter is a name for the type checker only

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsp.context.grammars import Grammar, Match

if TYPE_CHECKING:
    from tree_sitter import Node

DEEPEST = 8
"""Classes in classes in classes: what lies deeper is left out."""
LONGEST_VALUE_LINES = 3
"""A longer value of a constant is left out, as bodies are."""


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a file takes from a module, or the module itself."""

    module: str
    """As it is written, quotes included where the language has them."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """One definition, shortened. A class is a piece, and so is each of its members."""

    line: int
    """0-based, in the file."""
    text: str
    names: frozenset[str]
    parent: int | None = None
    """Index of the piece it is a member of."""
    closing: str = ""
    """What ends it, behind its members."""


def read_imports(grammar: Grammar, text: str) -> list[Import]:
    """The imports of a text, in its order."""
    _, matches = grammar.read(text.encode())
    found: dict[Import, None] = {}
    for match in matches:
        for node in match.get("module", []):
            found[Import(_text(node), *(_text(each) for each in match.get("imported", [])))] = None
        for node in match.get("submodule", []):
            found[Import(f"self::{_text(node)}")] = None
    return [each for each in found if each.module and "\0" not in each.module + each.name]  # half-written ones are not


def read_outline(grammar: Grammar, text: str) -> list[Piece]:
    """The definitions of a text, in its order, members behind what they belong to."""
    source = text.encode()
    root, matches = grammar.read(source)
    return _Outline(source, matches).pieces(root)


class _Outline:
    """What the queries found in one text, by place."""

    def __init__(self, source: bytes, matches: Sequence[Match]) -> None:
        self._source = source
        self._members = {match["group"][0].id: match["members"][0] for match in matches if "group" in match}
        self._transparent = {node.id for match in matches for node in match.get("transparent", [])}
        self._docs = {node.start_byte: node for match in matches for node in match.get("doc", [])}
        bodies = [node for match in matches for node in match.get("body", [])]
        values = [node for match in matches for node in match.get("value", [])]
        self._left_out = _outermost([*bodies, *(node for node in values if _num_lines(node) > LONGEST_VALUE_LINES)])
        names = {node.start_byte: node for match in matches for node in match.get("name", [])}
        self._names = sorted((start, _text(node)) for start, node in names.items() if not self._is_left_out(start))
        self._pieces: list[Piece] = []
        self._depth = 0

    def pieces(self, root: Node) -> list[Piece]:
        self._add_all(root.named_children, parent=None)
        return self._pieces

    def _add_all(self, nodes: Sequence[Node], *, parent: int | None) -> None:
        comments: list[Node] = []
        for node in nodes:
            if node.type.endswith("comment"):
                is_next = comments and node.start_point.row - comments[-1].end_point.row <= 1
                comments = [*comments, node] if is_next else [node]
                continue
            is_close = comments and node.start_point.row - comments[-1].end_point.row <= 1
            self._add(node, parent=parent, comment=comments[0] if is_close else None)
            comments = []

    def _add(self, node: Node, *, parent: int | None, comment: Node | None) -> None:
        if node.id in self._transparent:
            self._add_all(node.named_children, parent=parent)
            return
        about = f"{_indentation(self._source, node)}{_first_line(_text(comment))}\n" if comment else ""
        members = self._members_of(node)
        if members is None:
            names = self._names_in(node.start_byte, node.end_byte)
            if names:
                text = about + self._shortened(node, node.end_byte)
                self._pieces.append(Piece(node.start_point.row, text, names, parent))
            return
        self._add_group(node, members, parent=parent, about=about)

    def _add_group(self, node: Node, members: Node, *, parent: int | None, about: str) -> None:
        index = len(self._pieces)
        has_braces = self._source[members.start_byte : members.start_byte + 1] == b"{"
        end = members.start_byte + has_braces
        header = about + self._shortened(node, end)
        if (doc := self._docs.get(members.start_byte)) is not None:
            header += f"\n{_indentation(self._source, doc)}{_first_line(_text(doc))}"
        closing = _indentation(self._source, node) + "}" if has_braces else ""
        names = self._names_in(node.start_byte, members.start_byte)
        self._pieces.append(Piece(node.start_point.row, header, names, parent, closing))
        self._depth += 1
        if self._depth <= DEEPEST:
            self._add_all(members.named_children, parent=index)
        self._depth -= 1

    def _members_of(self, node: Node) -> Node | None:
        """Where its members are, also where a decorator or an export is wrapped around it."""
        for each in (node, *node.named_children):
            if each.id in self._members:
                return self._members[each.id]
        return None

    def _names_in(self, start: int, end: int) -> frozenset[str]:
        first, last = (bisect_left(self._names, (place, "")) for place in (start, end))
        return frozenset(name for _, name in self._names[first:last])

    def _is_left_out(self, place: int) -> bool:
        index = bisect_right(self._left_out, place, key=_start)
        return index > 0 and place < self._left_out[index - 1].end_byte

    def _shortened(self, node: Node, end: int) -> str:
        """Its lines up to `end`, without bodies, long values and blank lines."""
        parts = [_indentation(self._source, node)]
        place = node.start_byte
        first, last = (bisect_left(self._left_out, at, key=_start) for at in (place, end))
        for each in self._left_out[first:last]:
            parts += [self._source[place : each.start_byte].decode("utf-8", "replace"), self._stand_in(each)]
            place = each.end_byte
        text = "".join(parts) + self._source[place:end].decode("utf-8", "replace")
        return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())

    def _stand_in(self, node: Node) -> str:
        doc = self._docs.get(node.start_byte)
        if doc is not None:
            return _first_line(_text(doc))
        return "{ ... }" if self._source[node.start_byte : node.start_byte + 1] == b"{" else "..."


def _outermost(nodes: list[Node]) -> list[Node]:
    """Those that lie in no other, in the order of the text."""
    kept: list[Node] = []
    for node in sorted(nodes, key=lambda node: (node.start_byte, -node.end_byte)):
        if not kept or node.start_byte >= kept[-1].end_byte:
            kept.append(node)
    return kept


def _first_line(text: str) -> str:
    """The first line of a docstring or comment that says something, with its marks."""
    lines = text.strip().splitlines()
    if len(lines) == 1:
        return lines[0]
    is_block = lines[0].startswith("/*")
    is_string = lines[0].rstrip("\"'") != lines[0] or lines[0].lstrip("rRuU")[:3] in ('"""', "'''")
    if not is_block and not is_string:
        return lines[0]
    head, says = lines[0].rstrip(), any(map(str.isalnum, lines[0]))
    if not says:
        head = f"{head}{' ' if is_block else ''}{lines[1].strip().lstrip('*').strip()}"
    return f"{head} */" if is_block else f"{head}{lines[-1].strip()[-3:]}"


def _start(node: Node) -> int:
    return node.start_byte


def _indentation(source: bytes, node: Node) -> str:
    """What stands before it on its line, if that is blank."""
    before = source[source.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
    return "" if before.strip() else before.decode()


def _num_lines(node: Node) -> int:
    return node.end_point.row - node.start_point.row + 1


def _text(node: Node) -> str:
    return node.text.decode("utf-8", "replace") if node.text else ""
