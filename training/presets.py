"""How a task is put to a kind of model, what ends its answer, and where in it the program is.

The one place for `cairn train sample` and `cairn eval`: scores swing by tens of points with a prompt's blanks, so every
result names its preset. A prompt that is code (HumanEval's: imports, helpers, a function with its docstring) is
continued; a prompt in words is laid out as the family was trained to read it.

Sources: the bigcode evaluation harness and EvalPlus for the stop rules; WizardCoder's evaluation script for its prompt;
PanGu-Coder2 (arXiv:2307.14936), section 4, for the docstring before the signature.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass

from assistant.errors import InputError
from assistant.prompts import WRITTEN_ENDS
from assistant.protocol import Message
from training.asking.model import Prompt, cut
from training.extraction import code_in, defines, parsed, preamble
from training.rows import Task

_OUTSIDE = ("\nclass ", "\ndef ", "\nimport ", "\nfrom ", "\nassert ", "\nif __name__", "\nprint(")
"""What begins at the margin after the function that was asked for."""
_STARCODER = ("\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif", "\n```", *WRITTEN_ENDS)
_WORDS = ('\n"""', "\nif __name__", "\nprint(", "\nassert ")
"""After a whole program: the next task, or a demonstration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One way to ask and to read."""

    name: str
    prompt: Callable[[Task], Prompt]
    stops: Callable[[Task], tuple[str, ...]]
    extract: Callable[[Task, str], str]
    """The program in an answer, whole: with what the prompt began. Empty if there is none."""


def preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        InputError: There is none.
    """
    if name not in PRESETS:
        raise InputError(f"no such preset: {name}", hint=f"one of {', '.join(PRESETS)}")
    return PRESETS[name]


def is_code(task: Task) -> bool:
    """Whether the prompt is the beginning of a program, to be gone on with."""
    return bool(task.entry_point) and defines(task.prompt, task.entry_point) and parsed(task.prompt) is not None


def _continued(task: Task) -> str:
    return task.prompt if is_code(task) else _as_docstring(task)


def _stripped(task: Task) -> str:
    return _continued(task).strip() if is_code(task) else _continued(task)


def _as_docstring(task: Task) -> str:
    return f'"""\n{task.prompt.strip()}\n"""\n'


def _docstring_first(task: Task) -> str:
    """PanGu-Coder2's: the docstring, then imports, helpers and the signature; a prompt without one as it is."""
    split = _split(task)
    return f'"""\n{split[0]}\n"""\n{split[1]}' if split else _continued(task)


def _split(task: Task) -> tuple[str, str] | None:
    """Docstring, and the prompt without it, of a prompt that is code and has one."""
    if not is_code(task):
        return None
    lines = task.prompt.split("\n")
    for node in (parsed(task.prompt) or ast.Module([], [])).body:
        if isinstance(node, ast.FunctionDef) and node.name == task.entry_point and ast.get_docstring(node):
            string = node.body[0]
            rest = [*lines[: string.lineno - 1], *lines[string.end_lineno or string.lineno :]]
            return ast.get_docstring(node) or "", "\n".join(rest).strip("\n") + "\n"
    return None


def _alpaca(task: Task) -> str:
    return (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        f"### Instruction:\nCreate a Python script for this problem:\n{task.prompt}\n\n### Response:"
    )


def _conversation(task: Task) -> tuple[Message, ...]:
    named = f" `{task.entry_point}`" if task.entry_point else ""
    if is_code(task):
        begun = task.prompt.strip("\n")
        words = f"Complete the function{named}:\n\n```python\n{begun}\n```\n\nGive all of it in one Python code block."
    else:
        words = f"{task.prompt.strip()}\n\nGive the function{named} in one Python code block."
    return (Message(role="user", content=words),)


def _ends(in_code: tuple[str, ...], in_words: tuple[str, ...]) -> Callable[[Task], tuple[str, ...]]:
    return lambda task: in_code if is_code(task) else in_words


def _begun_by(layout: Callable[[Task], str], stops: Callable[[Task], tuple[str, ...]]) -> Callable[[Task, str], str]:
    """The prompt and its continuation, as they are; after words, the continuation alone."""
    return lambda task, text: (layout(task) if is_code(task) else "") + cut(text, stops(task))


def _answered(task: Task, text: str) -> str:
    """The code in an answer; where the task began a program, with the imports and helpers that stand there."""
    code = code_in(text, task.entry_point)
    if not is_code(task):
        return code
    if code[:1].isspace() and not defines(code, task.entry_point):  # the body alone
        return task.prompt.rstrip("\n") + "\n" + code
    return preamble(task.prompt, task.entry_point, code) + code if code else ""


_completion_ends = _ends(WRITTEN_ENDS + _OUTSIDE, WRITTEN_ENDS + _WORDS)
_starcoder_ends = _ends(_STARCODER, WRITTEN_ENDS + _WORDS)
_alpaca_ends = _ends(("\n### Instruction", *WRITTEN_ENDS), ("\n### Instruction", *WRITTEN_ENDS))

PRESETS: dict[str, Preset] = {
    each.name: each
    for each in (
        Preset(
            name="completion",
            prompt=_continued,
            stops=_completion_ends,
            extract=_begun_by(_continued, _completion_ends),
        ),
        Preset(
            name="starcoder", prompt=_stripped, stops=_starcoder_ends, extract=_begun_by(_stripped, _starcoder_ends)
        ),
        Preset(name="wizardcoder", prompt=_alpaca, stops=_alpaca_ends, extract=_answered),
        Preset(
            name="pangu-coder2",
            prompt=_docstring_first,
            stops=_completion_ends,
            extract=_begun_by(_docstring_first, _completion_ends),
        ),
        Preset(name="chat", prompt=_conversation, stops=_ends((), ()), extract=_answered),
    )
}
