"""`cairn models`: what is here, what could be, fetching, taking in, choosing, checking and removing.

`search` and `pull`, which use the network, are in `hub_commands.py`.
"""

from __future__ import annotations  # the names below are for the type checker only

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assistant.hub_commands import as_json_option, pull, search, yes_option

if TYPE_CHECKING:
    from assistant.protocol import RequestClass


@click.group()
def models() -> None:
    """List, find, fetch, import, choose, check and remove models."""


models.add_command(search)
models.add_command(pull)


@models.command("list")
@click.option("--all", "with_others", is_flag=True, help="What other programs have on this machine, too.")
@as_json_option
def list_(with_others: bool, as_json: bool) -> None:
    """The models on this machine; those in use are marked."""
    from dataclasses import asdict

    from assistant import config
    from assistant.model_reports import print_overview
    from assistant.models.overview import overview

    context_tokens = config.load().context_tokens
    rows = overview(_chosen(), context_tokens=context_tokens, with_others=with_others)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
        return
    print_overview(rows)
    if [row.name for row in rows] == ["builtin"]:
        _print_first_choices(context_tokens)


@models.command()
@click.argument("name")
@as_json_option
def show(name: str, as_json: bool) -> None:
    """What a model is and can do. NAME is a listed name or the path of a GGUF file."""
    from dataclasses import asdict

    from assistant import config
    from assistant.model_reports import print_card
    from assistant.models import local
    from assistant.models.card import describe
    from assistant.models.fit import judge_here, needs_of
    from assistant.models.gguf import read_gguf
    from assistant.models.record import describes, read_record

    path = local.find_model(name)
    header = read_gguf(path)
    card = describe(header)
    fit = judge_here(needs_of(header, card.num_bytes), context_tokens=config.load().context_tokens)
    listed = next((model.path for model in local.list_models() if model.name == name), path)
    record = read_record(listed) if describes(listed) else {}
    if as_json:
        click.echo(json.dumps({"path": str(path), **asdict(card), "fit": asdict(fit), "record": record}))
    else:
        print_card(path, card, fit, record)


@models.command("import")
@click.argument("file", required=False)
@click.option("--name", help="What to call it; its file's name otherwise.")
@click.option("--in-place", is_flag=True, help="Leave the file where it is; nothing is copied.")
@click.option("--scan", is_flag=True, help="Show what other programs have on this machine.")
@as_json_option
def import_(file: str | None, name: str | None, in_place: bool, scan: bool, as_json: bool) -> None:
    """Check a GGUF file and take it into the list, with its manifest.

    FILE is a path, or the name of a model of another program, as --scan shows it: that stays where it is.
    """
    from assistant.model_reports import gb, progress
    from assistant.models import importing
    from assistant.models.elsewhere import Found, find_one
    from assistant.sanitize import sanitize

    if scan or file is None:
        _print_elsewhere(as_json=as_json)
        return
    path = Path(file).expanduser()
    other = None if path.is_file() else find_one(file)
    found = other or Found(name=str(path), path=path, num_bytes=path.stat().st_size if path.is_file() else 0)
    name = name or (other.local_name if other else None)
    with progress("checking" if in_place or other else "copying", found.num_bytes) as on_bytes:
        model = importing.import_model(
            found.path,
            name,
            in_place=in_place or other is not None,
            sha256=found.sha256,
            origin=found.name,
            on_bytes=on_bytes,
        )
    if as_json:
        click.echo(json.dumps({"name": model.name, "path": str(model.path), "num_bytes": model.num_bytes}))
    else:
        text = f"imported {model.name} ({gb(model.num_bytes)})\nuse it: cairn models use {model.name}"
        click.echo(sanitize(text))


def _print_elsewhere(*, as_json: bool) -> None:
    from assistant.model_reports import print_overview
    from assistant.models.elsewhere import find_elsewhere
    from assistant.models.overview import Row

    found = find_elsewhere()
    if as_json:
        rows = [{"name": each.name, "path": str(each.path), "num_bytes": each.num_bytes} for each in found]
        click.echo(json.dumps(rows))
    elif found:
        print_overview(
            [Row(name=each.name, path=str(each.path), num_bytes=each.num_bytes, state="elsewhere") for each in found]
        )
        click.echo("take one in where it lies: cairn models import NAME", err=True)
    else:
        click.echo("no models of the Hugging Face cache, llama.cpp, LM Studio or Ollama", err=True)


