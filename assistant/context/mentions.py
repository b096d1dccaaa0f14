"""Files named in a question: `@path`, `@path:10`, `@path:10-40`, `@"a path with blanks"`. Pure."""

import re
from dataclasses import dataclass

_MENTION = re.compile(
    r"(?<![^\s(,;])@(?:\"(?P<quoted>[^\"\n]+)\"|(?P<bare>[\w.+\-/~$\[\]()=]*[\w+\]/$=-]))(?::(?P<first>\d{1,7})(?:-(?P<last>\d{1,7}))?)?"
)
_TYPED = re.compile(r"(?:^|[\s(\[{,;])@(?P<typed>\"[^\"\n]*|[^\s\"@`]*)$")
_PLAIN = re.compile(r"[\w.+\-/~$\[\]()=]*[\w+\]/$=-]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A file, or lines of one."""

    path: str
    first: int | None = None
    """Line, from 1; None: all lines."""
    last: int | None = None
    """The last line meant."""

    @property
    def label(self) -> str:
        """As it is typed, without the sign."""
        if self.first is None:
            return self.path
        return f"{self.path}:{self.first}" + (f"-{self.last}" if self.last != self.first else "")


def mentions(question: str) -> list[Mention]:
    """The files that a question names, each once, in order. Whether they are there is not asked here."""
    found: dict[Mention, None] = {}
    for match in _MENTION.finditer(question):
        first = int(match["first"]) if match["first"] else None
        last = int(match["last"]) if match["last"] else first
        found[Mention(match["quoted"] or match["bare"], first, last)] = None
    return list(found)


def typed_path(before: str) -> str | None:
    """The beginning of a path that is being typed at the end of `before`, without the sign; None: none is."""
    match = _TYPED.search(before)
    return match["typed"] if match else None


def spelled(path: str) -> str:
    """A path as it is typed behind the sign."""
    return path if _PLAIN.fullmatch(path) else f'"{path}"'
