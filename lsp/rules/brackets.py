"""Brackets, strings and comments are closed once: by the text, by what follows the cursor, or by the next line."""

import re

from lsp.rules.around import Surroundings
from lsp.rules.code import CLOSER_OF, Code, closed, opened, read_code
from lsp.rules.languages import language_of

_NO_LEADING_CLOSER = re.compile(r"[^\s)\]}].*")
_END_OF = {mark: mark for mark in ('"""', "'''", '"', "'", "`")} | {"/*": "*/", "<!--": "-->"}
_NUM_LINES_BELOW = 3
_MAX_REST_CHARS = 500
_MAX_WAITING = 16
_MAX_DEPTH = 64


def without_second_end(text: str, around: Surroundings) -> str:
    """In a string or comment that ends after the cursor, stop where the text ends it, unless it opens one for the rest.

    What may hold lines ends after the cursor if the next line begins with its end: further away, it could be another's.
    """
    inside = opened(around).inside
    end = _END_OF.get(inside, "")
    if not end:
        return text
    after = around.rest_of_line
    if end not in after and len(end) > 1:
        below = next(iter(around.lines_below(1)), "").lstrip()
        after = end if below.startswith(end) else ""
    code = read_code(text, around.language, inside)
    is_ended_after = end in after and not read_code(after, around.language, inside).inside
    return text[: code.hidden[0][1]].removesuffix(end) if is_ended_after and not code.inside else text


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
    """Index of the first closing bracket that is one too many; None if there is none."""
    stack = opened(around).brackets
    waiting = _waiting(around)
    num_served = _num_served(stack, waiting)
    suspect: int | None = None  # where it began that too few stay open for those that wait
    for index, bracket in code.brackets:
        if bracket in CLOSER_OF:
            stack += bracket
        elif stack and CLOSER_OF[stack[-1]] == bracket:
            stack = stack[:-1]
            suspect = index if suspect is None else suspect
        elif not _may_close_unseen(text[:index], stack, around):
            return index if suspect is None else suspect
        goes_on = suspect is None or "\n" not in text[suspect:index]  # } else {
        if goes_on and _num_served(stack, waiting) >= num_served:
            suspect = None
    return suspect


def _may_close_unseen(text: str, stack: str, around: Surroundings) -> bool:
    """Whether a bracket that begins a line may close what was opened before the part of the file that was read."""
    return not stack and not opened(around).is_certain and not text.rpartition("\n")[2].strip()


def _waiting(around: Surroundings) -> str:
    """Brackets after the cursor that close what is open there: on its line, and those that begin the next ones."""
    waiting, num_open = "", 0
    for _, bracket in read_code(around.rest_of_line[:_MAX_REST_CHARS], around.language).brackets:
        num_open += 1 if bracket in CLOSER_OF else -1
        if num_open < 0:
            waiting, num_open = waiting + bracket, 0
    if num_open == 0 and not around.is_before_a_line:
        for line in around.lines_below(_NUM_LINES_BELOW):
            waiting += "".join(_NO_LEADING_CLOSER.sub("", line, count=1).split())
            if line.strip(" \t)]};,"):
                break
    return waiting[:_MAX_WAITING]


def _num_served(stack: str, waiting: str) -> int:
    """How many of the brackets that wait find an open one, leaving out those that were forgotten in between."""
    left = stack[-_MAX_DEPTH:]
    for number, closer in enumerate(waiting):
        rest = closed(left, closer)
        if rest == left:
            return number
        left = rest
    return len(waiting)


def _first_without_partner(code: Code) -> int | None:
    stack: list[str] = []
    for index, bracket in code.brackets:
        if bracket in CLOSER_OF:
            stack.append(bracket)
        elif not stack or CLOSER_OF[stack.pop()] != bracket:
            return index
    return None
