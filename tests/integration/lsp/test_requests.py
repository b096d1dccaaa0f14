"""The language server over real stdin and stdout, as editors use it; only the assistant is scripted."""

import asyncio

import pytest
from lsprotocol import types
from lsprotocol.types import PositionEncodingKind as Encoding
from pygls.exceptions import JsonRpcException

from tests.editor import ghost_text_capabilities, menu_capabilities
from tests.integration.lsp_record import SERVER, Record, StartEditor

REQUEST_CANCELLED = -32800


async def test_ghost_text_is_offered_and_answered(start_editor: StartEditor) -> None:
    """An editor with ghost text gets it, and no menu items besides."""
    editor = await start_editor()
    editor.open("def f():\n    ")

    text = await editor.ghost(1, 4)

    assert text == "return 1"
    assert editor.server.inline_completion_provider is not None
    assert editor.server.completion_provider is None


async def test_an_editor_without_ghost_text_gets_menu_items(start_editor: StartEditor) -> None:
    """Ordinary completion is the fallback, marked incomplete so that every character asks again."""
    editor = await start_editor(menu_capabilities(), text="urn 1\nprint()")
    editor.open("def f():\n    ret")

    items = await editor.menu(1, 7)

    assert editor.server.completion_provider is not None
    assert [item.label for item in items] == ["return 1"]
    assert items[0].text_edit == types.TextEdit(types.Range(types.Position(1, 4), types.Position(1, 7)), "return 1")


async def test_an_editor_known_to_insert_several_lines_may_choose_them(start_editor: StartEditor) -> None:
    """The menu of Visual Studio Code has the whole text as a second item."""
    editor = await start_editor(menu_capabilities(), text="urn [\n        1,\n    ]", name="Visual Studio Code")
    editor.open("def f():\n    ret")

    items = await editor.menu(1, 7)

    assert [item.text_edit.new_text for item in items] == ["return [", "return [\n        1,\n    ]"]


async def test_a_cancelled_request_is_answered_as_cancelled_at_once(start_editor: StartEditor, record: Record) -> None:
    """The error is RequestCancelled, and the assistant's work stops too."""
    editor = await start_editor(delay_s=3600)
    editor.open("x = ")
    request = asyncio.create_task(editor.ghost(0, 4, request_id="mine"))
    await record.wait_for("asked", 1)

    editor.cancel("mine")
    with pytest.raises(JsonRpcException) as failure:
        await request

    assert failure.value.code == REQUEST_CANCELLED
    await record.wait_for("cancelled", 1)


async def test_a_newer_request_ends_the_older_without_an_error(start_editor: StartEditor, record: Record) -> None:
    """Editors log errors, so the superseded request answers null; its work is cancelled."""
    editor = await start_editor(delay_s=0.5)
    editor.open("x = ")
    older = asyncio.create_task(editor.ghost(0, 3))
    await record.wait_for("asked", 1)

    newer = await editor.ghost(0, 4)

    assert newer == "return 1"
    assert await older is None
    assert [entry["prefix"] for entry in record.of("cancelled")] == ["x ="]


async def test_requests_for_two_documents_do_not_disturb_one_another(start_editor: StartEditor, record: Record) -> None:
    """The newest wins for each document; both carry this editor's id and their own document."""
    editor = await start_editor(delay_s=0.2)
    editor.open("x = ", uri="file:///one")
    editor.open("y = ", uri="file:///two")

    texts = await asyncio.gather(editor.ghost(0, 4, uri="file:///one"), editor.ghost(0, 4, uri="file:///two"))

    assert texts == ["return 1", "return 1"]
    assert [entry["document"] for entry in record.of("asked")] == ["file:///one", "file:///two"]
    assert len({entry["client"] for entry in record.of("asked")}) == 1


async def test_an_answer_to_a_text_that_changed_meanwhile_is_dropped(start_editor: StartEditor, record: Record) -> None:
    """Ghost text made for an older version would be shown in the wrong place."""
    editor = await start_editor(delay_s=0.3)
    editor.open("x = ")
    request = asyncio.create_task(editor.ghost(0, 4))
    await record.wait_for("asked", 1)

    editor.edit((0, 4), (0, 4), "1")

    assert await request is None


@pytest.mark.parametrize(
    ("offered", "agreed", "after_emoji"),
    [
        ((), Encoding.Utf16, 3),
        ((Encoding.Utf8,), Encoding.Utf8, 5),
        ((Encoding.Utf16, Encoding.Utf8), Encoding.Utf16, 3),
        ((Encoding.Utf32, Encoding.Utf8), Encoding.Utf32, 2),
    ],
)
async def test_positions_are_read_in_the_agreed_encoding(
    start_editor: StartEditor, record: Record, offered: tuple[Encoding, ...], agreed: Encoding, after_emoji: int
) -> None:
    """The editor's first choice is taken; an edit and a cursor after an emoji land where they should."""
    editor = await start_editor(ghost_text_capabilities(*offered))
    editor.open("a😀c\n")

    editor.edit((0, after_emoji), (0, after_emoji + 1), "b = ")
    await editor.ghost(0, after_emoji + 4)

    assert editor.server.position_encoding == agreed
    assert record.of("asked")[0]["prefix"] == "a😀b = "


