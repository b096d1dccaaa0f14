"""Three recorded editors, from the first message to the last: what each announced decides what it gets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from lsprotocol import types
from lsprotocol.types import PositionEncodingKind as Encoding
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from tests.editor import URI, Editor
from tests.integration.lsp_record import ENV, Command, Record, StartEditor

UNITS = {Encoding.Utf8: 4, Encoding.Utf16: 2, Encoding.Utf32: 1}
"""Of one character beyond the first plane."""
REQUEST_CANCELLED = -32800


@dataclass(frozen=True)
class Profile:
    """An editor as it introduces itself."""

    name: str
    recorded: str
    encoding: Encoding
    has_ghost_text: bool

    def capabilities(self) -> types.ClientCapabilities:
        """As recorded by pytest-lsp; none of the recordings is new enough to have ghost text."""
        capabilities = client_capabilities(self.recorded)
        assert capabilities.text_document is not None
        if self.has_ghost_text:
            capabilities.text_document.inline_completion = types.InlineCompletionClientCapabilities()
        return capabilities


PROFILES = [
    Profile("Visual Studio Code", "visual_studio_code", Encoding.Utf16, has_ghost_text=True),
    Profile("Neovim", "neovim@v0.11", Encoding.Utf8, has_ghost_text=False),
    Profile("Eglot", "emacs", Encoding.Utf32, has_ghost_text=False),
]


@pytest.fixture(params=PROFILES, ids=lambda profile: profile.recorded)
def profile(request: pytest.FixtureRequest) -> Profile:
    """One of the three."""
    return request.param


@pytest.fixture
async def editor(start_editor: StartEditor, profile: Profile) -> AsyncIterator[Editor]:
    """The editor, with a server whose model wants two lines more."""
    editor = await start_editor(profile.capabilities(), text="urn [\n        1,\n    ]", name=profile.name)
    yield editor
    assert editor.client.messages == []


async def ask(editor: Editor, profile: Profile, line: int, character: int, request_id: str | None = None) -> str | None:
    """Ask as this editor does; the text of the first item, whatever kind of item it is."""
    if profile.has_ghost_text:
        return await editor.ghost(line, character, request_id=request_id)
    params = types.CompletionParams(types.TextDocumentIdentifier(URI), types.Position(line, character))
    found = await editor.client.protocol.send_request_async(types.TEXT_DOCUMENT_COMPLETION, params, msg_id=request_id)
    return found.items[0].text_edit.new_text if found and found.items else None


async def test_capabilities_say_what_is_served(editor: Editor, profile: Profile) -> None:
    """Ghost text or a menu, never both; edits come in parts, a save brings the text; the encoding is one on offer."""
    sync = editor.server.text_document_sync

    assert (editor.server.inline_completion_provider is not None) or not profile.has_ghost_text
    assert (editor.server.completion_provider is None) is profile.has_ghost_text
    assert editor.server.position_encoding == profile.encoding
    assert isinstance(sync, types.TextDocumentSyncOptions)
    assert sync.change == types.TextDocumentSyncKind.Incremental
    assert sync.open_close
    assert sync.save == types.SaveOptions(include_text=True)


async def test_an_edit_and_a_cursor_after_an_emoji_land_where_they_should(
    editor: Editor, profile: Profile, record: Record
) -> None:
    """Positions are counted in the agreed units, in edits, in requests, in answers."""
    wide = UNITS[profile.encoding]
    editor.open("a = '😀'\n'😀' + b\n")

    editor.edit((1, wide + 2), (1, wide + 5), " * ret")
    text = await ask(editor, profile, 1, wide + 8)

    assert record.of("asked")[0]["prefix"].endswith("'😀' * ret")
    assert text is not None
    assert text.startswith("urn [" if profile.has_ghost_text else "return [")


async def test_an_item_has_the_shape_that_its_editor_inserts_rightly(editor: Editor, profile: Profile) -> None:
    """Ghost text of all lines; menu items that begin with the typed word, on one line where more would go wrong."""
    editor.open("def f():\n    ret")

    if profile.has_ghost_text:
        assert await editor.ghost(1, 7) == "urn [\n        1,\n    ]"
        return
    items = await editor.menu(1, 7)

    first, *more = items
    edit = first.text_edit
    assert isinstance(edit, types.TextEdit)
    assert edit.range == types.Range(types.Position(1, 4), types.Position(1, 7))
    assert edit.new_text == first.label == "return ["
    assert (first.filter_text or first.label).startswith("ret")
    assert first.sort_text == "0000"
    for item in more:
        assert item.text_edit is not None
        is_snippet = item.insert_text_format == types.InsertTextFormat.Snippet
        assert is_snippet or profile.name == "Eglot"
        assert "\n" in item.text_edit.new_text


async def test_a_saved_text_heals_and_a_closed_one_is_forgotten(start_editor: StartEditor, profile: Profile) -> None:
    """An edit in doubt pauses completion until the save."""
    editor = await start_editor(profile.capabilities(), name=profile.name)
    editor.open("x = ")
    editor.edit((0, 4), (0, 2), "?")
    in_doubt = await ask(editor, profile, 0, 4)
    editor.save("y = ")
    saved = await ask(editor, profile, 0, 4)
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI)))

    assert in_doubt is None
    assert saved == "return 1"
    assert await ask(editor, profile, 0, 4) is None
    assert len(editor.client.messages) == 1


async def test_cancelled_is_an_error_and_superseded_is_null(
    start_editor: StartEditor, profile: Profile, record: Record
) -> None:
    """The editor's cancel is answered RequestCancelled at once; a newer request lets the older answer null."""
    editor = await start_editor(profile.capabilities(), delay_s=3600, name=profile.name)
    editor.open("x = y = ")
    superseded = asyncio.create_task(ask(editor, profile, 0, 4))
    await record.wait_for("asked", 1)
    cancelled = asyncio.create_task(ask(editor, profile, 0, 8, request_id="mine"))
    await record.wait_for("asked", 2)

    editor.cancel("mine")
    with pytest.raises(JsonRpcException) as failure:
        await cancelled

    assert failure.value.code == REQUEST_CANCELLED
    assert await superseded is None
    await record.wait_for("cancelled", 2)


async def test_a_session_ends_in_good_order(scripted: Command, profile: Profile, record: Record) -> None:
    """`shutdown` is answered while a request runs, which ends as cancelled; the process is gone with `exit`."""
    editor = await Editor.start(list(scripted(delay_s=60)), profile.capabilities(), name=profile.name, env=ENV)
    editor.open("x = ")
    running = asyncio.create_task(ask(editor, profile, 0, 4))
    await record.wait_for("asked", 1)

    await editor.client.shutdown_session()
    with pytest.raises(JsonRpcException) as failure:
        await running
    async with asyncio.timeout(60):
        await editor.client.stop()

    assert failure.value.code == REQUEST_CANCELLED
