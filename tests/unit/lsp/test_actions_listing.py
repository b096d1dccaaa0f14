"""The menu of code actions: cheap, quiet, and only what the editor can do."""

import pytest
from lsprotocol import types
from lsprotocol.types import CodeActionKind, CodeActionTriggerKind
from lsprotocol.types import PositionEncodingKind as Encoding

from lsp.actions.listing import MAX_FIXES, list_actions
from lsp.documents import Document
from tests.desk import URI, able

DOCUMENT = Document(types.TextDocumentItem(URI, "python", 7, "x = 1\n" * 9), Encoding.Utf16)


def span(start: tuple[int, int], end: tuple[int, int]) -> types.Range:
    """Name a piece of a document."""
    return types.Range(types.Position(*start), types.Position(*end))


SELECTION = span((1, 0), (2, 0))
CURSOR = span((1, 3), (1, 3))
DIAGNOSTIC = types.Diagnostic(span((1, 2), (1, 3)), "x is\x1b[2J unused\nsee there")


def listed(
    at: types.Range = SELECTION,
    *,
    capabilities: types.ClientCapabilities | None = None,
    diagnostics: tuple[types.Diagnostic, ...] = (),
    only: list[CodeActionKind | str] | None = None,
    trigger: CodeActionTriggerKind | None = CodeActionTriggerKind.Invoked,
) -> list[types.CodeAction | types.Command]:
    """List actions."""
    context = types.CodeActionContext(diagnostics, only=only, trigger_kind=trigger)
    params = types.CodeActionParams(types.TextDocumentIdentifier(URI), at, context)
    return list(list_actions(DOCUMENT, params, capabilities or able()))


def titles(actions: list[types.CodeAction | types.Command]) -> list[str]:
    """Name actions."""
    return [action.title for action in actions]


EXPLAIN, DOCUMENT_IT, TESTS = "Explain with Cairn", "Document with Cairn", "Write tests with Cairn"
COMPLETE, EDIT = "Complete here with Cairn", "Edit with Cairn…"
FIX = r"Fix with Cairn: x is\u{1b}[2J unused"


def test_a_selection_is_offered_what_can_be_done_with_it() -> None:
    """Completing is for a cursor."""
    assert titles(listed(SELECTION)) == [EXPLAIN, DOCUMENT_IT, TESTS]
    assert titles(listed(CURSOR)) == [EXPLAIN, DOCUMENT_IT, TESTS, COMPLETE]


def test_editing_is_offered_by_a_plugin_that_asks_for_the_instruction() -> None:
    """In other editors it could only fail."""
    assert titles(listed(capabilities=able(with_plugin=True))) == [EXPLAIN, DOCUMENT_IT, TESTS, EDIT]


def test_a_moving_cursor_is_offered_nothing_but_fixes() -> None:
    """Otherwise every line would have a lamp."""
    automatic = CodeActionTriggerKind.Automatic

    assert listed(CURSOR, trigger=automatic) == []
    assert titles(listed(CURSOR, trigger=automatic, diagnostics=(DIAGNOSTIC,))) == [FIX]
    assert titles(listed(SELECTION, trigger=automatic)) == [EXPLAIN, DOCUMENT_IT, TESTS]
    assert EXPLAIN in titles(listed(CURSOR, trigger=None))  # an editor that does not say why


def test_each_diagnostic_is_offered_a_fix_up_to_a_few() -> None:
    """The fix belongs to its diagnostic, and is about the block around it."""
    fix = listed(diagnostics=(DIAGNOSTIC,))[0]
    many = listed(diagnostics=(DIAGNOSTIC,) * 9, only=[CodeActionKind.QuickFix])

    assert isinstance(fix, types.CodeAction)
    assert (fix.title, fix.kind, fix.diagnostics) == (FIX, CodeActionKind.QuickFix, [DIAGNOSTIC])
    assert fix.command is not None
    assert fix.command.arguments == [
        {"uri": URI, "version": 7, "range": span((1, 2), (1, 2)), "diagnostic": DIAGNOSTIC.message}
    ]
    assert len(many) == MAX_FIXES


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (["quickfix"], [FIX]),
        (["refactor"], [DOCUMENT_IT, TESTS]),
        (["refactor.rewrite"], [DOCUMENT_IT]),
        (["refactor.re"], []),
        (["source.fixAll"], []),
        (["source", "quickfix"], [FIX]),
        ([""], [FIX, DOCUMENT_IT, TESTS]),
        ([], [FIX, EXPLAIN, DOCUMENT_IT, TESTS]),
    ],
)
def test_only_the_kinds_that_were_asked_for_are_listed(only: list[str], expected: list[str]) -> None:
    """Kinds are a tree. On saving, editors ask for "source" and run what they get: that must never be a model."""
    assert titles(listed(diagnostics=(DIAGNOSTIC,), only=list(only))) == expected


def test_an_editor_that_resolves_gets_edits_later_and_others_get_commands() -> None:
    """What is more than an edit stays a command."""
    resolving = listed(capabilities=able(with_resolve=True))
    other = listed()

    assert [(action.data is None, action.command is None) for action in resolving] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert [action.command.command for action in other] == ["cairn.explain", "cairn.document", "cairn.tests"]


def test_an_old_editor_gets_bare_commands() -> None:
    """It announced no literals."""
    assert all(isinstance(action, types.Command) for action in listed(capabilities=types.ClientCapabilities()))


def test_what_a_model_will_write_is_marked_where_marks_are_known() -> None:
    """LSP 3.18 has a tag for it."""
    (action, *_) = listed(capabilities=able(with_tags=True))

    assert action.tags == [types.CodeActionTag.LlmGenerated]
