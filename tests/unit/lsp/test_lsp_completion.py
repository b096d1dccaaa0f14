"""A document and a position become a question for the model; its answer becomes items of the protocol."""

from lsprotocol import types
from lsprotocol.types import PositionEncodingKind as Encoding

from assistant.protocol import Completion, FimRequest, FinishReason
from lsp.completion import (
    Hole,
    fim_request,
    inline_hole,
    inline_item,
    suggestion,
)
from lsp.context.windows import PREFIX_CHARS, SUFFIX_CHARS, Windows
from lsp.documents import Document
from lsp.settings import Settings
from tests.fakes import TIMINGS

URI = "file:///a.py"


def document_of(text: str) -> Document:
    """Open a document of this text, positions in UTF-16."""
    return Document(types.TextDocumentItem(URI, "python", 1, text), Encoding.Utf16)


def hole_at(text: str, line: int, character: int, selected: types.SelectedCompletionInfo | None = None) -> Hole:
    """Take the hole for ghost text."""
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic, selected)
    position = types.Position(line, character)
    params = types.InlineCompletionParams(context, types.TextDocumentIdentifier(URI), position)
    return inline_hole(document_of(text), params, Windows())


def request_at(text: str, line: int, character: int) -> FimRequest:
    """Ask for ghost text with default settings."""
    return fim_request(hole_at(text, line, character), Settings())


def completion_of(text: str, finish_reason: FinishReason = "stop") -> Completion:
    """Let the model have answered this."""
    return Completion(text=text, finish_reason=finish_reason, timings=TIMINGS)


def span(line: int, start: int, end: int) -> types.Range:
    """Name a piece of one line."""
    return types.Range(types.Position(line, start), types.Position(line, end))


def test_the_text_around_the_cursor_is_sent_with_plain_line_breaks() -> None:
    """A CRLF document asks like any other: models know line feeds."""
    request = request_at("a\r\nif x😀:\r\nb\r\n", 1, 6)

    assert (request.prefix, request.suffix) == ("a\nif x😀", ":\nb\n")


def test_half_characters_are_replaced_before_they_reach_a_tokenizer() -> None:
    """A lone surrogate cannot be encoded; two halves that meet are one character."""
    request = request_at("a\ud83d b \ud83d\ude00", 0, 99)

    assert request.prefix == "a\ufffd b 😀"


def test_no_more_than_the_windows_is_sent() -> None:
    """However long the document, the request is small."""
    request = request_at("x = 1\n" * 10_000, 5000, 0)

    assert PREFIX_CHARS // 2 < len(request.prefix) <= PREFIX_CHARS
    assert SUFFIX_CHARS - 6 < len(request.suffix) <= SUFFIX_CHARS


def test_one_line_is_asked_for_where_the_line_goes_on() -> None:
    """Closing brackets after the cursor do not count as text."""
    assert request_at("f(a + b)", 0, 2).single_line
    assert not request_at("f()", 0, 2).single_line
    assert not request_at("x = \ny = 2", 0, 4).single_line


def test_an_inline_item_says_what_to_insert_and_where() -> None:
    """The range is empty, at the cursor, in the editor's units."""
    hole = hole_at("😀 = ", 0, 99)

    assert inline_item(hole, "1\n") == types.InlineCompletionItem("1\n", range=span(0, 5, 5))


def test_a_selected_menu_item_is_extended() -> None:
    """With "prin" typed and "print" selected the model continues "print", and the item begins with it."""
    hole = hole_at("prin", 0, 4, types.SelectedCompletionInfo(span(0, 0, 4), "print"))

    assert hole.prefix == "print"
    assert inline_item(hole, "(x)") == types.InlineCompletionItem("print(x)", range=span(0, 0, 4))


def test_an_answer_that_was_cancelled_is_not_shown() -> None:
    """The daemon stopped it for a newer request: it is half a text."""
    assert suggestion(hole_at("x = ", 0, 4), completion_of("1", "cancelled")) == ""


def test_an_answer_is_polished_with_the_document_in_view() -> None:
    """The rules see the cursor's line and the lines below."""
    hole = hole_at("def f():\n    \n    return 1\n", 1, 4)

    assert suggestion(hole, completion_of("x = 2\x07\n    return 1\n")) == "x = 2"
    assert suggestion(hole, completion_of("x = 2\n    y = so", "length")) == "x = 2"
