"""The program in what a model said. Everything here is text and syntax; nothing is run.

A chat answer is prose with code in it. The fenced block counts that defines what was asked for; without fences, the
longest run of lines that parses around that definition. What is broken stays broken: a compile error is a verdict.
"""

import ast
import re
import warnings

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})[^\n`]*\n(.*?)(?:^[ \t]*\2[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_DEFINITION = r"^(?:async[ \t]+)?def[ \t]+{name}[ \t]*\("
MAX_CHARS = 1 << 18
"""Beyond that nobody looks for code."""
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What `ast.parse` raises: for NUL and lone surrogates, and where it is too deep, not a SyntaxError."""


def parsed(code: str) -> ast.Module | None:
    """The syntax tree; None where there is none, whatever the reason."""
    try:
        return _tree(code)
    except UNPARSABLE:
        return None


def defines(code: str, entry_point: str) -> bool:
    """Whether the text has a definition of the function at its left margin; of any, if no name is given."""
    return re.search(_definition_of(entry_point), code, re.MULTILINE) is not None


def code_in(text: str, entry_point: str) -> str:
    """The program in an answer with prose; empty if there is none."""
    text = text[:MAX_CHARS].replace("\r\n", "\n")
    blocks = [_moved_left(match[3], match[1]) for match in _FENCE.finditer(text)]
    if blocks:
        return without_demonstration(_chosen(blocks, entry_point))
    return without_demonstration(longest_span(text.split("\n"), entry_point))


def without_demonstration(code: str) -> str:
    """Leave out what only shows the functions at work: calls, prints, asserts and the main guard at the margin."""
    tree = parsed(code)
    if tree is None:
        return code
    lines = code.split("\n")
    kept = [node for node in tree.body if not _demonstrates(node)]
    needed = {line for node in kept for line in _lines_of(node)}
    shown = {line for node in tree.body if _demonstrates(node) for line in _lines_of(node)}
    left = [line for number, line in enumerate(lines, 1) if number not in shown - needed]
    return "\n".join(left).strip("\n") + "\n"


def preamble(prompt: str, entry_point: str, code: str) -> str:
    """What stands in a prompt before the function that it asks for and `code` does not define itself.

    Imports and helpers: an answer that repeats the function alone still needs them.
    """
    tree = parsed(prompt)
    if tree is None:
        return ""
    own = {name for node in (parsed(code) or ast.Module([], [])).body for name in _names(node)}
    lines = prompt.split("\n")
    parts = [
        "\n".join(lines[number - 1] for number in _lines_of(node))
        for node in tree.body
        if entry_point not in _names(node) and not (own & set(_names(node))) and not _demonstrates(node)
    ]
    return "".join(f"{part}\n" for part in parts)


def _chosen(blocks: list[str], entry_point: str) -> str:
    """The longest block that defines the function and parses; else one that tries; else all, as one program."""
    whole = [block for block in blocks if parsed(block) is not None]
    trying = [block for block in blocks if defines(block, entry_point)]
    sound = [block for block in trying if block in whole]
    return max(sound or trying or whole or blocks, key=len)


def longest_span(lines: list[str], entry_point: str) -> str:
    """The longest run of lines around the definition that parses; else all from the definition on.

    The end is found first and the beginning then. What follows an error cannot mend it, so the next try ends before it,
    or begins behind it: a few tries, whatever the text.
    """
    first = next((number for number, line in enumerate(lines) if defines(line, entry_point)), None)
    if first is None:
        return ""
    end = len(lines)
    while wrong := _broken_at(lines[first:end]):
        end = _margin_before(lines, first + min(wrong, end - first) - 1)
        if end <= first:
            return "\n".join(lines[first:])
    begin = 0
    while wrong := _broken_at(lines[begin:end]):
        begin = min(begin + wrong, first)
    return "\n".join(lines[begin:end])


def _broken_at(lines: list[str]) -> int:
    """The line, from 1, at which parsing fails; 0 where it does not."""
    try:
        _tree("\n".join(lines))
    except SyntaxError as error:
        return error.lineno or 1
    except UNPARSABLE:
        return 1
    return 0


def _tree(code: str) -> ast.Module:
    with warnings.catch_warnings():  # of invalid escapes, which are the model's
        warnings.simplefilter("ignore")
        return ast.parse(code)


def _margin_before(lines: list[str], end: int) -> int:
    """The nearest line at or before `end` that stands at the margin: no statement ends within a block."""
    while end > 0 and (not lines[end] or lines[end][0].isspace()):
        end -= 1
    return end


def _moved_left(block: str, indentation: str) -> str:
    """A block in a list item stands as far in as its fence, usually."""
    lines = block.split("\n")
    if all(line.startswith(indentation) or not line.strip() for line in lines):
        return "\n".join(line.removeprefix(indentation) for line in lines)
    return block


def _definition_of(entry_point: str) -> str:
    return _DEFINITION.format(name=re.escape(entry_point) if entry_point else r"\w+")


def _demonstrates(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    is_guard = isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and "__name__" in ast.dump(node.test)
    return is_guard or isinstance(node, ast.Assert)


def _lines_of(node: ast.stmt) -> range:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(each.lineno for each in decorators)])
    return range(first, (node.end_lineno or node.lineno) + 1)


def _names(node: ast.stmt) -> list[str]:
    name = getattr(node, "name", None)
    return [name] if isinstance(name, str) else []
