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
        InputError: There is nothing to ask, or a file cannot be read, or something is no text.
    """
    parts = [question] if question else []
    parts += [f"{file}:\n{read_text(file)}" for file in files]
    try:
        parts += [stdin.read().strip()] if stdin else []
        text = "\n\n".join(filter(None, parts))
        text.encode("utf-8")  # bytes that were none came as lone surrogates
    except UnicodeError:
        raise InputError("the question is not UTF-8 text", hint="convert it first: iconv -t utf-8") from None
    if not text:
        raise InputError("nothing was asked", hint='for example: cairn ask "reverse the words of a sentence"')
    return text


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
