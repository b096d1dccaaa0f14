"""`cairn ask`: one question, one streamed answer."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from assistant import config
from assistant.client import Assistant
from assistant.errors import InputError
from assistant.hole import read_text
from assistant.protocol import ChatRequest, Message, encode
from assistant.sanitize import sanitize


def question_text(question: str | None, files: Sequence[Path], stdin: TextIO | None) -> str:
    """The question with what it is about below it: files, then what was piped in.

    Raises:
        InputError: There is nothing to ask, or a file cannot be read.
    """
    parts = [question] if question else []
    parts += [f"{file}:\n{read_text(file)}" for file in files]
    piped = stdin.read().strip() if stdin else ""
    if piped:
        parts.append(piped)
    if not parts:
        raise InputError("nothing was asked", hint='for example: cairn ask "reverse the words of a sentence"')
    return "\n\n".join(parts)


async def ask_once(client: Assistant, text: str, *, as_json: bool) -> None:
    """Stream the answer to stdout, or print it whole with its timings."""
    request = ChatRequest(
        messages=(Message(role="user", content=text),), max_tokens=config.load(folder=Path.cwd()).answer_tokens
    )
    answer = ""
    async for delta in client.chat(request):
        answer += delta.text
        if not as_json:
            sys.stdout.write(sanitize(delta.text))
            sys.stdout.flush()
        elif delta.timings:
            print(json.dumps({"text": answer, "finish_reason": delta.finish_reason, "timings": encode(delta.timings)}))
    if not as_json and not answer.endswith("\n"):
        print()
