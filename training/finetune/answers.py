"""What a model would have had to say for its answer to hold a given program: the way back of `training.presets`."""

import ast

from training.asking.model import cut
from training.extraction import parsed
from training.presets import Preset, is_code
from training.rows import Task


def said(preset: Preset, task: Task, code: str) -> str | None:
    """The answer that holds a program, as the paper has it: the code and nothing else.

    A prompt that begins the program is gone on with; a conversation is answered with one block, as it asks for.

    Returns:
        None where the program goes on from another beginning, or where a stop would cut it.
    """
    if not isinstance(preset.prompt(task), str):
        return f"```python\n{code.strip()}\n```"
    text = _continuation(preset, task, code) if is_code(task) else code
    return text if text is not None and cut(text, preset.stops(task)) == text else None


def _continuation(preset: Preset, task: Task, code: str) -> str | None:
    for begun in (str(preset.prompt(task)), task.prompt):
        if code.startswith(begun):
            return code[len(begun) :]
    before, body = _around(code, task.entry_point)
    return body if before.strip() in task.prompt else None


def _around(code: str, entry_point: str) -> tuple[str, str | None]:
    """What stands before a function, and its body behind the docstring; None if there is no such function, or more."""
    tree = parsed(code)
    last = tree.body[-1] if tree and tree.body else None
    if not isinstance(last, ast.FunctionDef) or last.name != entry_point:
        return "", None
    body = last.body[1:] if ast.get_docstring(last) is not None else last.body
    if not body or body[0].lineno == last.lineno:
        return "", None
    lines = code.splitlines(keepends=True)
    return "".join(lines[: last.lineno - 1]), "".join(lines[body[0].lineno - 1 :])
