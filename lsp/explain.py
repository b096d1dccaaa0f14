"""What the model would see at a cursor, counted, and why: the windows and excerpts that an editor's session sends."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from lsprotocol import types

from assistant.client import Assistant
from assistant.errors import CairnError, InputError
from assistant.hole import hole_at as place_in
from assistant.hole import parse_place, read_text
from assistant.protocol import FimRequest, LaidOut, PromptPiece
from lsp.completion import fim_request, hole_at
from lsp.context.excerpt import Excerpt
from lsp.context.gather import to_chunks
from lsp.context.windows import Windows
from lsp.documents import Cursor, Document
from lsp.neighbourhood import Neighbourhood
from lsp.settings import Settings

DEADLINE_MS = 10_000
"""Nobody is typing."""
INDEX_TIMEOUT_S = 30.0
CHARS_PER_TOKEN = 4
"""Of code, about; for models that do not count for us."""


@runtime_checkable
class Counting(Protocol):
    """An assistant that shows its prompts; an endpoint does not."""

    async def lay_out(self, request: FimRequest) -> LaidOut:
        """The prompt as the model would read it."""
        ...

    async def num_tokens(self, text: str) -> int:
        """Tokens of a text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The text on one side of the cursor, as it is sent."""

    text: str
    first_line: int
    """0-based, as the last line."""
    last_line: int
    num_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoned:
    """An excerpt as it is sent."""

    excerpt: Excerpt
    num_tokens: int
    has_room: bool | None
    """Whether it is in the prompt; None: the model does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is sent, and what the model reads of it."""

    place: str
    model: str
    prefix: Window
    suffix: Window
    excerpts: tuple[Reasoned, ...]
    prompt: tuple[PromptPiece, ...]
    is_counted: bool
    """False: the numbers of tokens are estimates, and the prompt is what is sent, not how the model reads it."""
    window_tokens: int
    note: str
    """Why it was not counted."""


async def explain(place: str, assistant: Assistant) -> Explanation:
    """Gather what an editor's session would send at FILE:LINE:COL, and have it laid out.

    Args:
        place: 1-based line and column, in characters.
        assistant: Counts, where it can.

    Raises:
        InputError: No such place, or nothing is completed there.
    """
    file, line, column = parse_place(place)
    place_in(file, line, column)  # says what is wrong with the place
    document = _opened(file)
    cursor = Cursor(line - 1, column - 1)
    neighbourhood = Neighbourhood([workspace_of(file)], Settings(), {document.uri: document})
    if reason := neighbourhood.refusal(document):
        raise InputError(f"nothing is completed in {file}: {reason}", hint="choose another file")
    excerpts = await _gathered(document, cursor, neighbourhood)
    request = replace(
        fim_request(hole_at(document, cursor, Windows()), Settings()),
        name=neighbourhood.name(document),
        chunks=to_chunks(excerpts),
    )
    return await _explained(place, assistant, request, cursor, excerpts)


def workspace_of(file: Path) -> Path:
    """The folder that an editor would take for the workspace: the nearest above with `.git`, else the file's own."""
    folders = file.resolve().parents
    return next((folder for folder in folders if (folder / ".git").exists()), folders[0])


async def _gathered(document: Document, cursor: Cursor, neighbourhood: Neighbourhood) -> tuple[Excerpt, ...]:
    """The document's excerpts; nothing was edited in a session that has just begun."""
    try:
        with contextlib.suppress(TimeoutError):  # the index of so much as has been read
            await asyncio.wait_for(neighbourhood.index(), INDEX_TIMEOUT_S)
        return await neighbourhood.excerpts(document, cursor, deadline_ms=DEADLINE_MS)
    finally:
        neighbourhood.close()


def _opened(file: Path) -> Document:
    item = types.TextDocumentItem(file.resolve().as_uri(), "", 0, read_text(file))
    return Document(item, types.PositionEncodingKind.Utf32)


async def _explained(
    place: str, assistant: Assistant, request: FimRequest, cursor: Cursor, excerpts: Sequence[Excerpt]
) -> Explanation:
    note = "" if isinstance(assistant, Counting) else "an endpoint answers; it lays out its prompts by itself"
    laid_out: LaidOut | None = None
    model = ""
    texts = [request.prefix, request.suffix, *(each.text for each in excerpts)]
    counts = [-(-len(text) // CHARS_PER_TOKEN) for text in texts]
    try:
        model = (await assistant.status()).model
        if isinstance(assistant, Counting):
            laid_out = await assistant.lay_out(request)
            counts = await asyncio.gather(*map(assistant.num_tokens, texts))
    except CairnError as error:
        note = f"{error}; {error.hint}"
    num_prefix, num_suffix, *num_excerpts = counts
    lines = cursor.line - request.prefix.count("\n"), cursor.line + request.suffix.count("\n")
    return Explanation(
        place=place,
        model=model,
        prefix=Window(text=request.prefix, first_line=lines[0], last_line=cursor.line, num_tokens=num_prefix),
        suffix=Window(text=request.suffix, first_line=cursor.line, last_line=lines[1], num_tokens=num_suffix),
        excerpts=tuple(
            Reasoned(excerpt=each, num_tokens=count, has_room=index in laid_out.kept_chunks if laid_out else None)
            for index, (each, count) in enumerate(zip(excerpts, num_excerpts, strict=True))
        ),
        prompt=laid_out.pieces if laid_out else _sent(request, counts),
        is_counted=laid_out is not None,
        window_tokens=laid_out.window_tokens if laid_out else 0,
        note=note,
    )


def _sent(request: FimRequest, counts: Sequence[int]) -> tuple[PromptPiece, ...]:
    """What goes to the model, where it is not known how the model reads it."""
    num_prefix, num_suffix, *num_chunks = counts
    return (
        *(
            PromptPiece(role="context", text=f"{chunk.name}\n{chunk.text}\n", num_tokens=count)
            for chunk, count in zip(request.chunks, num_chunks, strict=True)
        ),
        PromptPiece(role="prefix", text=request.prefix, num_tokens=num_prefix),
        PromptPiece(role="suffix", text=request.suffix, num_tokens=num_suffix),
    )
