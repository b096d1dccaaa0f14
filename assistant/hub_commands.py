"""`cairn models search` and `pull`: the two commands that use the network, and the only way into its room."""

from __future__ import annotations  # the names below are for the type checker only

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from assistant.hub.pulling import Plan
    from assistant.hub.repository import Listed
    from assistant.models.fit import Fit

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.argument("words", nargs=-1)
@as_json_option
def search(words: tuple[str, ...], as_json: bool) -> None:
    """Models of the catalogue and, with WORDS, of the hub. Uses the network if there are words."""
    from dataclasses import asdict

    from assistant import config
    from assistant.model_reports import print_entries, print_listed
    from assistant.models import catalogue
    from assistant.models.fit import judge_here, needs_of_entry

    context_tokens = config.load().context_tokens
    found = [
        (entry, judge_here(needs_of_entry(entry), context_tokens=context_tokens)) for entry in catalogue.search(words)
    ]
    listed = _search_hub(words) if words else []
    if as_json:
        rows = [asdict(entry) | {"fit": asdict(fit)} for entry, fit in found]
        click.echo(json.dumps({"catalogue": rows, "hub": [asdict(each) for each in listed]}))
        return
    if found:
        print_entries(found)
    print_listed(
        [(f"hf:{each.name}", each.num_parameters, each.licence, each.num_downloads, each.is_gated) for each in listed]
    )
    click.echo("fetch one: cairn models pull NAME, or hf:org/repo[:QUANT] for any on the hub", err=True)


def _search_hub(words: tuple[str, ...]) -> list[Listed]:
    from assistant.hub.endpoint import endpoint
    from assistant.hub.repository import search as search_hub
    from assistant.hub.web import Web

    with Web(endpoint()) as web:
        return search_hub(web, words)


@click.command()
@click.argument("name")
@click.option("--name", "local_name", default="", help="What to call it here.")
@click.option("--accept-license", is_flag=True, help="Accept a licence that restricts what you may do.")
@click.option("--force", is_flag=True, help="Fetch what is too large for this machine's memory, too.")
@yes_option
@as_json_option
def pull(name: str, local_name: str, accept_license: bool, force: bool, yes: bool, as_json: bool) -> None:
    """Fetch a model from the hub: alias:size[-quant], or hf:org/repo[:quant|/file.gguf][@revision].

    Ctrl-C keeps what has come; the same command goes on from there.
    """
    from assistant import config
    from assistant.hub.endpoint import endpoint
    from assistant.hub.pulling import check_disk, plan_pull
    from assistant.hub.pulling import pull as fetch
    from assistant.hub.web import Web
    from assistant.model_reports import progress
    from assistant.models.fit import judge_here
    from assistant.models.names import parse_name

    wanted = parse_name(name)
    with Web(endpoint()) as web:
        plan = plan_pull(web, wanted, name=local_name)
        if not plan.is_here:
            fit = judge_here(plan.needs, context_tokens=config.load().context_tokens)
            _print_plan(plan, fit)
            check_disk(plan)
            _agree(plan, fit, yes=yes, accept_license=accept_license, force=force)
            try:
                with progress(plan.name, plan.num_bytes) as on_bytes:
                    fetch(web, plan, on_bytes=on_bytes)
            except KeyboardInterrupt:
                _print_kept(plan)
                raise
    _print_pulled(plan, as_json=as_json)


def _print_plan(plan: Plan, fit: Fit) -> None:
    """On stderr: what would come, what it asks for, and whether this machine is up to it."""
    from assistant.hub.pulling import free_disk_bytes
    from assistant.model_reports import UNVERIFIED, fit_text, gb
    from assistant.models.licences import terms
    from assistant.sanitize import sanitize

    kept = f", {gb(plan.here_bytes)} of it here" if plan.here_bytes else ""
    licence = plan.licence or (plan.card.licence if plan.card else "")
    lines = [
        f"{plan.name} from {plan.repo}, commit {plan.commit[:12]}",
        *(f"  {ticket.file}" for ticket in plan.tickets[:4]),
        f"  {gb(plan.num_bytes)}{kept}; {gb(free_disk_bytes())} of disk are free",
        f"  licence {licence or 'not stated'}: {terms(licence)}",
        f"  {fit_text(fit)}",
    ]
    if plan.card:
        lines.append(f"  {'fills holes' if plan.card.fim else 'cannot fill holes: for the chat only'}")
    click.echo(sanitize("\n".join([*lines, *([] if plan.verified else [f"  {UNVERIFIED}"])])), err=True)


def _agree(plan: Plan, fit: Fit, *, yes: bool, accept_license: bool, force: bool) -> None:
    """Ask a person, or be told by options; nothing is fetched otherwise."""
    from assistant.errors import InputError
    from assistant.models.licences import is_permissive
    from assistant.models.machine import memory

    if fit.verdict == "too large" and not force and not memory().has_gpu:
        raise InputError("it is too large for this machine", hint="choose a smaller one, or insist with --force")
    is_asked = sys.stdin.isatty()
    licence = plan.licence or (plan.card.licence if plan.card else "")
    if not is_permissive(licence) and not accept_license:
        if not is_asked:
            raise InputError("its licence restricts what you may do", hint="read it, then add --accept-license")
        click.confirm("do you accept its licence?", abort=True, err=True)
    if not yes:
        if not is_asked:
            raise InputError("nothing is fetched without a yes", hint="add --yes")
        click.confirm("fetch it?", default=True, abort=True, err=True)


def _print_kept(plan: Plan) -> None:
    from assistant.model_reports import gb
    from assistant.models.parts import find_part

    kept = sum(part.num_bytes for ticket in plan.tickets if (part := find_part(ticket.sha256)))
    click.echo(f"\nkept {gb(kept)} of {gb(plan.num_bytes)}; the same command goes on from there", err=True)


def _print_pulled(plan: Plan, *, as_json: bool) -> None:
    from assistant import paths

    path = paths.models_dir() / f"{plan.name}.gguf"
    if as_json:
        row = {"name": plan.name, "path": str(path), "num_bytes": path.stat().st_size}
        click.echo(json.dumps(row | {"repo": plan.repo, "commit": plan.commit, "was_here": plan.is_here}))
    else:
        click.echo(f"{plan.name} is here{' already' if plan.is_here else ''}\nuse it: cairn models use {plan.name}")
