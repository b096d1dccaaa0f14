"""From what a chat model said to code that may enter a file. Pure."""

import re
from itertools import takewhile

from markdown_it import MarkdownIt

from assistant.errors import EngineError
from assistant.lookalikes import lookalikes
from assistant.sanitize import without_unsafe

_PARSER = MarkdownIt("commonmark", {"html": False})
_LINE_BREAK = re.compile(r"\r\n?")
_TAB_CHARS = 4
"""Blanks that stand for a tab where a model writes blanks and the file has tabs."""


def clean(text: str) -> str:
    r"""Break lines by "\n" only, and drop what nobody can see: what `sanitize` would escape is wrong code in a file."""
    return without_unsafe(_LINE_BREAK.sub("\n", text))


def code_of(answer: str, known: str = "") -> list[str]:
    """Take the lines of the longest fenced block, as far left as they go; blank lines around them are left out.

    Raises:
        EngineError: There is none: a sentence of refusal must not be taken for code. Or it has a word that reads as
            another and does not stand in `known`: nobody would see it in the file.
    """
    fences = [token.content for token in _PARSER.parse(clean(answer)) if token.type == "fence"]
    code = max(fences, key=len, default="")
    if not code.strip():
        raise EngineError("the model answered without code", hint="ask again, or use a stronger model")
    for each in lookalikes(code, known):
        raise EngineError(f"the model wrote {each.word}, which {each.why}", hint="nothing was inserted; ask again")
    lines = code.rstrip().split("\n")
    while not lines[0].strip():
        del lines[0]
    return dedented(lines)


def indentation(lines: list[str]) -> str:
    """Blanks that all lines begin with; blank lines say nothing."""
    blanks = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip()]
    if not blanks:
        return ""
    least, most = min(blanks), max(blanks)  # in the order of texts, so that all others begin as these two do
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(least, most, strict=False)))


def dedented(lines: list[str]) -> list[str]:
    """The same lines without the blanks that all of them begin with."""
    width = len(indentation(lines))
    return [line[width:] if line.strip() else "" for line in lines]


def indented(lines: list[str], indent: str, *, with_tabs: bool) -> list[str]:
    """The same lines moved to the right; `with_tabs` turns the blanks they begin with into tabs."""
    if with_tabs:
        lines = [_tabbed(line) for line in lines]
    return [indent + line if line else "" for line in lines]


def _tabbed(line: str) -> str:
    content = line.lstrip(" ")
    num_tabs, num_blanks = divmod(len(line) - len(content), _TAB_CHARS)
    return "\t" * num_tabs + " " * num_blanks + content
