"""The menu of code actions. Editors ask for it with every movement of the cursor: no model, nothing parsed."""

from collections.abc import Sequence

from lsprotocol import types
from lsprotocol.types import CodeActionKind

from assistant.sanitize import sanitize
from lsp.actions import abilities
from lsp.documents import Document

MAX_FIXES = 3
MAX_TITLE_CHARS = 60

_TITLES = {
    "explain": "Explain with Cairn",
    "document": "Document with Cairn",
    "tests": "Write tests with Cairn",
    "edit": "Edit with Cairn…",
    "completeHere": "Complete here with Cairn",
}
_KINDS = {
    "document": CodeActionKind.RefactorRewrite,
    "edit": CodeActionKind.RefactorRewrite,
    "tests": CodeActionKind.Refactor,
    "fix": CodeActionKind.QuickFix,
}
RESOLVED = ("document", "fix")
"""Actions that are nothing but an edit, which the editor may ask for when they are chosen."""

Place = dict[str, object]
Listed = types.CodeAction | types.Command


def list_actions(
    document: Document, params: types.CodeActionParams, capabilities: types.ClientCapabilities
) -> Sequence[Listed]:
    """List what can be done here; an editor that was not asked for it hears only of selections and diagnostics."""
    is_cursor = params.range.start == params.range.end
    diagnostics = params.context.diagnostics[:MAX_FIXES]
    is_asked = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
    names = list(_TITLES) if is_asked or not is_cursor else []
    if not is_cursor:
        names.remove("completeHere")
    if "edit" in names and not abilities.runs_our_plugin(capabilities):
        names.remove("edit")  # nobody would ask for the instruction
    place: Place = {"uri": document.uri, "version": document.version, "range": params.range}
    listed = [_action(name, _TITLES[name], place, params, capabilities) for name in names]
    fixes = [_fix(diagnostic, place, params, capabilities) for diagnostic in diagnostics]
    return [action for action in (*fixes, *listed) if action is not None]


def _fix(
    diagnostic: types.Diagnostic,
    place: Place,
    params: types.CodeActionParams,
    capabilities: types.ClientCapabilities,
) -> Listed | None:
    title = f"Fix with Cairn: {sanitize(diagnostic.message.partition(chr(10))[0])[:MAX_TITLE_CHARS]}"
    start = diagnostic.range.start
    at = place | {"range": types.Range(start, start), "diagnostic": diagnostic.message}
    action = _action("fix", title, at, params, capabilities)
    if isinstance(action, types.CodeAction):
        action.diagnostics = [diagnostic]
    return action


def _action(
    name: str,
    title: str,
    place: Place,
    params: types.CodeActionParams,
    capabilities: types.ClientCapabilities,
) -> Listed | None:
    kind = _KINDS.get(name)
    if not _is_wanted(kind, params.context.only):
        return None
    able = abilities.code_actions(capabilities)
    command = types.Command(title, f"cairn.{name}", arguments=[place])
    if able.code_action_literal_support is None:
        return command
    action = types.CodeAction(title, kind=kind)
    if able.tag_support is not None and types.CodeActionTag.LlmGenerated in able.tag_support.value_set:
        action.tags = [types.CodeActionTag.LlmGenerated]
    if name in RESOLVED and abilities.resolves_edits(capabilities):
        action.data = place | {"cairn": name}
    else:
        action.command = command
    return action


def _is_wanted(kind: CodeActionKind | None, only: Sequence[CodeActionKind | str] | None) -> bool:
    """Whether the editor asked for this kind or one above it; "refactor" is above "refactor.rewrite"."""
    if not only:
        return True
    return kind is not None and any(not wanted or f"{kind.value}.".startswith(f"{_text(wanted)}.") for wanted in only)


def _text(kind: CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, CodeActionKind) else kind
