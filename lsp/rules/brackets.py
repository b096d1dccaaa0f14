"""Every bracket and quote is closed once: by the text, by what stands after the cursor, or by the next line."""

import re

from lsp.rules.around import Surroundings
from lsp.rules.code import CLOSER_OF, Code, opened, read_code
from lsp.rules.languages import language_of

_NO_LEADING_CLOSER = re.compile(r"[^\s)\]}].*")


def without_second_quote(text: str, around: Surroundings) -> str:
    """In a string that is closed after the cursor, stop where the text closes it, unless it opens another for it."""
    quote = opened(around).inside
    if not quote.startswith(('"', "'", "`")) or not around.rest_of_line.startswith(quote):
        return text
    code = read_code(text, around.language, quote)
    return text if code.inside == quote else text[: code.hidden[0][1] - len(quote)]


def without_unmatched_closers(text: str, around: Surroundings) -> str:
    """Stop before a bracket that closes nothing, or what is closed after the cursor already.

    What the text opens it may close, and what is open at the cursor, as long as enough stays open for the brackets that
    follow on the line and at the start of the next. Strings and comments do not count. Where brackets come without
    partners, in prose and in shells, only the bracket that follows the cursor is not typed again.
    """
    before = opened(around)
    code = read_code(text, around.language, before.inside)
    if language_of(around.language).pairs_brackets and not before.inside:
        return text[: _first_superfluous(text, code, around)]
    next_character = around.rest_of_line.lstrip()[:1]
    first = _first_without_partner(code)
    return text[:first] if first is not None and next_character and text[first] == next_character else text


def _first_superfluous(text: str, code: Code, around: Surroundings) -> int | None:
    before = opened(around)
    stack = list(before.brackets)
    num_reserved = min(len(stack), _count_waiting(around))
    depths: list[tuple[int, int]] = []
    for index, bracket in code.brackets:
        if bracket in CLOSER_OF:
            stack.append(bracket)
        elif stack and CLOSER_OF[stack[-1]] == bracket:
            stack.pop()
        elif stack or before.is_certain or text[:index].rpartition("\n")[2].strip() or _count_waiting(around):
            return _deficit(depths, num_reserved, index)
        depths.append((index, len(stack)))
    return _deficit(depths, num_reserved, None)


def _deficit(depths: list[tuple[int, int]], num_reserved: int, otherwise: int | None) -> int | None:
    """Where fewer brackets than are needed stay open for good."""
    cut = otherwise
    for index, depth in reversed(depths):
        if depth >= num_reserved:
            break
        cut = index
    return cut


def _count_waiting(around: Surroundings) -> int:
    """Brackets after the cursor that need an open one: on its line, and at the start of the next."""
    rest = read_code(around.rest_of_line, around.language)
    count, depth = 0, 0
    for _, bracket in rest.brackets:
        depth += 1 if bracket in CLOSER_OF else -1
        count = max(count, -depth)
    below = next(iter(around.lines_below(1)), "")
    if depth > 0 or around.is_before_a_line:
        return count
    return count + len("".join(_NO_LEADING_CLOSER.sub("", below, count=1).split()))


def _first_without_partner(code: Code) -> int | None:
    stack: list[str] = []
    for index, bracket in code.brackets:
        if bracket in CLOSER_OF:
            stack.append(bracket)
        elif not stack or CLOSER_OF[stack.pop()] != bracket:
            return index
    return None
