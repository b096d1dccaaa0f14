"""One line of a .gitignore, as git understands it.

Written here and not taken from the library pathspec, because a cloned repository's .gitignore is a stranger's text:
`*a*a*a*a*a*a*a*ab` against a name of sixty letters kept pathspec 1.1.1 busy for 24 seconds, with the interpreter's lock
held. Here a star never gives back what it took (atomic groups), so a match takes polynomial, small time; and character
classes such as [[:alpha:]] mean what they mean in git. Source of the rules: the manual page gitignore(5).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_CLASSES = {
    b"alnum": rb"a-zA-Z0-9",
    b"alpha": rb"a-zA-Z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t-\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9a-fA-F",
}
_CLASS = rb"\[:[^\]]*:\]"
_RANGE = rb"(?:\\.|[^\\\]])(?:-(?:\\.|[^\\\]]))?"
_SET = rb"[!^]?(?>(?:%s|(?:\\.|[^\\])(?:-(?:\\.|[^\\\]]))?)(?:%s|%s)*+)" % (_CLASS, _CLASS, _RANGE)  # ] may come first
_TOKEN = re.compile(
    rb"(?P<deep>(?:(?<=/)|\A)\*\*+(?:/|\Z))"  # ** as a whole segment, any number of folders
    rb"|(?P<star>\*+)|(?P<any>\?)|\[(?P<set>%s)\]|\\(?P<escaped>.)|(?P<broken>[\[\\])|(?P<plain>.)" % _SET,
    re.DOTALL,
)
_MEMBER = re.compile(rb"\[:(?P<named>[^\]]*):\]|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^\\\]]))?", re.DOTALL)
_STAR = rb"[^/]*?"


class _NeverMatchesError(Exception):
    """Git reads such a pattern as one that fits nothing."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern and what it says about what it fits."""

    line: str
    is_negated: bool
    is_for_folders: bool
    is_for_names: bool
    """It has no slash, so that it is held against the last part of a path alone."""
    regex: re.Pattern[bytes]


def read_patterns(text: bytes) -> list[Pattern]:
    """Read a file of patterns; lines that fit nothing are left out. Raises nothing."""
    lines = text.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return [pattern for line in lines if (pattern := _read_line(line)) is not None]


def last_match(patterns: Sequence[Pattern], path: bytes, *, is_folder: bool) -> Pattern | None:
    """Return the last pattern that fits; the last one decides. `path` is relative to the folder of the patterns."""
    name = path.rpartition(b"/")[2]
    for pattern in reversed(patterns):
        if (is_folder or not pattern.is_for_folders) and pattern.regex.match(name if pattern.is_for_names else path):
            return pattern
    return None


def _read_line(line: bytes) -> Pattern | None:
    glob = _without_trailing_blanks(line.removesuffix(b"\r"))
    if glob.startswith(b"#"):
        return None
    shown = glob.decode("utf-8", "replace")
    is_negated = glob.startswith(b"!")
    glob = glob[1:] if is_negated else glob
    is_for_folders = glob.endswith(b"/")
    glob = glob[:-1] if is_for_folders else glob
    if not glob:
        return None
    try:
        regex = re.compile(_regex(glob.removeprefix(b"/")), re.DOTALL)
    except _NeverMatchesError:
        return None
    return Pattern(shown, is_negated, is_for_folders, b"/" not in glob, regex)


def _without_trailing_blanks(line: bytes) -> bytes:
    match = re.fullmatch(rb"((?:\\.|[^\\])*?) *(\\?)", line, re.DOTALL)
    return match[1] + match[2] if match else line


def _regex(glob: bytes) -> bytes:
    """Translate. What another wildcard follows is right where it fits first: the wildcard takes the difference."""
    sections = [[b""]]  # parted at each **, then at each *
    for kind, text in _tokens(glob):
        if kind == "deep":
            sections.append([rb"(?:.*?/)??" if text.endswith(b"/") else rb".*?"])
        elif kind == "star":
            sections[-1].append(b"")
        else:
            sections[-1][-1] += text
    *firm, (head, *parts) = sections
    before = b"".join(b"(?>%s)" % (head + _after_stars(parts)) for head, *parts in firm)
    end = _STAR + parts.pop() if parts else b""
    return before + head + _after_stars(parts) + end + rb"\Z"


def _after_stars(parts: Iterable[bytes]) -> bytes:
    return b"".join(b"(?>%s)" % (_STAR + part) for part in parts)


def _tokens(glob: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what kind each piece is; of those that fit one byte, the regular expression."""
    literal = re.split(rb"[*?\[\\]", glob, maxsplit=1)[0]
    yield "plain", re.escape(literal)
    for token in _TOKEN.finditer(glob[len(literal) :]):  # so that in a**/b the stars are a segment: git does it, too
        kind = str(token.lastgroup)
        if kind == "broken":
            raise _NeverMatchesError
        yield kind, _one_byte(kind, token[kind])


def _one_byte(kind: str, text: bytes) -> bytes:
    if kind == "any":
        return rb"[^/]"
    return _set(text) if kind == "set" else text if kind == "deep" else re.escape(text)


def _set(text: bytes) -> bytes:
    is_negated = text[:1] in (b"!", b"^")
    members = b"".join(_members(_MEMBER.finditer(text[1:] if is_negated else text)))
    if is_negated:
        return rb"[^/%s]" % members
    return rb"(?!/)[%s]" % members if members else rb"(?!)"


def _members(found: Iterable[re.Match[bytes]]) -> Iterator[bytes]:
    for member in found:
        if member["named"] is not None:
            if member["named"] not in _CLASSES:
                raise _NeverMatchesError
            yield _CLASSES[member["named"]]
        else:
            low, high = member["low"][-1], (member["high"] or member["low"])[-1]
            yield rb"\x%02x-\x%02x" % (low, max(low, high))  # of [z-a] git takes the z
