"""A suggestion ends with the block it stands in. The idea and the reference line are Tabby's."""

import re

from lsp.rules.around import Surroundings, indent_of
from lsp.rules.code import lines_in_strings
from lsp.rules.languages import language_of

_CLOSES = re.compile(r"\s*(?:[)\]}]|</|-->|(?:end|fi|done|esac)\b)")
_CONTINUES = re.compile(
    r"\s*(?:"
    r"[)\]}]*\s*(?:else|elif|elsif|elseif|except|finally|catch|rescue|ensure|case|default|when)\b"
    r"|(?:where|then|do|begin|and|or)\b"
    r"|[)\]}]+.*[(\[{:]\s*$"  # }, {
    r"|\{\s*$"  # a brace on a line of its own
    r")"
)
_GOES_ON_AT_ITS_DEPTH = re.compile(r"\s*(?:@|#|//|/\*|\*|--|\[\w)")
"""Decorators, attributes and comments: what they are about comes next, as deep as they are."""
_PREPROCESSOR = re.compile(r"#\s*(?:if|ifdef|ifndef|else|elif|endif|define|undef|include|pragma)\b")
_FREE_FORM = frozenset({"sql"})
"""Here a statement goes on in lines as deep as its first."""
_OFFSIDE = frozenset({"python", "yaml", "haskell", "fsharp", "nim", "coffeescript"})
"""Here a block has no closing line, and is over after a blank line and one further left."""


def within_scope(text: str, around: Surroundings) -> str:
    """Stop before the first line that is further left than the block allows; its closing line may stay.

    A line that is begun is completed with what belongs to it, which is further right. On a new line the block above
    goes on. `else` and its like go on with the block; two blank lines end everything.
    """
    if language_of(around.language).is_prose:
        return text
    lines = text.split("\n")
    limit = _limit(lines, around)
    content = lines_in_strings(text, around)
    has_text, num_blank = bool(lines[0].strip()), 0
    for number, line in enumerate(lines[1:], start=1):
        if number in content:
            continue
        if not line.strip():
            num_blank += 1
            continue
        if has_text and num_blank > 1:
            return around.cut_after(lines[:number])
        if indent_of(line) < limit and not _PREPROCESSOR.match(line):
            is_over = num_blank > 0 and around.language in _OFFSIDE
            if is_over or not _CONTINUES.match(line):
                return around.cut_after(lines[: number + _may_close(line, around)])
        has_text, num_blank = True, 0
    return text


def _limit(lines: list[str], around: Surroundings) -> int:
    """The column that lines after the first may not be left of."""
    before = around.line_before
    is_begun = bool(before.strip())
    reference = before if is_begun else next(iter(around.lines_above(1)), "")
    depth = indent_of(reference)
    if is_begun and lines[0].strip():
        goes_on = _GOES_ON_AT_ITS_DEPTH.match(before + lines[0]) or around.language in _FREE_FORM
        return depth if goes_on else depth + 1
    own = indent_of(before + lines[0]) if lines[0].strip() else _next_depth(lines, before)
    return depth + 1 if own > depth else min(depth, own)


def _next_depth(lines: list[str], before: str) -> int:
    """How deep a text goes on that begins with a line break: as deep as the cursor, or as its first line."""
    first = next((line for line in lines if line.strip()), "")
    return indent_of(first) if before.strip() or not before else indent_of(before)


def _may_close(line: str, around: Surroundings) -> bool:
    """Whether a line closes the block, and nothing below does so or is still part of it."""
    closer = _CLOSES.match(line)
    below = next(iter(around.lines_below(1)), "")
    if closer is None or indent_of(below) > indent_of(line):
        return False
    return indent_of(below) < indent_of(line) or not below.startswith(closer[0])
