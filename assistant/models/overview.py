"""Every model that can be seen from here, one row each: what it is, for what it is used, whether it fits. Pure data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.errors import ModelFileError
from assistant.models.card import describe
from assistant.models.elsewhere import find_elsewhere
from assistant.models.fit import judge_here, needs_of
from assistant.models.gguf import read_gguf
from assistant.models.local import LocalModel, list_models
from assistant.models.parts import list_parts
from assistant.models.record import describes, read_record

State = Literal["here", "in place", "partial", "elsewhere", "broken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model."""

    name: str
    path: str
    num_bytes: int
    state: State
    used_for: tuple[str, ...] = ()
    """`completion`, `chat`, or both, as the settings say."""
    file_type: str = ""
    licence: str = ""
    context_tokens: int = 0
    fills_holes: bool = False
    chats: bool = False
    """By a template of its own."""
    verdict: str = ""
    tokens_per_s: float = 0.0
    share: float = 1.0
    """Of the file, that is here."""
    source: str = ""
    """The repository that it came from, where that is known."""
    verified: bool = True
    """False where its name is one of the catalogue's that nobody has compared with the hub."""
    why: str = ""
    """What is wrong with a broken one."""


def overview(chosen: Mapping[str, str], *, context_tokens: int, with_others: bool = False) -> list[Row]:
    """The models of the list, then what has come in part, then, if asked for, what other programs have.

    Args:
        chosen: Role and the model's name.
        context_tokens: Size of the KV cache.
        with_others: Look into the other programs' stores.
    """
    rows = [_row(model, chosen, context_tokens) for model in list_models()]
    rows += [
        Row(
            name=part.ticket.name,
            path=str(part.path),
            num_bytes=part.ticket.num_bytes,
            state="partial",
            share=part.share,
            source=part.ticket.file,
        )
        for part in list_parts()
    ]
    others = find_elsewhere() if with_others else []
    return [
        *rows,
        *(Row(name=each.name, path=str(each.path), num_bytes=each.num_bytes, state="elsewhere") for each in others),
    ]


def _row(model: LocalModel, chosen: Mapping[str, str], context_tokens: int) -> Row:
    used_for = tuple(role for role, name in chosen.items() if name == model.name)
    try:
        header = read_gguf(model.path)
        card = describe(header)
    except ModelFileError as error:
        return Row(
            name=model.name,
            path=str(model.path),
            num_bytes=model.num_bytes,
            state="broken",
            used_for=used_for,
            why=str(error),
        )
    fit = judge_here(needs_of(header, card.num_bytes), context_tokens=context_tokens)
    record = read_record(model.path) if describes(model.path) else {}
    return Row(
        name=model.name,
        path=str(model.path.resolve()),
        num_bytes=model.num_bytes,
        state="in place" if model.path.is_symlink() else "here",
        used_for=used_for,
        file_type=card.file_type,
        licence=card.licence or str(record.get("licence") or ""),
        context_tokens=card.context_length_tokens,
        fills_holes=card.fim is not None,
        chats=bool(card.chat_template),
        verdict=fit.verdict,
        tokens_per_s=fit.tokens_per_s,
        source=_source(record),
        verified=bool(record.get("verified", True)),
    )


def _source(record: Mapping[str, object]) -> str:
    match record.get("source"):
        case {"name": str(name)}:
            return name
        case _:
            return ""
