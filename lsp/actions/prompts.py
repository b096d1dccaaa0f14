"""What each action asks the model. One user turn: not every chat template knows a system's."""

import re

from assistant.protocol import ChatRequest, Message
from lsp.actions.answers import clean
from lsp.actions.scene import Room, Scene

MAX_DETAIL_CHARS = 2_000
"""Of an instruction or a diagnostic."""

_ONLY_CODE = "Answer with {what} in one code block, and nothing else."
_REWRITTEN = _ONLY_CODE.format(what="all of the selected lines as they should be")
_TASKS = {
    "explain": "Explain the selected lines to a colleague who has to change them: what they do, and why; then what is "
    "easy to miss. Be brief.",
    "document": "Document the selected lines in the way usual for the language: what they do, arguments, result, "
    f"errors. Only add comments, and change no code. {_REWRITTEN}",
    "tests": "Write tests for the selected lines with the usual test library of the language: the rule, then the edge "
    "cases. Import what is tested from its file; do not copy it. The tests go into the file {detail}. "
    + _ONLY_CODE.format(what="that whole file"),
    "fix": "A tool reports a problem in the selected lines: {detail}\nCorrect it, and change nothing else. "
    + _REWRITTEN,
    "edit": f"Edit the selected lines: {{detail}}\nChange nothing else. {_REWRITTEN}",
}


def ask(action: str, scene: Scene, room: Room, *, detail: str = "") -> ChatRequest:
    """Ask for one of the actions "explain", "document", "tests", "fix" and "edit".

    Args:
        action: Its name.
        scene: The selected lines and what stands around them.
        room: How long the answer may be.
        detail: The tests' file, the diagnostic or the instruction.
    """
    task = _TASKS[action].replace("{detail}", clean(detail)[:MAX_DETAIL_CHARS])
    parts = [
        f"File {scene.name}.",
        _part("Before the selected lines", scene.before, scene.language),
        _part("The selected lines", scene.code, scene.language),
        _part("After the selected lines", scene.after, scene.language),
        task,
    ]
    message = Message(role="user", content="\n\n".join(part for part in parts if part))
    return ChatRequest(messages=(message,), max_tokens=room.answer_tokens, temperature=0.0)


def _part(title: str, code: str, language: str) -> str:
    if not code.strip():
        return ""
    longest = max(map(len, re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)  # a file may hold fences, and the code must not end at one
    return f"{title}:\n{fence}{language}\n{code}\n{fence}"
