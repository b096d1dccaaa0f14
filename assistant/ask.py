"""`cairn ask`: one question, one streamed answer, kept as a chat."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from assistant import config
from assistant.chats.recorder import Recorder
from assistant.chats.store import Chats, Exchange
from assistant.chats.tree import Measured, Said, Tree, measured_by, new_name, to_messages
from assistant.client import Assistant
from assistant.errors import CairnError, InputError
from assistant.hole import read_text
from assistant.protocol import ChatDelta, ChatRequest, encode
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


def exchange_for(question: str, chats: Chats, *, is_continued: bool) -> Exchange:
    """The question in its place: below all that was said in the last chat, or the first of a new one.

    Raises:
        InputError: There is no chat to go on with.
        DatabaseError: The chats cannot be read.
    """
    tree = chats.tree(chats.last().id) if is_continued else Tree(new_name(), (), "")
    path = (*(node.said for node in tree.path()), Said(role="user", text=question))
    return Exchange(turn=new_name(), chat=tree.chat, path=path, system=tree.system())


async def ask_once(client: Assistant, exchange: Exchange, *, as_json: bool, recorder: Recorder | None) -> None:
    """Stream the answer to stdout, or print it whole with its timings; `recorder` saves it as it comes."""
    if recorder:
        await _ask_and_save(client, exchange, recorder, as_json=as_json)
    else:
        await _ask(client, exchange, lambda _: None, as_json=as_json)


async def _ask_and_save(client: Assistant, exchange: Exchange, recorder: Recorder, *, as_json: bool) -> None:
    recorder.on_trouble = recorder.on_notice = _tell
    recorder.save(exchange)
    try:
        model = (await client.status()).model
        await _ask(client, replace(exchange, measured=Measured(model=model)), recorder.save, as_json=as_json)
    finally:
        await recorder.read(lambda _: None)  # until all is saved


async def _ask(client: Assistant, exchange: Exchange, save: Callable[[Exchange], None], *, as_json: bool) -> None:
    messages = to_messages(exchange.path, system=exchange.system)
    request = ChatRequest(messages=messages, max_tokens=config.load(folder=Path.cwd()).answer_tokens)
    measured = replace(exchange.measured, stop="cancelled")
    try:
        async for delta in client.chat(request):
            exchange = replace(exchange, answer=exchange.answer + delta.text)
            measured = measured_by(delta, measured) if delta.finish_reason else measured
            _print(delta, exchange.answer if as_json else None)
            save(exchange)
    finally:
        save(replace(exchange, is_over=True, measured=measured))
    if not as_json and not exchange.answer.endswith("\n"):
        print()


def _print(delta: ChatDelta, whole: str | None) -> None:
    """Print a piece of the answer, or at its end the `whole` of it as JSON."""
    if whole is None:
        sys.stdout.write(sanitize(delta.text))
        sys.stdout.flush()
    elif delta.timings:
        print(json.dumps({"text": whole, "finish_reason": delta.finish_reason, "timings": encode(delta.timings)}))


def _tell(trouble: CairnError | str) -> None:
    print(sanitize(f"note: {trouble}"), file=sys.stderr)
