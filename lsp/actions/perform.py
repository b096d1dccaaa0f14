"""What each command does. A failure becomes a message of two lines, and the command answers null."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from lsprotocol import types
from pygls import uris

from assistant.errors import CairnError, InputError
from assistant.sanitize import sanitize
from lsp.actions import abilities, workspace_edits
from lsp.actions.answers import code_of, indented
from lsp.actions.asking import answer_of, check_current, opened
from lsp.actions.beside import place_of_tests, root_of
from lsp.actions.desk import Desk
from lsp.actions.hunks import hunks
from lsp.actions.listing import RESOLVED
from lsp.actions.scene import Scene
from lsp.actions.show import show
from lsp.actions.target import Target, target_of
from lsp.documents import Document

Token = types.ProgressToken | None


async def execute(desk: Desk, command: str, argument: object, token: Token = None) -> str | None:
    """Run a command; its result is Markdown to be shown, or null.

    Raises:
        JsonRpcInvalidParams: The argument is wrong; says what to send.
    """
    target = target_of(command, argument)
    try:
        return await COMMANDS[command](desk, target, token)
    except CairnError as error:
        _tell(desk, error)
        return None


async def resolve(desk: Desk, action: types.CodeAction) -> types.CodeAction:
    """Fill in the edit of a listed action; it stays without one if there is none."""
    data = cast(object, action.data)
    name = cast(dict[str, str], data).get("cairn", "") if isinstance(data, dict) else ""
    if name not in RESOLVED:
        return action
    target = target_of(f"cairn.{name}", cast(object, data))
    try:
        proposed = await _rewrite(desk, name, target, None)
    except CairnError as error:
        _tell(desk, error)
        return action
    if proposed is not None:
        document, edits = proposed
        action.edit = workspace_edits.changing(document, edits, action.title, desk.capabilities)
    return action


async def explain(desk: Desk, target: Target, token: Token) -> str | None:
    """Explain the code. The answer is shown, and is the result as well."""
    answer = await answer_of(desk, "explain", target, token)
    if answer is None:
        return None
    text = sanitize(answer[0].replace("\r\n", "\n")).strip()
    await show(desk, text)
    return text


async def document(desk: Desk, target: Target, token: Token) -> None:
    """Add documentation to the code; nothing that stands there is changed."""
    await _apply_rewritten(desk, "document", target, token, label="Document")


async def fix(desk: Desk, target: Target, token: Token) -> None:
    """Correct what a diagnostic complains about."""
    await _apply_rewritten(desk, "fix", target, token, label="Fix")


async def edit(desk: Desk, target: Target, token: Token) -> None:
    """Edit the code as the user's instruction says."""
    await _apply_rewritten(desk, "edit", target, token, label="Edit")


async def complete_here(desk: Desk, target: Target, _: Token) -> None:
    """Insert a completion at the cursor."""
    text_document = opened(desk, target)
    version = text_document.version
    text = await desk.complete(target.uri, target.range.end)
    check_current(desk, text_document, version)
    if not text:
        raise InputError("the model has nothing to add here", hint="try another place")
    inserted = workspace_edits.inserting(text_document, target.range.end, text, desk.capabilities)
    await desk.apply(inserted, "Complete here")


async def tests(desk: Desk, target: Target, token: Token) -> str | None:
    """Write tests into a new file; shown instead, and the result, where the editor makes no files."""
    file = uris.to_fs_path(target.uri) if target.uri.startswith("file:") else None
    if file is None:
        raise InputError("this text has no file yet, and its tests would import it", hint="save it first")
    tested = Path(file)
    root, new = root_of(tested, desk.roots), place_of_tests(tested, desk.roots)
    detail = f"{_within(new, root)} (the file they test is {_within(tested, root)})"
    answer = await answer_of(desk, "tests", target, token, detail=detail)
    if answer is None:
        return None
    text = "\n".join(code_of(answer[0])) + "\n"
    if not abilities.creates_files(desk.capabilities):
        shown = f"`{sanitize(str(new))}`\n\n````\n{text}````"
        await show(desk, shown)
        return shown
    uri = new.as_uri()
    if await desk.apply(workspace_edits.creating(uri, text, "Write tests", desk.capabilities), "Write tests"):
        desk.show_document(uri)
    return None


COMMANDS: dict[str, Callable[[Desk, Target, Token], Awaitable[str | None]]] = {
    "cairn.explain": explain,
    "cairn.document": document,
    "cairn.tests": tests,
    "cairn.fix": fix,
    "cairn.edit": edit,
    "cairn.completeHere": complete_here,
}


async def _apply_rewritten(desk: Desk, action: str, target: Target, token: Token, *, label: str) -> None:
    proposed = await _rewrite(desk, action, target, token)
    if proposed is not None:
        await desk.apply(workspace_edits.changing(*proposed, f"{label} with Cairn", desk.capabilities), label)


async def _rewrite(
    desk: Desk, action: str, target: Target, token: Token
) -> tuple[Document, list[types.TextEdit]] | None:
    answer = await answer_of(desk, action, target, token, detail=target.instruction or target.diagnostic)
    if answer is None:
        return None
    text, scene = answer
    text_document = opened(desk, target)
    edits = _edits(text_document, text, scene, only_additions=action == "document")
    if not edits:
        raise InputError("the model proposes no change", hint="ask again in other words, or use a stronger model")
    return text_document, edits


def _edits(document: Document, answer: str, scene: Scene, *, only_additions: bool) -> list[types.TextEdit]:
    lines = indented(code_of(answer, known="".join(document.lines)), scene.indent, with_tabs=scene.has_tabs)
    return hunks(document, scene.first, scene.last, lines, only_additions=only_additions)


def _within(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name


def _tell(desk: Desk, error: CairnError) -> None:
    kind = types.MessageType.Warning if isinstance(error, InputError) else types.MessageType.Error
    desk.tell(kind, sanitize(f"{error}\n{error.hint}"))
