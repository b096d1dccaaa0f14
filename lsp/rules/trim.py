"""Blanks nobody needs."""

from lsp.rules.around import Surroundings
from lsp.rules.code import lines_in_strings
from lsp.rules.languages import language_of


def without_blanks_at_line_ends(text: str, around: Surroundings) -> str:
    """Let no line of code end in blanks; in prose and strings they may mean something, before the cursor's rest too."""
    if "\n" not in text or language_of(around.language).is_prose:
        return text
    content = lines_in_strings(text, around)
    *lines, last = text.split("\n")
    kept = [line if number + 1 in content else line.rstrip(" \t") for number, line in enumerate(lines)]
    return "\n".join([*kept, last])


def without_trailing_blanks(text: str, around: Surroundings) -> str:
    """End with a character one can see where nothing follows on the line; one blank is enough where one follows."""
    rest = around.suffix.partition("\n")[0]
    if not rest.strip():
        return text.rstrip()
    return text.rstrip(" \t") if rest.startswith((" ", "\t")) and not around.is_before_a_line else text


def without_nothing(text: str, around: Surroundings) -> str:
    """Show nothing where nothing is seen. One character is enough: a bracket closes a call, a letter ends a word."""
    return text if text.strip() else ""
