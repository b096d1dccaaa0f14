"""What a model wants changed, read from its answer. Every piece says which file it is about, or says nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

from assistant.edits.naming import path_above, path_in_comment, path_of_fence

MAX_WISHES = 200
_PARSER = MarkdownIt("commonmark", {"html": False})
_SEARCH = re.compile(r"\s*<{5,9}\s*(?:SEARCH|ORIGINAL)\s*")
_DIVIDER = re.compile(r"\s*={5,9}\s*")
_REPLACE = re.compile(r"\s*>{5,9}\s*(?:REPLACE|UPDATED)\s*")
_HUNK = re.compile(r"@@ -(?P<line>\d+).*|@@.*")
_NOWHERE = "/dev/null"


@dataclass(frozen=True, slots=True)
class Whole:
    """A file shall be these lines."""

    path: str | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replacement:
    """Lines of a file shall give way to others."""

    path: str | None
    old: tuple[str, ...]
    new: tuple[str, ...]
    near: int | None = None
    """About where they are, from 0, where the answer says so."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A piece that cannot be understood, and why."""

    path: str | None
    why: str


Wish = Whole | Replacement | Unusable


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of an answer."""

    info: str
    lines: tuple[str, ...]
    first: int
    """Line of the answer at which it opens."""
    behind: int
    """The line behind it."""

    @property
    def language(self) -> str:
        """What its first word calls it, in lower case."""
        return re.split(r"[\s:{]", self.info.strip() + " ", maxsplit=1)[0].lower()

    @property
    def code(self) -> str:
        """Its text, each line ended."""
        return "".join(f"{line}\n" for line in self.lines)


def fences(answer: str) -> list[Fence]:
    """The fenced blocks of an answer, in order."""
    return [
        Fence(token.info, tuple(token.content.split("\n")[:-1]), *token.map)
        for token in _PARSER.parse(answer)
        if token.type == "fence" and token.map
    ]


def wishes(answer: str) -> list[Wish]:
    """All that an answer wants changed, in order; a piece without a path has None. Blocks of plain code are `Whole`."""
    answer = re.sub(r"\r\n?", "\n", answer)
    lines = answer.split("\n")
    blocks = fences(answer)
    found, taken = _searches(lines, blocks)
    for fence in blocks:
        if not taken & set(range(fence.first, fence.behind)):
            found += [(fence.first, wish) for wish in _of_fence(fence, lines[: fence.first])]
    return [wish for _, wish in sorted(found, key=lambda each: each[0])][:MAX_WISHES]


def _searches(lines: Sequence[str], blocks: Sequence[Fence]) -> tuple[list[tuple[int, Wish]], set[int]]:
    """Search/replace blocks, in fences or not, with the line each begins at; and the lines that they take."""
    found: list[tuple[int, Wish]] = []
    taken: set[int] = set()
    path: str | None = None
    at = 0
    while at < len(lines):
        if _SEARCH.fullmatch(lines[at]):
            path = _path_before(lines, at, blocks) or path
            wish, behind = _search(lines, at, path)
            found.append((at, wish))
            taken |= set(range(at, behind))
            at = behind
        else:
            at += 1
    return found, taken


def _path_before(lines: Sequence[str], at: int, blocks: Sequence[Fence]) -> str | None:
    opening = next((fence for fence in blocks if fence.first < at < fence.behind), None)
    within = path_above(lines[(opening.first + 1 if opening else max(at - 3, 0)) : at])
    if within or opening is None:
        return within
    return path_of_fence(opening.info) or path_above(lines[: opening.first])


def _search(lines: Sequence[str], at: int, path: str | None) -> tuple[Wish, int]:
    middle = _next(lines, at + 1, _DIVIDER)
    end = _next(lines, middle + 1, _REPLACE)
    if end >= len(lines):
        return Unusable(path, "a search/replace block is not whole"), len(lines)
    return Replacement(path, tuple(lines[at + 1 : middle]), tuple(lines[middle + 1 : end])), end + 1


def _next(lines: Sequence[str], at: int, pattern: re.Pattern[str]) -> int:
    return next((n for n in range(at, len(lines)) if pattern.fullmatch(lines[n])), len(lines))


def _of_fence(fence: Fence, above: Sequence[str]) -> Iterator[Wish]:
    named = path_of_fence(fence.info) or path_above(above)
    if fence.language in ("diff", "patch") or _is_diff(fence.lines):
        yield from _of_diff(fence.lines, named)
    elif named:
        is_said_twice = bool(fence.lines) and path_in_comment(fence.lines[0]) == named
        yield Whole(named, fence.lines[1:] if is_said_twice else fence.lines)
    elif fence.lines and (path := path_in_comment(fence.lines[0])):
        yield Whole(path, fence.lines[1:])
    else:
        yield Whole(None, fence.lines)


def _is_diff(lines: Sequence[str]) -> bool:
    return any(line.startswith("@@") for line in lines) and any(line.startswith("+++ ") for line in lines)


def _of_diff(lines: Sequence[str], path: str | None) -> Iterator[Wish]:
    """Hunks of a unified diff. Their line numbers are a hint and no more: models cannot count."""
    source, at = "", 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("--- "):
            source = _name(line)
        elif line.startswith("+++ "):
            if _name(line) == _NOWHERE:
                yield Unusable(source.removeprefix("a/"), "it deletes the file, which is yours to do")
            path = _name(line).removeprefix("b/")
        elif match := _HUNK.fullmatch(line):
            behind = next(
                (n for n in range(at, len(lines)) if lines[n].startswith(("@@", "--- ", "diff "))), len(lines)
            )
            if path != _NOWHERE:
                yield _hunk(lines[at:behind], path, match["line"], is_new=source == _NOWHERE)
            at = behind


def _name(line: str) -> str:
    return line[4:].partition("\t")[0].strip()


def _hunk(lines: Sequence[str], path: str | None, line: str | None, *, is_new: bool) -> Wish:
    old = tuple(each[1:] for each in lines if each[:1] in ("", " ", "-"))
    new = tuple(each[1:] for each in lines if each[:1] in ("", " ", "+"))
    if is_new:
        return Whole(path, new)
    return Replacement(path, old, new, int(line) - 1 if line else None)
