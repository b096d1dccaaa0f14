"""From a document and a range to what the model is shown: whole lines, the code around them, all bounded. Pure."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from lsprotocol import types

from assistant.errors import InputError
from lsp.actions.answers import clean, dedented, indentation
from lsp.documents import Cursor, Document

CHARS_PER_TOKEN = 3
"""Of source code, rather too few: a prompt should fit before anybody has counted it."""
MAX_CONTEXT_TOKENS = 32_768
"""More is not asked of a model, however much it can hold; also assumed of an endpoint that does not say."""
MAX_BLOCK_LINES = 400

_DEFINES = re.compile(
    r"\s*(?:[\w()]+\s+)*?(?:def|class|function|func|fn|fun|sub|impl|struct|interface|enum|trait|module)\b"
    r"|.*\)[^;]*\{\s*$|.*=>\s*[({]?\s*$"
)
_CONTROLS = re.compile(r"[\s})]*(?:if|for|while|switch|else|elif|try|catch|except|finally|with|do|match|case)\b")
_GOES_ON = re.compile(r"[)\]}]|(?:end|else|elif|except|finally|catch)\b")
"""Begins a line that belongs to a block although it is indented like the block's first line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of a model's context each part may fill."""

    code_chars: int
    before_chars: int
    after_chars: int
    answer_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    r"""Whole lines of a document and what is around them. Lines are broken by "\n"; nothing invisible is in them."""

    name: str
    """Of the file, without its folders."""
    first: int
    """The first line, 0-based."""
    last: int
    """The last line, inclusive."""
    code: str
    """The lines, as far left as they go: models forget an indentation that all lines share."""
    indent: str
    """What was taken away."""
    before: str
    after: str

    @property
    def language(self) -> str:
        """What a fence around the code is marked with: the end of the file's name."""
        return PurePosixPath(self.name).suffix.removeprefix(".")

    @property
    def has_tabs(self) -> bool:
        """Whether the file's lines are indented by tabs."""
        return "\n\t" in f"\n{self.before}\n{self.indent}\n{self.code}\n{self.after}"


def room_in(context_tokens: int) -> Room:
    """Share a context out: a quarter each for the lines and for the answer, another one for what stands around them.

    Args:
        context_tokens: What the model can hold; 0 if nobody knows.
    """
    quarter_tokens = min(context_tokens or MAX_CONTEXT_TOKENS, MAX_CONTEXT_TOKENS) // 4
    quarter_chars = quarter_tokens * CHARS_PER_TOKEN
    return Room(
        code_chars=quarter_chars,
        before_chars=quarter_chars * 2 // 3,
        after_chars=quarter_chars // 3,
        answer_tokens=quarter_tokens,
    )


def scene_at(document: Document, place: types.Range, room: Room) -> Scene:
    """Take the selected lines, whole; without a selection the block around the cursor, or what there is room for.

    Raises:
        InputError: The lines are blank, or more were selected than there is room for.
    """
    first, last = _lines_at(document, place, room.code_chars)
    lines = [clean(line.rstrip("\r\n")) for line in document.lines[first : last + 1]]
    code = "\n".join(dedented(lines))
    if not code.strip():
        raise InputError("there is no code here", hint="select some, or put the cursor into it")
    if len(code) > room.code_chars:
        raise InputError(
            f"{last - first + 1} lines are too many for this model",
            hint="select fewer, or use a model with more context",
        )
    end = Cursor(last, len(document.lines[last]))
    return Scene(
        name=name_of(document.uri),
        first=first,
        last=last,
        code=code,
        indent=indentation(lines),
        before=clean(document.before(Cursor(first, 0), room.before_chars)).removesuffix("\n"),
        after=clean(document.after(end, room.after_chars)).removesuffix("\n"),
    )


def name_of(uri: str) -> str:
    """The name of a document, without its folders."""
    return clean(PurePosixPath(unquote(urlsplit(uri).path)).name) or "untitled"


def _lines_at(document: Document, place: types.Range, max_chars: int) -> tuple[int, int]:
    """First and last line concerned, blank ones at either end left out."""
    start, end = document.locate(place.start), document.locate(place.end)
    if start == end:
        first, last = _narrowed(document.lines, *block_at(document.lines, start.line), start.line, max_chars)
    else:
        first, last = start.line, end.line - (end.index == 0 and end.line > start.line)
    while first < last and not document.lines[first].strip():
        first += 1
    while last > first and not document.lines[last].strip():
        last -= 1
    return first, last


def _narrowed(lines: list[str], first: int, last: int, line: int, max_chars: int) -> tuple[int, int]:
    """Leave the lines out that are farthest from `line` until the rest is short enough."""
    num_chars = sum(map(len, lines[first : last + 1]))
    while num_chars > max_chars and first < last:
        is_above_farther = line - first > last - line
        num_chars -= len(lines[first if is_above_farther else last])
        first, last = first + is_above_farther, last - (not is_above_farther)
    return first, last


def block_at(lines: list[str], line: int) -> tuple[int, int]:
    """Find the definition around a line, by indentation and keywords; at the left edge also the paragraph.

    Returns:
        Its first and last line; of more than `MAX_BLOCK_LINES` on either side of `line` only the nearer ones.
    """
    first = _header(lines, line)
    if _width(lines[first]) == 0 and not _DEFINES.match(lines[first]) and not _opens(lines, first):
        return _paragraph(lines, line)
    last = first
    for number in range(first + 1, min(first + MAX_BLOCK_LINES, len(lines))):
        if lines[number].strip():
            if _width(lines[number]) <= _width(lines[first]) and not _belongs(lines, first, number):
                break
            last = number
    return first, last


def _header(lines: list[str], line: int) -> int:
    """Climb from a line to the one that begins the definition around it."""
    header = line
    for number in range(line, max(line - MAX_BLOCK_LINES, -1), -1):
        if number == line or _is_outside(lines[number], lines[header]):
            header = number
            if _DEFINES.match(lines[number]) and not _CONTROLS.match(lines[number]):
                break
    return header


def _is_outside(line: str, header: str) -> bool:
    """Whether `line`, above `header`, begins something that `header` is in."""
    goes_on = _GOES_ON.match(header.lstrip()) is not None
    is_left = _width(line) < _width(header) + goes_on  # a bracket closes what was opened at its own level
    return bool(line.strip()) and (is_left or not header.strip())


def _belongs(lines: list[str], first: int, number: int) -> bool:
    is_level = _width(lines[number]) == _width(lines[first])
    return is_level and _GOES_ON.match(lines[number].lstrip()) is not None


def _opens(lines: list[str], line: int) -> bool:
    return line + 1 < len(lines) and bool(lines[line + 1].strip()) and _width(lines[line + 1]) > _width(lines[line])


def _paragraph(lines: list[str], line: int) -> tuple[int, int]:
    first = last = line
    while first > max(line - MAX_BLOCK_LINES, 0) and lines[first - 1].strip():
        first -= 1
    while last + 1 < min(line + MAX_BLOCK_LINES, len(lines)) and lines[last + 1].strip():
        last += 1
    return first, last


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
