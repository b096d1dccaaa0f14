"""Proposed changes of files: hunks of a diff between what is there and what the model wants, each with a yes or no."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.edits.matching import NoPlaceError, find
from assistant.edits.wishes import Unusable, Whole, Wish, wishes
from assistant.lookalikes import lookalikes
from assistant.sanitize import sanitize
from assistant.workspace import Edit, Snapshot, TextChange, Workspace, WorkspaceError, danger

_ELISION = re.compile(
    r"\s*(?:#|//|--|/\*|<!--)?\s*(?:\.\.\.|…)?\s*\(?"
    r"(?:(?:the )?rest of|existing|remaining|unchanged|same|previous|other)"
    r"\b.*(?:\.\.\.|…|unchanged|as before|same|code|here|omitted).*|\s*(?:#|//)\s*(?:\.\.\.|…)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines that give way to others."""

    change: TextChange
    marks: tuple[str, ...] = ()
    """What a person would not see in the new lines: then nothing but a yes to this hunk alone takes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What shall become of one file."""

    base: Snapshot
    hunks: tuple[Hunk, ...]
    notes: tuple[str, ...] = ()
    """What was not exact in the answer."""

    @property
    def danger(self) -> str | None:
        """Why the file wants a second confirmation; None: it does not."""
        return danger(self.base.path)

    def edit(self, accepted: Collection[int], *, is_confirmed_twice: bool = False) -> Edit:
        """The file with the hunks of these indices. Raises `WorkspaceError`: the file cannot take them."""
        chosen = [hunk.change for n, hunk in enumerate(self.hunks) if n in accepted]
        path = self.base.path
        content = self.base.text.changed(chosen, path).content(path)
        return Edit(base=self.base, content=content, is_confirmed_twice=is_confirmed_twice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A piece of an answer that proposes nothing, and why."""

    path: str | None
    why: str


def propose(answer: str, workspace: Workspace, path: str | None = None) -> tuple[list[Proposal], list[Refusal]]:
    """Read an answer and the files that it is about.

    Args:
        answer: As the model wrote it.
        workspace: The files.
        path: The file for the last block of plain code, which then is the only one taken; None: blocks name theirs.

    Returns:
        A proposal for each file, in the order of the answer; and what could not be used. Code without a path is
        neither: most code in answers is only to be read.
    """
    texts = _Texts(workspace)
    found = wishes(answer)
    if path is not None:
        found = [Whole(path, each.lines) for each in found if isinstance(each, Whole)][-1:]
    for wish in found:
        if not (isinstance(wish, Whole) and wish.path is None):
            texts.take(wish)
    return texts.proposals(), texts.refusals


class _Texts:
    """The files as the pieces of an answer change them, one after the other."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._bases: dict[str, Snapshot] = {}
        self._lines: dict[str, list[str]] = {}
        self._notes: dict[str, list[str]] = {}
        self.refusals: list[Refusal] = []

    def take(self, wish: Wish) -> None:
        try:
            self._take(wish)
        except WorkspaceError as error:
            self._refuse(wish.path, str(error))
        except NoPlaceError as error:
            self._refuse(wish.path, str(error))

    def _take(self, wish: Wish) -> None:
        if isinstance(wish, Unusable) or wish.path is None:
            self._refuse(wish.path, wish.why if isinstance(wish, Unusable) else "it does not say which file it changes")
            return
        path = self._workspace.relative(wish.path)
        if path not in self._bases:
            self._bases[path] = self._workspace.read_or_new(path)
            self._lines[path] = list(self._bases[path].text.lines)
            self._notes[path] = []
        lines = self._lines[path]
        if isinstance(wish, Whole) or (not lines and not any(wish.old)):
            new = wish.lines if isinstance(wish, Whole) else wish.new
            if lines and (left_out := next((line for line in new if _ELISION.fullmatch(line)), None)):
                raise NoPlaceError(f'it leaves parts of the file out ("{left_out.strip()}")')
            self._lines[path] = list(new)
            return
        place = find(lines, wish.old, wish.near)
        lines[place.start : place.start + len(wish.old)] = place.indented(wish.new)
        if place.note:
            self._notes[path].append(place.note)

    def _refuse(self, path: str | None, why: str) -> None:
        self.refusals.append(Refusal(path=path, why=why))

    def proposals(self) -> list[Proposal]:
        """One for each file that changes."""
        found: list[Proposal] = []
        for path, base in self._bases.items():
            if hunks := tuple(_hunk(change, base) for change in differences(base.text.lines, self._lines[path])):
                found.append(Proposal(base=base, hunks=hunks, notes=tuple(self._notes[path])))
            elif not any(refusal.path == path for refusal in self.refusals):
                self._refuse(path, "the file is like that already")
        return found


def _hunk(change: TextChange, base: Snapshot) -> Hunk:
    new, known = "\n".join(change.new), "\n".join(base.text.lines)
    unseen = {letter for letter in new if sanitize(letter) != letter and letter not in known}
    marks = [f"it has U+{ord(letter):04X}, which is not seen" for letter in sorted(unseen)]
    marks += dict.fromkeys(f"{found.word} {found.why}" for found in lookalikes(new, known))
    return Hunk(change=change, marks=tuple(marks))


def differences(old: Sequence[str], new: Sequence[str]) -> list[TextChange]:
    """What turns `old` into `new`, in order.

    Common lines at both ends are set aside first, and lines that come up all the time align nothing (difflib's
    `autojunk`): so a hostile file costs little.
    """
    first = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    room = min(len(old), len(new)) - first
    behind = next((n for n in range(room) if old[-1 - n] != new[-1 - n]), room)
    was, will = tuple(old[first : len(old) - behind]), tuple(new[first : len(new) - behind])
    matcher = SequenceMatcher(None, was, will)
    return [
        TextChange(start=first + start, old=was[start:end], new=will[new_start:new_end])
        for tag, start, end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]
