"""The colours of the running theme in Rich's terms: one style for each kind of text and of code token."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, SyntaxTheme
from rich.theme import Theme
from textual.color import Color


class _CodeTheme(ANSISyntaxTheme):
    """Colours by Pygments token name, on the theme's own background."""

    def __init__(self, styles: dict[tuple[str, ...], Style], background: Style) -> None:
        super().__init__(styles)
        self._background_style = background


@dataclass(frozen=True, slots=True)
class Look:
    """A console that knows the colours of prose, and a theme for code."""

    console: Console
    syntax: SyntaxTheme
    mark: Style
    """Of the bar beside a chosen block."""

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> "Look":
        """Read the colours from Textual's theme variables."""
        blue, violet, green, yellow = (
            Style(color=Color.parse(variables[f"text-{name}"]).rich_color)
            for name in ("primary", "accent", "success", "warning")
        )
        bold, dim, italic = Style(bold=True), Style(dim=True), Style(italic=True)
        prose = {
            "markdown.h1": blue + bold,
            "markdown.h2": blue + bold,
            "markdown.h3": bold,
            "markdown.h4": bold,
            "markdown.code": yellow,
            "markdown.block_quote": italic,
            "markdown.item.bullet": blue,
            "markdown.item.number": blue,
            "markdown.hr": dim,
            "markdown.link": blue,
            "markdown.link_url": dim,
            "markdown.table.border": dim,
            "markdown.table.header": blue + bold,
        }
        code = {
            ("Comment",): dim + italic,
            ("Keyword",): violet,
            ("Operator", "Word"): violet,
            ("Name", "Builtin"): blue,
            ("Name", "Function"): blue,
            ("Name", "Class"): blue + bold,
            ("Name", "Decorator"): yellow,
            ("Literal", "Number"): yellow,
            ("Literal", "String"): green,
            ("Literal", "String", "Doc"): green + italic,
        }
        console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", theme=Theme(prose))
        background = Style(bgcolor=Color.parse(variables["surface"]).rich_color)
        return cls(console, _CodeTheme(code, background), mark=yellow + bold)
