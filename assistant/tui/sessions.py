"""Commands around kept chats: go on with one, name it, save it as a file."""

import json
from functools import partial
from pathlib import Path

from textual.app import App

from assistant.chats.export import file_name, to_json, to_markdown, write_new
from assistant.chats.recorder import Recorder
from assistant.chats.search import Found, found_by
from assistant.chats.store import Chats, Summary
from assistant.chats.tree import Tree
from assistant.chats.wording import one_line
from assistant.database import DatabaseError
from assistant.errors import InputError
from assistant.tui import branches
from assistant.tui.chat import Chat, Choice
from assistant.tui.commands import Command
from assistant.tui.feature import Feature
from assistant.tui.keeper import ChatKeeper
from assistant.tui.picker import Picker


def feature(recorder: Recorder) -> Feature:
    """Keep the conversation, and offer what can be done with kept ones."""
    return Feature(
        commands=(*_commands(recorder), *branches.commands(recorder)),
        keepers=(ChatKeeper(recorder),),
        joined=partial(_listen, recorder),
    )


def _listen(recorder: Recorder, chat: Chat) -> None:
    recorder.on_trouble = chat.warn
    recorder.on_notice = lambda text: chat.warn(DatabaseError(text, hint="a new one was begun; nothing was deleted"))


async def _resume(recorder: Recorder, chat: Chat, argument: str) -> None:
    """Go on with the chat of that name; else with one that is chosen from those in which the words are."""
    if argument and (named := await recorder.read(lambda chats: _named(chats, argument))):
        found = named
    elif isinstance(chat, App):
        found = await chat.push_screen_wait(Picker(recorder, argument))
    else:
        found = await _chosen(recorder, chat, argument)
    if found:
        await branches.go(recorder, chat, found.chat, found.hash)


def _named(chats: Chats, name: str) -> Found | None:
    summaries = [each for each in chats.latest() if each.id == name]
    return Found(summaries[0].id) if summaries else None


async def _chosen(recorder: Recorder, chat: Chat, words: str) -> Found | None:
    found = await recorder.read(lambda chats: found_by(chats, words))
    if not found:
        hint = "/resume without words shows the last ones" if words else "ask something: what is said here is kept"
        raise InputError("no chat was found", hint=hint)
    chosen = await chat.choose("Chats", [Choice(each.title, each.detail) for each in found])
    return None if chosen is None else found[chosen]


async def _rename(recorder: Recorder, chat: Chat, title: str) -> None:
    name = chat.session.conversation.id
    if title:
        await recorder.read(lambda chats: chats.rename(name, title))
        chat.say(f"This chat is called {one_line(title, 60)}.")
    else:
        summary = await recorder.read(lambda chats: chats.find(name))
        chat.draft(f"/rename {one_line(summary.title, 60)}")


async def _export(recorder: Recorder, chat: Chat, name: str) -> None:
    """Write Markdown, or where the name ends in .json all of it as JSON, into a new file."""
    summary, tree = await recorder.read(lambda chats: _whole(chats, chat.session.conversation.id))
    file = Path(name or file_name(summary)).expanduser()
    is_json = file.suffix == ".json"
    text = json.dumps(to_json(summary, tree), indent=1) + "\n" if is_json else to_markdown(summary, tree)
    write_new(file, text)
    chat.say(f"Saved as {file}.")


def _whole(chats: Chats, name: str) -> tuple[Summary, Tree]:
    return chats.find(name), chats.tree(name)


def _has_turns(chat: Chat) -> bool:
    return bool(chat.session.conversation.turns)


def _commands(recorder: Recorder) -> tuple[Command, ...]:
    return (
        Command(
            name="resume",
            label="Chats",
            keys="ctrl+o",
            argument="[WORDS]",
            summary="Find a chat by any of its words, and go on with it.",
            run=partial(_resume, recorder),
        ),
        Command(
            name="rename",
            argument="[TITLE]",
            summary="Give this chat a title.",
            is_enabled=_has_turns,
            run=partial(_rename, recorder),
        ),
        Command(
            name="export",
            argument="[FILE]",
            summary="Save this chat as Markdown, or as JSON where FILE ends in .json.",
            is_enabled=_has_turns,
            run=partial(_export, recorder),
        ),
    )
