r"""Bytes of a file as lines and back again: encoding, line ends and a missing last one survive. Pure.

Only "\n", "\r\n" and "\r" end a line. What is not UTF-8 (or UTF-16 with its mark) is some 8-bit encoding that cannot be
known: its lines are kept byte for byte, and new ones may only be ASCII, or lines that it has already.
"""

import codecs
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.workspace.refusals import WorkspaceError

MAX_BYTES = 2 << 20
MAX_LINES = 10_000
_BINARY_WITHIN = 8192
_LINE_END = re.compile(r"\r\n|\n|\r")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNKNOWN_8_BIT = "latin-1"
"""Gives every byte a character and every such character its byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """Lines of a file that give way to others."""

    start: int
    """Index of the first line, from 0."""
    old: tuple[str, ...]
    """The lines as they are, without their ends."""
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A file's lines, their ends, and how they were written."""

    lines: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    r"""Of each line: "\n", "\r\n", "\r", or "" at the end of the file."""
    encoding: str = "utf-8"
    mark: bytes = b""
    """The byte order mark it begins with."""

    @classmethod
    def of(cls, content: bytes, path: str) -> "Text":
        """Read a file's bytes; `Text.of(content, path).content(path) == content`.

        Raises:
            WorkspaceError: It is too large, or no text.
        """
        if len(content) > MAX_BYTES:
            raise WorkspaceError(f"{path} is larger than {MAX_BYTES >> 20} MB", hint="edit it by other means")
        mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", "utf-8"))
        if not encoding.startswith("utf-16") and b"\0" in content[:_BINARY_WITHIN]:
            raise WorkspaceError(f"{path} is binary", hint="only text can be shown and edited")
        text, encoding = _decoded(content[len(mark) :], encoding, path, is_marked=bool(mark))
        lines, ends = _split(text)
        if len(lines) > MAX_LINES:
            raise WorkspaceError(f"{path} has more than {MAX_LINES:,} lines", hint="edit it by other means")
        return cls(tuple(lines), tuple(ends), encoding, mark)

    def content(self, path: str) -> bytes:
        """The bytes of the file.

        Raises:
            WorkspaceError: A line cannot be written in the file's encoding.
        """
        text = "".join(line + end for line, end in zip(self.lines, self.ends, strict=True))
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise _unwritable(path, text[error.start]) from error

    def changed(self, changes: Sequence[TextChange], path: str) -> "Text":
        """The text with lines replaced; `changes` are in order and do not overlap. The file's last line end stays.

        Raises:
            WorkspaceError: The file is of an unknown encoding, and a new line is neither ASCII nor one of its own.
        """
        lines, ends = list(self.lines), list(self.ends)
        usual = self._usual_end()
        for change in reversed(changes):
            first, behind = change.start, change.start + len(change.old)
            assert tuple(lines[first:behind]) == change.old
            self._check_new(change, path)
            known = ends[first:behind] or ends[first - 1 : first]
            lines[first:behind] = change.new
            ends[first:behind] = [(known[min(n, len(known) - 1)] if known else usual) for n in range(len(change.new))]
        if lines:
            ends = [*(end or usual for end in ends[:-1]), self._last_end(ends[-1], usual)]
        return Text(tuple(lines), _kept_apart(lines, ends), self.encoding, self.mark)

    def _last_end(self, end: str, usual: str) -> str:
        return (end or usual) if not self.ends or self.ends[-1] else ""

    def _usual_end(self) -> str:
        counts = Counter(end for end in self.ends if end)
        return counts.most_common(1)[0][0] if counts else "\n"

    def _check_new(self, change: TextChange, path: str) -> None:
        if self.encoding == _UNKNOWN_8_BIT:
            for line in change.new:
                if not line.isascii() and line not in self.lines:
                    raise _unwritable(path, next(letter for letter in line if not letter.isascii()))


def _decoded(content: bytes, encoding: str, path: str, *, is_marked: bool) -> tuple[str, str]:
    try:
        return content.decode(encoding), encoding
    except UnicodeDecodeError as error:
        if not is_marked:
            return content.decode(_UNKNOWN_8_BIT), _UNKNOWN_8_BIT
        raise WorkspaceError(
            f"{path} is not the {encoding} that it begins as", hint="only text can be edited"
        ) from error


def _split(text: str) -> tuple[list[str], list[str]]:
    """Lines without their ends, and the ends; text behind the last end is a line that has none."""
    pieces = _LINE_END.split(text)
    ends = _LINE_END.findall(text)
    return (pieces, [*ends, ""]) if pieces[-1] else (pieces[:-1], ends)


def _kept_apart(lines: Sequence[str], ends: Sequence[str]) -> tuple[str, ...]:
    r"""The ends, with no "\r" before an empty line that ends in "\n": the two would be read as one end."""
    following = [*zip(lines[1:], ends[1:], strict=True), ("", "")]
    return tuple(
        "\n" if (end, *next_) == ("\r", "", "\n") else end for end, next_ in zip(ends, following, strict=False)
    )


def _unwritable(path: str, letter: str) -> WorkspaceError:
    return WorkspaceError(
        f"{path} is not UTF-8, and U+{ord(letter):04X} may have no place in it",
        hint="convert the file to UTF-8 first, or leave this change out",
    )
