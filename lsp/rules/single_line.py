"""Where one line is enough, and what becomes of the others."""

import re

from lsp.rules.around import Surroundings
from lsp.rules.code import opened
from lsp.rules.languages import language_of

_FINISHED = re.compile(r"\S.*[;}][ \t]*\Z|[ \t]*(?:[;}]|pass|break|continue)[ \t]*\Z")
_NEEDS_MORE = re.compile(r"\A[^\n]*[ \t(\[{+*/%<>=!&|^~?:.,-]\Z")
_HOLDS_LINES = ('"""', "'''", "/*", "<!--", "`")


def wants_single_line(around: Surroundings) -> bool:
    """Whether to ask a model for one line only.

    In the middle of a line, several would tear it apart. In a comment or string of one line, the next line is another
    thing. After a finished statement the new line is the user's to begin: a model has nothing to say, or a remark.
    """
    if around.is_mid_line:
        return True
    if around.is_before_a_line:
        return False
    inside = opened(around).inside
    if inside:
        return inside not in _HOLDS_LINES
    return not language_of(around.language).is_prose and _FINISHED.match(around.line_before) is not None


def first_line(text: str, around: Surroundings) -> str:
    """Keep one line where the cursor stands in the middle of one."""
    return text.partition("\n")[0] if around.is_mid_line else text


def whole_lines(text: str, around: Surroundings) -> str:
    """Before a line that is there, keep whole lines, and its indentation; or a part of that line: `not `, `await `."""
    if not around.is_before_a_line or _NEEDS_MORE.search(text):
        return text
    return around.cut_after(text.split("\n")[:-1])


def without_torn_line(text: str, around: Surroundings) -> str:
    """Drop the last line, probably half of one, if something is left without it."""
    lines = text.rpartition("\n")[0]
    return lines if lines.strip() else text
