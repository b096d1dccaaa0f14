"""`cairn models`: what is here, what a model can do, taking in a GGUF file, and choosing one."""

import json
from pathlib import Path

import click


@click.group()
def models() -> None:
    """List, show, import and choose local models."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def list_(as_json: bool) -> None:
    """The models on this machine; the one in use is marked."""
    from assistant import config
    from assistant.models import local
    from assistant.reports import print_models

    found = local.list_models()
    if as_json:
        rows = [{"name": model.name, "path": str(model.path), "num_bytes": model.num_bytes} for model in found]
        click.echo(json.dumps(rows))
    else:
        print_models(found, used=config.load().model)


@models.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(name: str, as_json: bool) -> None:
    """What a model is and can do. NAME is a listed name or the path of a GGUF file."""
    from dataclasses import asdict

    from assistant.models import local
    from assistant.reports import print_card

    path, card = local.describe(name)
    click.echo(json.dumps({"path": str(path), **asdict(card)})) if as_json else print_card(path, card)


@models.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="What to call it; its file's name otherwise.")
def import_(file: Path, name: str | None) -> None:
    """Check a GGUF file and copy it to the local models."""
    from assistant.models import local

    model = local.import_model(file, name)
    click.echo(f"imported {model.name} ({model.num_bytes / 2**20:.1f} MB)\nuse it: cairn models use {model.name}")


@models.command()
@click.argument("name")
def use(name: str) -> None:
    """Use a model of the list from now on; a running daemon changes over."""
    import asyncio
    import os

    from assistant import paths
    from assistant.client import change_model
    from assistant.config.change import set_setting
    from assistant.models import local

    local.find_listed(name)
    set_setting("model", name, paths.config_file())
    is_served = asyncio.run(change_model(name))
    click.echo(f"{name} is used from now on{'; the daemon serves it' if is_served else ''}")
    if "CAIRN_MODEL" in os.environ:
        click.echo("but CAIRN_MODEL is set here, and a daemon that is started here takes that", err=True)
