"""A language server that answers as told, slowly: what the extension does is tested, not what a model says.

Run as `scripted_cairn.py RECORD IMAGE_URL MANNER`; what it is asked goes into RECORD, a line of JSON each.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

RECORD, IMAGE_URL, MANNER = sys.argv[1:4]
SLOW_S = 1.5  # the editor waits for half of that
EXPLANATION = f"# What it does\n\nIt **groups** words.\n\n![seen]({IMAGE_URL})\n\n<img src='{IMAGE_URL}'>\n"

server = LanguageServer("cairn", "0")


def record(what: str, value: Any) -> None:
    """Write down what was asked."""
    with Path(RECORD).open("a") as file:
        file.write(json.dumps({"what": what, "value": value}) + "\n")


@server.feature(types.INITIALIZE)
def initialize(_: LanguageServer, params: types.InitializeParams) -> None:
    """Note the settings."""
    record("settings", params.initialization_options)
    record("experimental", params.capabilities.experimental)


@server.feature(types.INITIALIZED)
async def initialized(ls: LanguageServer, _: object) -> None:
    """Tell of a model, or end without a word."""
    status = {"state": "idle", "model": "scripted-7b", "message": "Ready when you are."}
    ls.protocol.notify("cairn/status", status)
    if MANNER == "dying":
        await asyncio.sleep(0.2)
        os._exit(3)


@server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
def did_change_configuration(_: LanguageServer, params: types.DidChangeConfigurationParams) -> None:
    """Note the new settings."""
    record("new settings", params.settings)


@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
async def inline_completion(
    _: LanguageServer, params: types.InlineCompletionParams
) -> list[types.InlineCompletionItem]:
    """Answer late."""
    record("complete", params.context.trigger_kind)
    await asyncio.sleep(SLOW_S)
    return [types.InlineCompletionItem(" slow and sure", range=types.Range(params.position, params.position))]


@server.feature(types.TEXT_DOCUMENT_CODE_ACTION)
def code_action(_: LanguageServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Offer an edit whose instruction nobody has given yet."""
    argument = {"uri": params.text_document.uri, "range": range_of(params.range)}
    command = types.Command(title="Edit", command="cairn.edit", arguments=[argument])
    return [types.CodeAction("Edit with Cairn", kind=types.CodeActionKind.RefactorRewrite, command=command)]


@server.command("cairn.explain")
def explain(_: LanguageServer, argument: dict[str, Any]) -> str:
    """Answer in Markdown, with pictures that nobody must load."""
    record("explain", argument)
    return EXPLANATION


@server.command("cairn.edit")
async def edit(ls: LanguageServer, argument: dict[str, Any]) -> None:
    """Put the instruction above the selection."""
    record("edit", argument)
    start = types.Position(argument["range"]["start"]["line"], 0)
    text = types.TextEdit(types.Range(start, start), f"# {argument['instruction']}\n")
    await ls.workspace_apply_edit_async(
        types.ApplyWorkspaceEditParams(types.WorkspaceEdit(changes={argument["uri"]: [text]}))
    )


def range_of(place: types.Range) -> dict[str, Any]:
    """As JSON."""
    ends = {"start": place.start, "end": place.end}
    return {name: {"line": end.line, "character": end.character} for name, end in ends.items()}


if __name__ == "__main__":
    if MANNER == "stillborn":
        record("settings", None)
        sys.exit(2)
    server.start_io()
