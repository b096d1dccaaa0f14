"""All rules, in order."""

from collections.abc import Callable
from dataclasses import dataclass

from lsp.rules import brackets, foreign, indentation, repetition, scope, single_line, suffix, trim
from lsp.rules.around import Surroundings

RULES: dict[str, Callable[[str, Surroundings], str]] = {
    # what is no text of this file
    "model's marks": foreign.without_marks,
    "invisible characters": foreign.without_invisible,
    "lookalikes": foreign.without_lookalikes,
    "fences": foreign.without_fences,
    # how many lines there may be
    "middle of a line": single_line.first_line,
    "second indentation": indentation.without_second_indentation,
    "style of indentation": indentation.in_style_of_file,
    "scope": scope.within_scope,
    # what stands there already
    "stammer": repetition.without_stammer,
    "repetition": repetition.without_repetition,
    "lines above": repetition.without_lines_above,
    "second end": brackets.without_second_end,
    "unmatched closers": brackets.without_unmatched_closers,
    "rest of the line": suffix.without_rest_of_line,
    "following lines": suffix.without_following_lines,
    # what is left
    "before a line": single_line.whole_lines,
    "blanks at line ends": trim.without_blanks_at_line_ends,
    "trailing blanks": trim.without_trailing_blanks,
    "nothing": trim.without_nothing,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Polished:
    """What is left of a model's text."""

    text: str
    """Empty if nothing is worth showing."""
    cuts: tuple[str, ...]
    """Names of the rules that changed it, in order."""


def polish(text: str, around: Surroundings, *, is_torn: bool = False) -> Polished:
    """Apply all rules until none has anything left to say: what is polished once is polished.

    Args:
        text: What the model wrote.
        around: Where it is to stand.
        is_torn: The model was stopped before it was done; its last line is dropped if others are left.
    """
    cuts: dict[str, None] = {}
    if is_torn and (whole := single_line.without_torn_line(text, around)) != text:
        text, cuts = whole, {"torn line": None}
    before = None
    while text != before:
        before = text
        for name, rule in RULES.items():
            changed = rule(text, around)
            if changed != text:
                text, cuts = changed, cuts | {name: None}
    return Polished(text=text, cuts=tuple(cuts))