@pytest.mark.parametrize("line_break", ["\r\n", "\r", "\n"])
async def test_every_line_break_of_the_protocol_is_followed(
    start_editor: StartEditor, record: Record, line_break: str
) -> None:
    """The model sees line feeds, whatever the document uses."""
    editor = await start_editor()
    editor.open(line_break.join(["one", "two", "three"]))

    editor.edit((1, 3), (2, 0), " + ")
    await editor.ghost(1, 6)

    (asked,) = record.of("asked")
    assert (asked["prefix"], asked["suffix"]) == ("one\ntwo + ", "three")
    assert asked["single_line"]


async def test_a_form_feed_does_not_shift_the_lines_below_it(start_editor: StartEditor, record: Record) -> None:
    """Form feeds, U+0085 and U+2028 stand in real source files, inside a line."""
    editor = await start_editor()
    editor.open("a\fb\u2028c\x85d\ne\n")

    editor.edit((1, 0), (1, 1), "x = ")
    await editor.ghost(1, 4)

    assert record.of("asked")[0]["prefix"] == "a\fb\u2028c\x85d\nx = "


async def test_control_characters_of_the_model_never_reach_the_editor(start_editor: StartEditor) -> None:
    """Escape sequences and bidirectional overrides are taken out."""
    editor = await start_editor(text="a\x1b[2Jb\u202ec")
    editor.open("x = ")

    assert await editor.ghost(0, 4) == "a[2Jbc"


async def test_a_failure_is_shown_once_with_what_to_do(start_editor: StartEditor) -> None:
    """The first failure is a message of two lines, the next one a line in the log; both answer null."""
    editor = await start_editor(failure=("The daemon is gone.", "Run: cairn serve"))
    editor.open("x = ")

    answers = [await editor.ghost(0, 4), await editor.ghost(0, 4)]

    assert answers == [None, None]
    assert [message.message for message in editor.client.messages] == ["The daemon is gone.\nRun: cairn serve"]
    assert len(editor.client.log_messages) == 1


async def test_a_wrong_setting_is_told_and_the_others_are_used(start_editor: StartEditor, record: Record) -> None:
    """A misspelt setting does not stop completion."""
    editor = await start_editor(options={"max_token": 5, "max_tokens": 7})
    editor.open("x = ")

    await editor.ghost(0, 4)

    assert ["max_token'" in message.message for message in editor.client.messages] == [True]
    assert record.of("asked")[0]["max_tokens"] == 7


async def test_with_automatic_off_only_an_explicit_request_is_answered(
    start_editor: StartEditor, record: Record
) -> None:
    """Typing does not bother the model."""
    editor = await start_editor(options={"automatic": False})
    editor.open("x = ")
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked)
    document = types.TextDocumentIdentifier("file:///workspace/a.py")

    while_typing = await editor.ghost(0, 4)
    when_asked = await editor.client.text_document_inline_completion_async(
        types.InlineCompletionParams(context, document, types.Position(0, 4))
    )

    assert while_typing is None
    assert when_asked is not None
    assert len(record.of("asked")) == 1


async def test_a_lost_edit_pauses_completion_until_the_file_is_saved(start_editor: StartEditor, record: Record) -> None:
    """An edit that ends before it starts is not guessed at; the user hears how to go on."""
    editor = await start_editor()
    editor.open("x = ")
    editor.edit((0, 4), (0, 2), "?")

    while_lost = await editor.ghost(0, 4)
    editor.save("y = ")
    after_save = await editor.ghost(0, 4)

    assert while_lost is None
    assert after_save == "return 1"
    assert ["Save the file" in message.message for message in editor.client.messages] == [True]
    assert [entry["prefix"] for entry in record.of("asked")] == ["y = "]


async def test_nothing_is_completed_in_a_document_that_is_not_open(start_editor: StartEditor, record: Record) -> None:
    """No file is read from disk; a close forgets the text."""
    editor = await start_editor()
    editor.open("x = ")
    document = types.TextDocumentIdentifier("file:///workspace/a.py")

    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(document))
    editor.client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(2, SERVER.as_uri()),
            [types.TextDocumentContentChangeWholeDocument("x = ")],
        )
    )

    assert await editor.ghost(0, 4) is None
    assert await editor.ghost(0, 4, uri=SERVER.as_uri()) is None
    assert record.of("asked") == []
