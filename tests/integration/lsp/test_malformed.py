"""Messages that are none, do not fit, or cannot be followed: each request is answered, and the next one is served."""

from typing import Any

import pytest

from tests.integration.lsp_record import SERVER, Record
from tests.wire import Wire, edit, framed

SOURCE_TEXT = "a_name_in_the_source"
PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", PARSE_ERROR),
        (b"", PARSE_ERROR),
        (b"\xff\xfe", PARSE_ERROR),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "shutdown"', PARSE_ERROR),
        (b"[" * 100_000, PARSE_ERROR),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, PARSE_ERROR),
        (b"null", INVALID_REQUEST),
        (b"3", INVALID_REQUEST),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]', INVALID_REQUEST),
        (b'{"jsonrpc": "1.0", "method": "shutdown"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0"}', INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "method": 5}', INVALID_REQUEST),
    ],
    ids=["brace", "empty", "bytes", "cut", "deep", "deep and whole", "null", "number", "batch", "1.0", "none", "5"],
)
async def test_what_is_no_message_is_answered_without_an_id(wire: Wire, body: bytes, code: int) -> None:
    """So says JSON-RPC; and the next request is served."""
    await wire.initialize()

    wire.writer.write(framed(body))
    answer = await wire.answer(None)
    wire.open("x")

    assert answer["error"]["code"] == code
    assert await wire.ghost() is not None


async def test_malformed_params_are_answered(wire: Wire) -> None:
    """The code is InvalidParams, and the next request is served."""
    document, position = {"textDocument": {"uri": "file:///a"}}, {"line": 0, "character": 0}
    wrong: list[Any] = [
        None,
        [],
        {},
        {"textDocument": 1},
        {**document, "position": {"line": -1}},
        {**document, "position": {"line": 10**400, "character": 0}, "context": {"triggerKind": 1}},
        {**document, "position": position, "context": {"triggerKind": 7}},
    ]
    await wire.initialize()
    wire.open("x")

    answers = [await wire.ask("textDocument/inlineCompletion", params) for params in wrong]

    assert [answer["error"]["code"] for answer in answers] == [INVALID_PARAMS] * len(wrong)
    assert await wire.ghost() is not None


async def test_unknown_methods_are_answered_and_unknown_notifications_ignored(wire: Wire) -> None:
    """Whatever stands in them, and params may be missing."""
    await wire.initialize()
    wire.send("no/suchNotification", {"jsonrpc": "2.0", "id": 5, "method": "shutdown"})
    wire.writer.write(framed(b'{"jsonrpc": "2.0", "id": "bare", "method": "no/suchRequest"}'))

    bare = await wire.answer("bare")
    answers = [await wire.ask("no/suchRequest", params) for params in (None, {"jsonrpc": "2.0"}, [1, 2])]

    assert {answer["error"]["code"] for answer in [bare, *answers]} == {METHOD_NOT_FOUND}


async def test_answers_to_nothing_and_cancels_of_nothing_are_ignored(wire: Wire) -> None:
    """Nobody waits for them."""
    await wire.initialize()
    wire.writer.write(framed(b'{"jsonrpc": "2.0", "id": "x", "result": null}'))
    wire.writer.write(framed(b'{"jsonrpc": "2.0", "id": [], "error": {"code": 1, "message": ""}}'))
    wire.send("$/cancelRequest", {"id": "x"})
    wire.send("$/cancelRequest", {"id": {}})
    wire.open("x")

    assert await wire.ghost() is not None


NEGATIVE = edit((0, -1), (0, 0), "?")
DOUBTFUL = {
    "range start after its end": [edit((0, 3), (0, 1), "?")],
    "negative position": [NEGATIVE],
    "position within a character": [edit((0, 1), (0, 1), "?")],
    "no list of changes": 5,
    "no text": [{"range": NEGATIVE["range"]}],
}


@pytest.mark.parametrize("changes", DOUBTFUL.values(), ids=DOUBTFUL.keys())
async def test_an_edit_in_doubt_pauses_completion_until_a_whole_text_comes(
    wire: Wire, record: Record, changes: Any
) -> None:
    """No text is guessed: nothing is completed until the document is saved, and later edits are not applied to it."""
    await wire.initialize()
    wire.open("😀xyz")

    wire.send("textDocument/didChange", {"textDocument": {"uri": "file:///a", "version": 2}, "contentChanges": changes})
    wire.send("textDocument/didChange", {"textDocument": {"uri": "file:///a", "version": 3}, "contentChanges": []})
    in_doubt = await wire.ghost()
    wire.send("textDocument/didSave", {"textDocument": {"uri": "file:///a"}, "text": "saved"})

    assert in_doubt is None
    assert await wire.ghost(0, 5) is not None
    assert [entry["prefix"] for entry in record.of("asked")] == ["saved"]


