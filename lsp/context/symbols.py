"""What the files offer that a document imports: their outlines, the names used near the cursor first."""

import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock

from lsp.context.excerpt import Excerpt
from lsp.context.grammars import LANGUAGES, grammar_of
from lsp.context.outline import Import, Piece, read_imports, read_outline
from lsp.context.resolve import candidates
from lsp.context.view import Files, View, followed
from lsp.context.windows import plain

HEAD_LINES = 400
"""Imports stand at the top: so much of the document is read for them."""
OUTLINE_CHARS = 200_000
"""So much of another file; what lies behind is not seen."""
MAX_FILES = 12
MAX_CHARS = 1_000
"""Of one file; half of it if the file is imported, but nothing of it is named."""
IMPORTED_WEIGHT = 4
"""A name that was imported by itself is that file's; another may be the same by chance."""
MAX_REMEMBERED = 256
NEAR_LINES = 20
"""Names in so many lines above and below the cursor are used there."""

_NAME = re.compile(r"[^\W\d]\w{2,}")


class Symbols:
    """Outlines of imported files, each read once while it does not change."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._outlines: OrderedDict[Path, tuple[tuple[int, int], list[Piece]]] = OrderedDict()
        self._turn = Lock()
        """A grammar works for one thread at a time."""

    def find(self, view: View) -> Sequence[Excerpt]:
        """An excerpt for each imported file, those of which most is used first."""
        language = LANGUAGES.get(view.path.suffix) if view.path else None
        if language is None or view.path is None:
            return []
        used = frozenset(_NAME.findall(view.near(NEAR_LINES)))
        with self._turn:
            imports = read_imports(grammar_of(language), plain("".join(view.lines[:HEAD_LINES])))
            found = [
                self._excerpt(file, used, names) for file, names in self._imported(language, imports, view.path).items()
            ]
        ranked = sorted((each for each in found if each), key=lambda each: -each[0])
        return [excerpt for _, excerpt in ranked]

    def _imported(self, language: str, imports: Iterable[Import], path: Path) -> dict[Path, set[str]]:
        """Files of the workspace, and which of their names are imported one by one."""
        root = next((root for root in self._files.roots if path.is_relative_to(root)), None)
        files: dict[Path, set[str]] = {}
        for imported in imports if root else ():
            for places in candidates(language, imported, path, root or path):
                there = map(followed, filter(os.path.isfile, places))
                file = next((each for each in there if self._files.stamp(each) is not None), None)
                if file is not None and file != path and (file in files or len(files) < MAX_FILES):
                    files.setdefault(file, set()).update(filter(None, [imported.name]))
        return files

    def _excerpt(self, file: Path, used: frozenset[str], imported: set[str]) -> tuple[int, Excerpt] | None:
        """With how much it is used; None if it offers nothing."""
        pieces = self._outline(file)
        named = sorted({name for piece in pieces for name in piece.names} & used)
        room = MAX_CHARS if named or imported else MAX_CHARS // 2
        chosen = select(pieces, used=used, imported=imported, num_chars=room)
        if not chosen:
            return None
        what = f"; {', '.join(named[:3])} used here" if named else ""
        excerpt = Excerpt(
            path=self._files.name(file),
            text=render(pieces, chosen),
            reason=f"imported{what}",
            first_line=pieces[chosen[0]].line,
        )
        return len(named) + IMPORTED_WEIGHT * len(imported & used), excerpt

    def _outline(self, file: Path) -> list[Piece]:
        stamp = self._files.stamp(file)
        known = self._outlines.get(file)
        if known is not None and known[0] == stamp:
            return known[1]
        text = self._files.text(file) if stamp else None
        language = LANGUAGES.get(file.suffix)
        if text is None or stamp is None or language is None:
            return []
        pieces = read_outline(grammar_of(language), text[:OUTLINE_CHARS])
        self._outlines[file] = stamp, pieces
        self._outlines.move_to_end(file)
        if len(self._outlines) > MAX_REMEMBERED:
            self._outlines.popitem(last=False)
        return pieces


def select(pieces: Sequence[Piece], *, used: Iterable[str], imported: Iterable[str], num_chars: int) -> list[int]:
    """Indices of the pieces that fit into so many characters: what is used, what is imported, what else is public.

    A member brings what it is a member of. Of names that begin with "_" only those that are used are taken.
    """
    used, imported = frozenset(used), frozenset(imported)
    ranks = [_rank(pieces, index, used, imported) for index in range(len(pieces))]
    chosen: set[int] = set()
    for index in sorted((each for each, rank in enumerate(ranks) if rank), key=lambda each: (-ranks[each], each)):
        wanted = set(_with_parents(pieces, index)) - chosen
        cost = sum(len(pieces[each].text) + len(pieces[each].closing) + 2 for each in wanted)
        if cost <= num_chars:
            num_chars -= cost
            chosen |= wanted
    return sorted(chosen)


def render(pieces: Sequence[Piece], chosen: Sequence[int]) -> str:
    """The chosen pieces as text, in the order of the file, each class closed behind its members."""
    lines: list[str] = []
    is_open: list[int] = []
    for index in chosen:
        while is_open and is_open[-1] != pieces[index].parent:
            lines.append(pieces[is_open.pop()].closing)
        lines.append(pieces[index].text)
        is_open.append(index)
    lines += [pieces[index].closing for index in reversed(is_open)]
    return "".join(f"{line}\n" for line in lines if line)


def _rank(pieces: Sequence[Piece], index: int, used: frozenset[str], imported: frozenset[str]) -> int:
    """4: used near the cursor; 3: imported; 2: its name is used, perhaps for another thing; 1: public; 0: private.

    A member of a class that is used or imported is so, too; elsewhere the same name may mean anything.
    """
    piece = pieces[index]
    is_used = not piece.names.isdisjoint(used)
    if piece.names and all(name.startswith("_") and name != "__init__" for name in piece.names) and not is_used:
        return 0
    if piece.parent is None:
        return 4 if is_used else 1 + 2 * (not piece.names.isdisjoint(imported))
    if _rank(pieces, piece.parent, used, imported) >= 3:
        return 3 + is_used
    return 1 + is_used


def _with_parents(pieces: Sequence[Piece], index: int | None) -> list[int]:
    found: list[int] = []
    while index is not None:
        found.append(index)
        index = pieces[index].parent
    return found
