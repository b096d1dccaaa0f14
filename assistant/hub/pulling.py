"""A model by its name, from the hub into the list: looked at first, then fetched, checked, and only then named."""

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assistant import paths
from assistant.errors import HubError, InputError, ModelFileError
from assistant.hub import selection
from assistant.hub.download import OnBytes, download, set_aside
from assistant.hub.header import peek
from assistant.hub.repository import Repository, read_repository
from assistant.hub.selection import Variant
from assistant.hub.web import Web
from assistant.models import parts
from assistant.models.card import ModelCard, describe, read_card
from assistant.models.catalogue import Entry, find_entry
from assistant.models.fit import Needs, needs_of
from assistant.models.importing import free_place
from assistant.models.joined import join
from assistant.models.local import LocalModel
from assistant.models.names import Alias, FileName, HubName
from assistant.models.parts import Ticket
from assistant.models.record import read_record, write_record


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a pull would do; nothing is fetched yet but the header."""

    name: str
    """Of the model that it makes."""
    repo: str
    commit: str
    licence: str
    """As the hub says; empty where it does not."""
    verified: bool
    """Somebody compared the catalogue's entry with the hub. True for what was not named by the catalogue."""
    is_here: bool
    """The very model is in the list already."""
    tickets: tuple[Ticket, ...]
    here_bytes: int
    """That an earlier run left."""
    needs: Needs
    card: ModelCard | None
    """None where the model comes in parts: then its whole header is known only afterwards."""

    @property
    def num_bytes(self) -> int:
        """Of the whole download."""
        return sum(ticket.num_bytes for ticket in self.tickets)

    @property
    def disk_bytes(self) -> int:
        """That the disk must still take: several files are put together into one more, then removed."""
        return self.num_bytes * min(len(self.tickets), 2) - self.here_bytes


def plan_pull(web: Web, wanted: Alias | HubName | FileName, *, name: str = "") -> Plan:
    """Ask the hub what a name means, and look at the header of what it means.

    Args:
        web: The hub.
        wanted: What to fetch.
        name: What to call it here; otherwise the alias, or the file's own name.

    Raises:
        HubError: The hub cannot be reached, refuses, has no such model, or has another than the catalogue pins.
        InputError: It is no name of the hub's, or its name is taken here by another model.
        ModelFileError: It is no model.
    """
    if isinstance(wanted, FileName):
        raise InputError(f"{wanted.path} is a file", hint=f"take it in with: cairn models import {wanted.path}")
    entry = find_entry(wanted) if isinstance(wanted, Alias) else None
    repository = read_repository(web, *_place(wanted, entry))
    variant = _variant(repository, wanted, entry)
    if entry and wanted.quant in ("", entry.quant):
        _check_pins(entry, repository, variant)
    name = name or (str(wanted) if isinstance(wanted, Alias) else selection.local_name(variant))
    tickets = tuple(
        Ticket(
            name=name,
            file=file.path,
            url=repository.url(web.hub.url, file),
            commit=repository.commit,
            sha256=file.sha256,
            num_bytes=file.num_bytes,
        )
        for file in variant.files
    )
    header = peek(web, tickets[0])
    return Plan(
        name=name,
        repo=repository.name,
        commit=repository.commit,
        licence=repository.licence,
        verified=entry is None or entry.verified,
        is_here=_is_here(name, tickets),
        tickets=tickets,
        here_bytes=sum(part.num_bytes for ticket in tickets if (part := parts.find_part(ticket.sha256))),
        needs=needs_of(header, variant.num_bytes),
        card=describe(header) if len(tickets) == 1 else None,
    )


def check_disk(plan: Plan) -> None:
    """Refuse what the disk cannot hold. Raises `InputError`."""
    free_bytes = free_disk_bytes()
    if plan.disk_bytes > free_bytes:
        raise InputError(
            f"{plan.disk_bytes / 1e9:.1f} GB are needed, {free_bytes / 1e9:.1f} GB are free",
            hint="make room (`cairn models prune` may help), or choose a smaller quant",
        )


