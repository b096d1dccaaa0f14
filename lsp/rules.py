"""What a careful colleague would not type: rules that cut a model's text before an editor shows it. Pure.

Every rule only removes from the end, or removes characters nobody can see; none invents text.
"""

import re

from assistant.sanitize import sanitize

_CLOSERS = re.compile(r"[\s)\]}>\"'`]*[;:,]?\s*")
_STRING_OR_BRACKET = re.compile(r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'|[()\[\]{}]")
_OPENER_OF = {")": "(", "]": "[", "}": "{"}


def is_only_closing(rest_of_line: str) -> bool:
    """Whether nothing but closing brackets and quotes, or nothing at all, stands after the cursor."""
    return _CLOSERS.fullmatch(rest_of_line) is not None


def polish(text: str, *, line_before: str, suffix: str, is_torn: bool) -> str:
    r"""Apply all rules.

    Args:
        text: What the model wrote.
        line_before: The cursor's line up to the cursor.
        suffix: The text after the cursor, lines broken by "\n".
        is_torn: The model was stopped before it was done.

    Returns:
        What may be shown; empty if nothing is worth showing.
    """
    rest_of_line, _, below = suffix.partition("\n")
    text = without_invisible(text)
    if not is_only_closing(rest_of_line):
        text = text.partition("\n")[0]
    if is_torn:
        text = without_torn_line(text)
    text = without_rest_of_line(text, rest_of_line.rstrip())
    text = without_next_line(text, line_before, below)
    if not rest_of_line.strip():
        text = text.rstrip()
    return text if text.strip() else ""


def without_invisible(text: str) -> str:
    r"""Drop what `sanitize` would escape, "\r" among it: typed into a file, an escape is wrong code."""
    return "".join(character for character in text if sanitize(character) == character)


def without_torn_line(text: str) -> str:
    """Drop the last line, probably half of one, if something is left without it."""
    whole_lines = text.rpartition("\n")[0]
    return whole_lines if whole_lines.strip() else text


def without_rest_of_line(text: str, rest_of_line: str) -> str:
    """Stop where the text begins to repeat what already stands after the cursor."""
    cut = _first_unmatched_closer(text)
    if cut is not None and rest_of_line.lstrip().startswith(text[cut]):
        return text[:cut]
    first_line = text.partition("\n")[0]
    if rest_of_line.strip(" \t)]}") and first_line.endswith(rest_of_line):
        return first_line.removesuffix(rest_of_line)
    return text


def without_next_line(text: str, line_before: str, below: str) -> str:
    """Stop before a line that is, indentation included, the next line that is not blank below the cursor."""
    next_line = next((line.rstrip() for line in below.split("\n") if line.strip()), None)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        whole_line = line_before + line if number == 0 else line
        if whole_line.rstrip() == next_line:
            return "\n".join(lines[:number])
    return text


def _first_unmatched_closer(text: str) -> int | None:
    """Index of the first closing bracket, outside strings, that closes nothing opened in `text`."""
    open_brackets: list[str] = []
    for match in _STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if token in _OPENER_OF.values():
            open_brackets.append(token)
        elif token in _OPENER_OF and (not open_brackets or open_brackets.pop() != _OPENER_OF[token]):
            return match.start()
    return None