async def test_an_unreadable_edit_puts_only_its_own_document_in_doubt(wire: Wire) -> None:
    """If it names one; else all are."""
    await wire.initialize()
    wire.open("x", uri="file:///other")
    wire.open("x")

    wire.change({"range": 5}, uri="file:///other")
    in_one = await wire.ghost()
    wire.send("textDocument/didChange", [])
    in_all = await wire.ghost()

    assert in_one is not None
    assert in_all is None


@pytest.mark.parametrize("version", [0, 1, -7])
async def test_a_version_that_does_not_grow_is_not_applied(wire: Wire, record: Record, version: int) -> None:
    """Order was lost, so completion pauses; opening again heals."""
    await wire.initialize()
    wire.open("abc")

    document = {"uri": "file:///a", "version": version}
    wire.send("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": "wrong"}]})
    in_doubt = await wire.ghost()
    wire.open("again")

    assert in_doubt is None
    assert await wire.ghost(0, 5) is not None
    assert [entry["prefix"] for entry in record.of("asked")] == ["again"]


async def test_positions_past_an_end_mean_that_end(wire: Wire, record: Record) -> None:
    """Past a line's end its end, past the last line the end of the text; so in edits and in requests."""
    await wire.initialize()
    wire.open("one\ntwo")

    wire.change(edit((0, 99), (0, 2**31 - 1), "!"), edit((7, 3), (9, 9), "?"))
    await wire.ghost(0, 1000)
    await wire.ghost(1000, 0)

    asked = [(entry["prefix"], entry["suffix"]) for entry in record.of("asked")]
    assert asked == [("one!", "\ntwo?"), ("one!\ntwo?", "")]


async def test_a_cursor_within_a_character_stands_before_it(wire: Wire, record: Record) -> None:
    """Half of a surrogate pair is no place."""
    await wire.initialize()
    wire.open("a😀b")

    await wire.ghost(0, 2)

    (asked,) = record.of("asked")
    assert (asked["prefix"], asked["suffix"]) == ("a", "😀b")


async def test_half_a_character_in_a_text_reaches_the_model_as_a_question_mark(wire: Wire, record: Record) -> None:
    """JSON may hold lone surrogates, and two halves that meet are whole again; no tokenizer takes a half."""
    await wire.initialize()
    wire.open("a\ud83db\ud83d")
    wire.change(edit((0, 4), (0, 4), "\ude00"))

    await wire.ghost(0, 5)

    assert record.of("asked")[0]["prefix"] == "a\ufffdb😀"


async def test_a_document_that_was_never_opened_is_left_alone(wire: Wire, record: Record) -> None:
    """No file is read from disk, though the name is that of one."""
    await wire.initialize()

    wire.change({"text": "x"}, uri=SERVER.as_uri())
    wire.change(edit((0, 0), (0, 0), "x"), uri=SERVER.as_uri())

    assert await wire.ghost(uri=SERVER.as_uri()) is None
    assert record.of("asked") == []


async def test_no_source_text_is_logged_and_no_traceback_sent(wire: Wire) -> None:
    """Whatever goes wrong, stderr, which editors keep in files, never shows a document."""
    await wire.initialize()
    wire.open(SOURCE_TEXT)
    wire.send(
        "textDocument/didChange", {"textDocument": {"uri": "file:///a"}, "contentChanges": [{"text": SOURCE_TEXT}]}
    )
    wire.send("textDocument/didOpen", {"textDocument": {"text": SOURCE_TEXT, "version": SOURCE_TEXT}})
    wire.send("no/suchNotification", {"text": SOURCE_TEXT})
    await wire.ghost()
    unknown = await wire.ask("no/suchRequest", {"text": SOURCE_TEXT})
    await wire.ask("shutdown", None)
    wire.send("exit", None)
    _, stderr = await wire.process.communicate()

    assert SOURCE_TEXT not in stderr.decode()
    assert "Traceback" not in stderr.decode()
    assert "data" not in unknown["error"]
