"""Markdown to lines of a given width. No widgets live here.

A stream is cut between top-level blocks: all but the last piece can no longer change, so their lines are made once.
Raw HTML is text here and link targets are spelled out: nothing in an answer may be invisible.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import CodeBlock as RichCodeBlock
from rich.markdown import Heading, ListItem, Markdown, MarkdownElement
from rich.segment import Segment
from rich.syntax import Syntax
from textual.strip import Strip

from assistant.tui.look import Look

_PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_BARE_CODE = re.compile(
    r"( {4}|\t)\S|(async )?def \w+\(|class \w+[(:]|@\w[\w.]*(\(.*\))?$|\w+ = "
    r"|from [\w.]+ import |import [\w.]+( as \w+)?(, [\w.]+( as \w+)?)*$"
)

_FENCE = "`" * 8
"""Longer than any fence a model writes, so that none closes it."""


def blocks(source: str) -> list[str]:
    """Cut Markdown at the top-level blocks whose first two lines are complete; joined, the pieces are `source` again.

    While `source` grows at its end, only the last piece can change: two complete lines tell whether a block interrupts
    the paragraph above it. (A link whose target is defined in another piece shows as it was written.)
    """
    lines = source.split("\n")
    starts = [token.map[0] for token in _PARSER.parse(source) if token.level == 0 and token.map]
    cuts = [0, *(start for start in starts[1:] if start + 2 < len(lines)), len(lines)]
    pieces = ["\n".join(lines[start:end]) for start, end in pairwise(cuts)]
    return [*(piece + "\n" for piece in pieces[:-1]), pieces[-1]]


def fence_bare_code(answer: str) -> str:
    """Fence an answer that starts with code: models trained on bare programs write no fence, and Markdown eats it.

    Only the first line decides, and only once it is complete, so that the verdict stands while the answer grows.
    """
    first, newline, _ = answer.lstrip("\n").partition("\n")
    return f"{_FENCE}python\n{answer}" if newline and _BARE_CODE.match(first) else answer


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block of an answer, sanitised like the answer: what is copied or applied is what was seen."""

    text: str
    info: str = ""
    """What stands behind the fence: a language, perhaps a path."""


def code_blocks(source: str) -> list[CodeBlock]:
    """Find the fenced blocks of Markdown, from top to bottom; for an answer, `fence_bare_code` comes first."""
    fences = (token for token in _PARSER.parse(source) if token.type == "fence")
    return [CodeBlock(token.content, token.info.strip()) for token in fences]


def render(block: str, width: int, look: Look) -> list[Strip]:
    """Lay out Markdown, already sanitised, in lines of at most `width` cells; blank lines around it are left out."""
    options = look.console.options.update(width=width)
    lines = [Strip(line) for line in look.console.render_lines(_Block(block, look), options, pad=False)]
    inked = [y for y, line in enumerate(lines) if line.text.strip()]
    return lines[inked[0] : inked[-1] + 1] if inked else []


class _Heading(Heading):
    """A heading at the left edge, at every level."""

    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class _CodeBlock(RichCodeBlock):
    """A code block in the colours of the running theme."""

    def __init__(self, lexer_name: str, look: Look) -> None:
        self.lexer_name = lexer_name
        self.look = look

    @classmethod
    def create(cls, markdown: Markdown, token: Token) -> "_CodeBlock":
        """Take language and colours for one fence or indented block."""
        assert isinstance(markdown, _Block)
        return cls(token.info.partition(" ")[0] or "text", markdown.look)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = self.text.plain.strip("\n")
        yield Syntax(code, self.lexer_name, theme=self.look.syntax, word_wrap=True, padding=(0, 1))


class _ListItem(ListItem):
    """An item of a list; its number has a dot, as `1 x` would read as code."""

    def render_number(self, console: Console, options: ConsoleOptions, number: int, last_number: int) -> RenderResult:
        """Put the dot where Rich has a blank, so that nothing moves."""
        (numeral, *rest) = cast(Iterable[Segment], super().render_number(console, options, number, last_number))
        yield Segment(f"{number}.".rjust(len(numeral.text) - 1) + " ", numeral.style)
        yield from rest


class _Block(Markdown):
    """Rich's Markdown with this room's parser, headings, numbers and code blocks."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "list_item_open": _ListItem,
        "fence": _CodeBlock,
        "code_block": _CodeBlock,
    }

    def __init__(self, source: str, look: Look) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = _PARSER.parse(source)
        self.look = look
