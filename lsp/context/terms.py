"""The terms of a text, by which it is found, and the pieces that are found. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from zlib import crc32

_IDENTIFIER = re.compile(r"\b[^\W\d]\w{1,63}\b")
_SEAM = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_KEYWORDS = frozenset(  # a list would fill a page
    """
    abstract and any as assert async auto await bool boolean break case catch char class const constexpr continue def
    default defer del delete do double elif else elsif end enum except export extends extern false final finally float
    fn for foreach from fun func function global go goto if impl implements import in include inline instanceof int
    interface is lambda let long match mod module mut namespace new nil none nonlocal not null of or override package
    pass private protected pub public raise readonly ref return self short sizeof static str string struct super switch
    template then this throw throws trait true try type typedef typeof undefined unsigned until use using val var
    virtual void volatile where while with yield
    """.split()  # noqa: SIM905
)
"""Say nothing about what a text is about, in whatever language."""


def terms_of(text: str) -> Counter[int]:
    """Count the terms of a text: parts of its identifiers (camelCase, snake_case), hashed to 32 bits, no keywords."""
    return Counter(chain.from_iterable(map(_terms_of_identifier, _IDENTIFIER.findall(text))))


@lru_cache(20_000)
def _terms_of_identifier(identifier: str) -> tuple[int, ...]:
    parts = (part.lower() for part in _SEAM.split(identifier))
    words = [part for part in parts if len(part) > 1 and not part.isdigit() and part not in _KEYWORDS]
    return tuple(crc32(word.encode("utf-8", "surrogatepass")) for word in words)


_SHORTEST, _USUAL, _LONGEST = 12, 24, 32
_DEFINITION = re.compile(
    r"(?:export |pub(?:\(\w+\))? |public |private |protected |static |abstract |final |async |default |@)*"
    r"(?:def|class|fn|func|function|fun|impl|struct|interface|trait|enum|type|module|namespace|sub|@)\b|@"
)


def pieces(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Part a text into pieces of 12 to 32 lines, where it parts best: (first line, line behind the last)."""
    first = 0
    while len(lines) - first > _LONGEST:
        usual = first + _USUAL
        seams = range(first + _SHORTEST, first + _LONGEST + 1)
        _, _, end = max((_seam(lines, n), -abs(n - usual), n) for n in seams)
        yield first, end
        first = end
    if first < len(lines):
        yield first, len(lines)


def _seam(lines: list[str], n: int) -> int:
    """Say how well a text parts before line `n`: 0 not, 4 a definition at the margin behind a blank line."""
    line = lines[n].lstrip()
    if not line or line[0] in ")]}":
        return 0
    is_at_margin = len(line) == len(lines[n])
    is_behind_blank = not lines[n - 1].strip()
    is_definition = _DEFINITION.match(line) is not None
    return is_behind_blank + is_at_margin + is_definition + (is_definition and is_at_margin)