@models.command()
@click.argument("name")
@click.option("--role", type=click.Choice(["completion", "chat"]), default="completion", help="What for.")
def use(name: str, role: RequestClass) -> None:
    """Use a model of the list from now on; a running daemon changes over.

    Until another is chosen with --role chat, the model for completions answers in the chat, too.
    """
    import asyncio

    from assistant import paths
    from assistant.client import change_model
    from assistant.config.change import set_setting
    from assistant.models import local, removal
    from assistant.models.card import read_card

    card = read_card(local.find_listed(name))
    setting = "model" if role == "completion" else "chat_model"
    set_setting(setting, name, paths.config_file())
    removal.note_use(name)
    is_served = asyncio.run(change_model(name, role))
    click.echo(f"{name} is used for {role} from now on{'; the daemon serves it' if is_served else ''}")
    if role == "completion" and not card.fim:
        click.echo(
            "but it cannot fill holes: completions need another model; --role chat keeps it for the chat", err=True
        )
    if (variable := f"CAIRN_{setting.upper()}") in os.environ:
        click.echo(f"but {variable} is set here, and a daemon that is started here takes that", err=True)


@models.command()
@click.argument("names", nargs=-1)
@as_json_option
def verify(names: tuple[str, ...], as_json: bool) -> None:
    """Read every byte of models, all if none is named, and compare with their records."""
    from dataclasses import asdict

    from assistant.errors import ModelFileError
    from assistant.model_reports import print_verified, progress
    from assistant.models.local import list_models
    from assistant.models.verifying import Verified
    from assistant.models.verifying import verify as verify_one

    known = {model.name: model for model in list_models()}
    for name in names:
        if name not in known:
            raise ModelFileError(f'no model is called "{name}"', hint="`cairn models list` shows the names")
    rows: list[Verified] = []
    for model in known.values() if not names else [known[name] for name in names]:
        with progress(model.name, model.num_bytes) as on_bytes:
            rows.append(verify_one(model.name, model.path, on_bytes=on_bytes))
        if not as_json:
            print_verified(rows[-1])
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows]))
    if not all(row.is_good for row in rows):
        raise click.exceptions.Exit(1)


@models.command()
@click.argument("names", nargs=-1, required=True)
def rm(names: tuple[str, ...]) -> None:
    """Remove models of the list, or what has come of them. What was imported in place stays where it is."""
    from assistant.model_reports import gb
    from assistant.models.removal import remove_model

    for name in names:
        removed = remove_model(name, tuple(_chosen().values()))
        click.echo(f"{name} is removed, {gb(removed.num_bytes)} freed")


@models.command()
@click.option("--older-than", "days", type=click.IntRange(1), help="Models not used for so many days, too.")
@click.option("--dry-run", is_flag=True, help="Show what would go, and remove nothing.")
@yes_option
@as_json_option
def prune(days: int | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove downloads that were begun or set aside, and what killed programs left. Models only with --older-than."""
    from assistant.errors import InputError
    from assistant.model_reports import print_removable
    from assistant.models import removal

    rows = removal.unused(tuple(_chosen().values()), older_than_days=days or 0)
    if rows and not dry_run and not yes:
        print_removable(rows, is_dry=True)
        if not sys.stdin.isatty():
            raise InputError("nothing is removed without a yes", hint="add --yes")
        click.confirm("remove them?", abort=True, err=True)
    for row in [] if dry_run else rows:
        removal.remove(row)
    if as_json:
        told = [{"name": row.name, "why": row.why, "num_bytes": row.num_bytes} for row in rows]
        click.echo(json.dumps({"removed": not dry_run, "items": told}))
    elif rows:
        print_removable(rows, is_dry=dry_run)
    else:
        click.echo("there is nothing to remove")


def _chosen() -> dict[str, str]:
    """Role and model, as the settings say."""
    from assistant import config

    settings = config.load()
    return {"completion": settings.model, "chat": settings.chat_model or settings.model}


def _print_first_choices(context_tokens: int) -> None:
    from assistant.model_reports import print_entries
    from assistant.models.choices import choices

    found = choices(context_tokens)
    click.echo("\nthe built-in model is a demonstration; for real work, one of these:")
    print_entries([(offer.entry, offer.fit) for offer in found.offers])
    click.echo("\nfetch one: cairn models pull NAME")
    if found.elsewhere:
        click.echo(f"or use one of the {len(found.elsewhere)} that other programs have: cairn models import --scan")
