"""The door of `cairn sessions`: the kept chats, found, read, named, saved as files and forgotten."""

from __future__ import annotations  # Chats is a name for the type checker only

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.chats.store import Chats


@click.group()
def sessions() -> None:
    """Find, read, name, save and forget your chats. CHAT is the beginning of a name in the list."""


def _chats() -> Chats:
    from assistant import paths
    from assistant.chats.store import Chats
    from assistant.sanitize import sanitize

    return Chats(paths.chats_file(), on_notice=lambda text: click.echo(sanitize(text), err=True))


@sessions.command("list")
@click.option("-n", "limit", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@click.option("--all", "is_all", is_flag=True, help="All of them.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_(limit: int, is_all: bool, as_json: bool) -> None:
    """The chats, those first in which something was said last."""
    from dataclasses import asdict

    from assistant.reports import print_chats

    found = _chats().latest(-1 if is_all else limit)
    click.echo(json.dumps([asdict(each) for each in found])) if as_json else print_chats(found)


@sessions.command()
@click.argument("words", nargs=-1, required=True)
@click.option("-n", "limit", type=click.IntRange(1), default=20, show_default=True, help="How many messages.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def search(words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Messages that have all WORDS, or pieces of words or of code. Each is looked for as it stands."""
    from dataclasses import asdict

    from assistant.chats.search import search as find
    from assistant.reports import print_hits

    chats = _chats()
    hits = find(chats, words, limit=limit)
    click.echo(json.dumps([asdict(each) for each in hits])) if as_json else print_hits(hits, chats.latest())


@sessions.command()
@click.argument("chat")
@click.option("--json", "as_json", is_flag=True, help="Print all of it, all branches, as JSON.")
def show(chat: str, as_json: bool) -> None:
    """A chat, on the branch where it stands."""
    click.echo(_text(chat, as_json), nl=False)


@sessions.command()
@click.argument("chat")
@click.argument("title")
def rename(chat: str, title: str) -> None:
    """Give a chat a title; an empty one gives it its first question again."""
    chats = _chats()
    chats.rename(chats.find(chat).id, title)


@sessions.command()
@click.argument("chat")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file, instead of stdout.")
@click.option("--json", "as_json", is_flag=True, help="All of it, all branches, as JSON; else Markdown.")
def export(chat: str, output: Path | None, as_json: bool) -> None:
    """Save a chat as Markdown, on the branch where it stands, or as JSON with all branches."""
    from assistant.chats.export import write_new

    text = _text(chat, as_json)
    write_new(output, text) if output else click.echo(text, nl=False)


@sessions.command()
@click.argument("chats", metavar="CHAT...", nargs=-1, required=True)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def rm(chats: tuple[str, ...], yes: bool) -> None:
    """Forget chats with all their branches, for good."""
    from assistant.chats.wording import title_of

    kept = _chats()
    found = [kept.find(name) for name in chats]
    if not yes:
        titles = "\n".join(f"  {title_of(each)}" for each in found)
        click.confirm(f"{titles}\nforget this for good?", abort=True)
    for each in found:
        kept.remove(each.id)


def _text(chat: str, as_json: bool) -> str:
    from assistant.chats.export import to_json, to_markdown

    chats = _chats()
    summary = chats.find(chat)
    tree = chats.tree(summary.id)
    return json.dumps(to_json(summary, tree), indent=1) + "\n" if as_json else to_markdown(summary, tree)
