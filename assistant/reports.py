"""Tables for people. What a file says of itself is somebody else's text: it passes the sanitiser."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.chats.search import Hit
from assistant.chats.store import Summary
from assistant.chats.wording import one_line, title_of, when
from assistant.config import Setting
from assistant.protocol import Status
from assistant.sanitize import sanitize

_ID_CHARS = 8
"""Of a chat's name, which has 16: enough to tell thousands apart."""


def print_status(status: Status) -> None:
    """The daemon on one screen; of an endpoint, what it says of itself."""
    if not status.pid:
        holds = f"{status.context_tokens} tokens" if status.context_tokens else "not said"
        return print_pairs({"model": status.model, "endpoint": status.model_path, "context": holds})
    busy = sum(slot.is_busy for slot in status.slots)
    rows = {
        "model": f"{status.model}  ({status.model_path})",
        "daemon": f"version {status.version}, pid {status.pid}, {status.memory_bytes / 2**20:.0f} MB with its engine",
        "context": f"{status.context_tokens} tokens a request",
        "cache": _cache(status),
        "work": f"{busy} running, {status.num_queued} waiting",
    }
    if timings := status.last_timings:
        speed = f"first token after {timings.ttft_ms:.0f} ms, {timings.decode_tokens_per_s:.0f} tokens/s"
        cached = f"{timings.num_cached_tokens} of {timings.num_prompt_tokens} prompt tokens cached"
        if timings.num_drafted_tokens:
            cached += f", {timings.num_accepted_tokens} of {timings.num_drafted_tokens} guessed tokens right"
        rows["last request"] = f"{speed}, {cached}"
    return print_pairs(rows)


def _cache(status: Status) -> str:
    if status.engine_state != "ready":
        return f"the model is {status.engine_state}"
    resident = sum(bool(slot.num_tokens) for slot in status.slots)
    parked = f"; {status.parked_bytes / 2**20:.0f} MB parked" if status.parked_bytes else ""
    sequences = f"{resident} of {len(status.slots)} sequences"
    return f"{status.num_used_cells} of {status.num_cells} tokens in {sequences}{parked}"


def print_settings(settings: list[Setting]) -> None:
    """Every setting, its value and its origin."""
    table = Table(box=None, pad_edge=False)
    for title in ("setting", "value", "from"):
        table.add_column(title)
    for setting in settings:
        table.add_row(setting.name, *(Text(sanitize(text)) for text in (str(setting.value), setting.origin)))
    Console(highlight=False).print(table)


def print_chats(found: list[Summary]) -> None:
    """One line a chat."""
    if not found:
        Console(highlight=False, stderr=True).print("no chats are kept yet: begin one with `cairn`")
        return
    table = Table(box=None, pad_edge=False)
    for title in ("chat", "last", "asked", "title"):
        table.add_column(title, no_wrap=True)
    for chat in found:
        asked = str(chat.num_questions)
        table.add_row(*map(Text, (chat.id[:_ID_CHARS], when(chat.changed_at), asked, title_of(chat, 44))))
    Console(highlight=False).print(table)


def print_hits(hits: list[Hit], chats: list[Summary]) -> None:
    """Two lines a message: where it is, and the line that was found."""
    if not hits:
        Console(highlight=False, stderr=True).print("no message has these words")
    titles = {chat.id: title_of(chat, 40) for chat in chats}
    for hit in hits:
        who = "you" if hit.role == "user" else "cairn"
        where = f"{hit.chat[:_ID_CHARS]}  {when(hit.said_at)}  {who:<5}  {titles.get(hit.chat, '')}"
        Console(highlight=False).print(Text(where, "bold"), Text(f"  {one_line(hit.line, 76)}"), sep="\n")


def print_pairs(rows: dict[str, str]) -> None:
    """Names and what is said of them, as text."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in rows.items():
        table.add_row(Text(name, "bold"), Text(sanitize(value)))
    Console(highlight=False).print(table)