def free_disk_bytes() -> int:
    """Of the disk that holds the models."""
    folder = paths.models_dir()
    return shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.is_dir())).free


def pull(web: Web, plan: Plan, *, on_bytes: OnBytes = lambda _: None) -> LocalModel:
    """Fetch what is missing, check it, and take it into the list.

    Args:
        web: The hub.
        plan: Of `plan_pull`.
        on_bytes: Hears of every byte that is here and hashed, those of earlier runs included.

    Raises:
        HubError: See `download`.
        InputError: The disk is too small, or somebody else works on the same file.
        ModelFileError: What came is what was promised, and still no model; it is set aside.
    """
    check_disk(plan)
    target = free_place(plan.name)
    files = [download(web, ticket, on_bytes=on_bytes) for ticket in plan.tickets]
    try:
        partial, sha256 = _joined(files, target) if len(files) > 1 else (files[0], plan.tickets[0].sha256)
        card = read_card(partial)
    except ModelFileError:
        for ticket in plan.tickets:
            set_aside(ticket)
        raise
    write_record(free_place(plan.name), _record(plan, card, sha256))  # the name may have been taken meanwhile
    partial.replace(target)
    for ticket in plan.tickets:
        parts.remove_part(ticket.sha256)
    return LocalModel(name=plan.name, path=target, num_bytes=target.stat().st_size)


def _place(wanted: Alias | HubName, entry: Entry | None) -> tuple[str, str]:
    if isinstance(wanted, HubName):
        return wanted.repo, wanted.revision
    assert entry
    return entry.repo, entry.commit


def _variant(repository: Repository, wanted: Alias | HubName, entry: Entry | None) -> Variant:
    if isinstance(wanted, HubName):
        return selection.choose(repository, quant=wanted.quant, file=wanted.file)
    assert entry
    if entry.file and not wanted.quant:
        return selection.choose(repository, file=entry.file)
    return selection.choose(repository, quant=wanted.quant or entry.quant)


def _check_pins(entry: Entry, repository: Repository, variant: Variant) -> None:
    """The catalogue's word stands above the hub's."""
    is_other = entry.sha256 and entry.sha256 != variant.files[0].sha256
    if is_other or (entry.commit and entry.commit != repository.commit):
        raise HubError(
            f"{entry.repo} is not what Cairn's catalogue says it is",
            hint=f"if you trust it all the same: cairn models pull hf:{entry.repo}",
        )


def _is_here(name: str, tickets: tuple[Ticket, ...]) -> bool:
    """Whether the list has the very model. Raises `InputError` where it has another of that name."""
    target = paths.models_dir() / f"{name}.gguf"
    if not os.path.lexists(target):
        free_place(name)
        return False
    match read_record(target):
        case {"source": {"files": [*files]}}:
            found = [_text_at(file, "sha256") for file in files]
        case _:
            found = []
    if found != [ticket.sha256 for ticket in tickets]:
        raise InputError(
            f'there is another model called "{name}"', hint=f"cairn models rm {name}, or choose a name with --name"
        )
    return True


def _text_at(row: object, name: str) -> str:
    return str(cast(dict[str, object], row).get(name)) if isinstance(row, dict) else ""


def _joined(files: list[Path], target: Path) -> tuple[Path, str]:
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    try:
        with partial.open("w+b") as stream:
            join(files, stream)
            stream.flush()
            os.fsync(stream.fileno())
            stream.seek(0)
            return partial, hashlib.file_digest(stream, "sha256").hexdigest()
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _record(plan: Plan, card: ModelCard, sha256: str) -> dict[str, Any]:
    files = [{"file": ticket.file, "sha256": ticket.sha256, "num_bytes": ticket.num_bytes} for ticket in plan.tickets]
    return {
        "sha256": sha256,
        "num_bytes": card.num_bytes,
        "licence": plan.licence or card.licence or None,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "file_type": card.file_type,
        "num_parameters": card.num_parameters,
        "verified": plan.verified,
        "source": {"name": plan.repo, "revision": plan.commit, "files": files},
    }
