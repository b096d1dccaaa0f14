"""Commands and code actions over real stdin and stdout; only the assistant is scripted."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Union

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pytest_lsp import client_capabilities

from lsp.actions.perform import COMMANDS
from lsp.noting import ACCEPTED
from tests.editor import URI, Editor

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests" / "integration" / "lsp_scripted_server.py"
REQUEST_CANCELLED, INVALID_PARAMS = -32800, -32602

TEXT = "def f(x):\n    return x\n"
DOCUMENTED = '```python\ndef f(x):\n    """Give x back."""\n    return x\n```'
ADDED = types.TextEdit(types.Range(types.Position(1, 0), types.Position(1, 0)), '    """Give x back."""\n')
CURSOR = types.Range(types.Position(1, 4), types.Position(1, 4))
PLACE = {"uri": URI, "range": CURSOR}
PROFILES = ["visual_studio_code", "neovim@v0.11", "emacs"]


class Workbench:
    """An editor with one document open, and what its server did to it.

    Attributes:
        edits: What it was asked to apply; it does so unless `refusal` says why not.
        asked: The texts of the requests that the model got.
        cancelled: Those that were cancelled.
    """

    def __init__(self, editor: Editor, record: Path, *, applies: bool = True) -> None:
        self.editor = editor
        self.edits: list[types.WorkspaceEdit] = []
        self.refusal: str | None = None
        self._record = record
        converter = editor.client.protocol._converter
        listed = Union[types.Command, types.CodeAction]  # noqa: UP007 - as lsprotocol names it
        converter.register_structure_hook(listed, lambda data, _: converter.structure(data, _kind_of(data)))

        if not applies:
            return

        @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            self.edits.append(params.edit)
            return types.ApplyWorkspaceEditResult(applied=self.refusal is None, failure_reason=self.refusal)

    async def run(self, command: str, place: dict[str, Any] | None = PLACE, **options: Any) -> Any:
        """Run a command and return its result."""
        params = types.ExecuteCommandParams(command, None if place is None else [place])
        params.work_done_token = options.get("progress")
        return await self.editor.client.protocol.send_request_async(
            types.WORKSPACE_EXECUTE_COMMAND, params, msg_id=options.get("request_id")
        )

    async def menu(self, *diagnostics: types.Diagnostic) -> list[types.CodeAction]:
        """Open the menu of actions at the cursor."""
        context = types.CodeActionContext(list(diagnostics), trigger_kind=types.CodeActionTriggerKind.Invoked)
        params = types.CodeActionParams(types.TextDocumentIdentifier(URI), CURSOR, context)
        actions = await self.editor.client.text_document_code_action_async(params)
        assert actions is not None
        return [action for action in actions if isinstance(action, types.CodeAction)]

    async def wait_for(self, event: str) -> None:
        """Wait until a request was "asked" or "cancelled"."""
        async with asyncio.timeout(60):
            while not any(entry["event"] == event for entry in self._entries()):
                await asyncio.sleep(0.02)

    def progress(self) -> list[Any]:
        """What the only progress said."""
        (reports,) = self.editor.client.progress_reports.values()
        return list(reports)

    @property
    def told(self) -> list[str]:
        """The messages that were shown."""
        return [message.message for message in self.editor.client.messages]

    def _entries(self) -> list[dict[str, Any]]:
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        return [json.loads(line) for line in lines]


def _kind_of(data: dict[str, Any]) -> type:
    """Which of the two it is; lsprotocol takes every code action with a command for a bare command."""
    return types.Command if isinstance(data.get("command"), str) else types.CodeAction


StartWorkbench = Callable[..., Awaitable[Workbench]]


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[StartWorkbench]:
    """Start an editor of a profile with a document open; it is stopped after the test."""
    editors: list[Editor] = []

    async def start(
        profile: str = "visual_studio_code",
        *,
        says: str = DOCUMENTED,
        delay_s: float = 0,
        applies: bool = True,
        experimental: dict[str, Any] | None = None,
    ) -> Workbench:
        record = tmp_path / "record.jsonl"
        command = [sys.executable, str(SERVER), str(record), says, str(delay_s)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        capabilities = client_capabilities(profile)
        capabilities.experimental = experimental
        editor = await Editor.start(command, capabilities, env=env)
        editors.append(editor)
        editor.open(TEXT)
        return Workbench(editor, record, applies=applies)

    yield start
    for editor in editors:
        await editor.stop()


def changes_of(edit: types.WorkspaceEdit) -> list[tuple[types.Range, str]]:
    """The text edits of the only document that an edit is about, in whatever form."""
    if edit.document_changes is None:
        return [(change.range, change.new_text) for change in edit.changes[URI]]
    (document,) = edit.document_changes
    assert document.text_document == types.OptionalVersionedTextDocumentIdentifier(URI, 1)
    return [(change.range, change.new_text) for change in document.edits]


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_chosen_action_edits_the_document(start: StartWorkbench, profile: str) -> None:
    """List, choose, resolve or run: as each editor announced that it can."""
    bench = await start(profile)

    (action,) = [action for action in await bench.menu() if action.title == "Document with Cairn"]
    if action.command is None:
        edit = (await bench.editor.client.code_action_resolve_async(action)).edit
    else:
        await bench.run(action.command.command, action.command.arguments[0])
        (edit,) = bench.edits

    assert changes_of(edit) == [(ADDED.range, ADDED.new_text)]
    assert (action.command is None) == (profile != "emacs")


async def test_all_commands_are_announced(start: StartWorkbench) -> None:
    """Editors offer what is announced; so do plugins."""
    server = (await start()).editor.server

    assert sorted(server.execute_command_provider.commands) == sorted([*COMMANDS, ACCEPTED])
    assert server.code_action_provider.resolve_provider


@pytest.mark.parametrize(("experimental", "is_offered"), [(None, False), ({"cairn": True}, True)])
async def test_our_plugins_are_known_by_what_they_announce(
    start: StartWorkbench, experimental: dict[str, Any] | None, is_offered: bool
) -> None:
    """They ask for the instruction of an edit, and show an explanation themselves."""
    bench = await start(experimental=experimental)

    titles = [action.title for action in await bench.menu()]
    await bench.run("cairn.explain")

    assert ("Edit with Cairn…" in titles) == is_offered
    assert (bench.told == []) == is_offered


async def test_an_editor_with_annotations_asks_the_user_before(start: StartWorkbench) -> None:
    """Visual Studio Code opens its preview of the change."""
    bench = await start()

    await bench.run("cairn.edit", PLACE | {"instruction": "document it"})

    (edit,) = bench.edits
    assert [annotation.needs_confirmation for annotation in edit.change_annotations.values()] == [True]


async def test_a_diagnostic_is_fixed(start: StartWorkbench) -> None:
    """The first action is its fix."""
    bench = await start(says="```\ndef f(x):\n    return x + 1\n```")
    diagnostic = types.Diagnostic(types.Range(types.Position(1, 11), types.Position(1, 12)), "off by one")

    action, *_ = await bench.menu(diagnostic)
    resolved = await bench.editor.client.code_action_resolve_async(action)

    assert list(action.diagnostics) == [diagnostic]
    whole_line = types.Range(types.Position(1, 0), types.Position(1, 12))
    assert changes_of(resolved.edit) == [(whole_line, "    return x + 1")]


@pytest.mark.parametrize("profile", PROFILES)
async def test_an_explanation_is_the_result_and_is_shown(start: StartWorkbench, profile: str) -> None:
    """None of these editors announced virtual documents: a message and the log."""
    bench = await start(profile, says="It gives x back.")

    result = await bench.run("cairn.explain")

    assert result == "It gives x back."
    assert bench.told == ["It gives x back."]
    assert [line.message for line in bench.editor.client.log_messages] == ["It gives x back."]


async def test_an_explanation_is_a_virtual_document_where_the_editor_takes_one(tmp_path: Path) -> None:
    """The server registers for it, has it opened, and answers with its text."""
    capabilities = client_capabilities("visual_studio_code")
    capabilities.workspace.text_document_content = types.TextDocumentContentClientCapabilities(
        dynamic_registration=True
    )
    command = [sys.executable, str(SERVER), str(tmp_path / "record"), "It gives x back.", "0"]
    editor = await Editor.start(command, capabilities, env={**os.environ, "PYTHONPATH": str(ROOT)})
    bench = Workbench(editor, tmp_path / "record")
    registered: list[types.Registration] = []

    @editor.client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        registered.extend(each for each in params.registrations if "Content" in each.method)

    editor.open(TEXT)
    await bench.run("cairn.explain")
    await bench.run("cairn.explain")
    first, second = editor.client.shown_documents
    content = await editor.client.workspace_text_document_content_async(types.TextDocumentContentParams(second.uri))
    with pytest.raises(JsonRpcException) as unknown:
        await editor.client.workspace_text_document_content_async(types.TextDocumentContentParams("cairn:/other.md"))
    await editor.stop()

    assert [one.method for one in registered] == ["workspace/textDocumentContent"]
    assert first.uri != second.uri
    assert second.uri.startswith("cairn:/")
    assert content.text == "It gives x back."
    assert unknown.value.code == INVALID_PARAMS
    assert bench.told == []


async def test_tests_become_a_new_file_that_is_opened(start: StartWorkbench) -> None:
    """Never in the place of another one."""
    bench = await start(says="```python\nassert f(1) == 1\n```")

    await bench.run("cairn.tests")

    create, fill = bench.edits[0].document_changes
    assert isinstance(create, types.CreateFile)
    assert not create.options.overwrite
    assert create.uri == fill.text_document.uri == "file:///workspace/tests/test_a.py"
    assert [shown.uri for shown in bench.editor.client.shown_documents] == [create.uri]


async def test_a_completion_is_inserted_at_the_cursor(start: StartWorkbench) -> None:
    """As ghost text would be."""
    bench = await start(says=" + 1")
    end = types.Position(1, 12)

    await bench.run("cairn.completeHere", PLACE | {"range": types.Range(end, end)})

    assert changes_of(bench.edits[0]) == [(types.Range(end, end), " + 1")]


async def test_work_shows_its_progress(start: StartWorkbench) -> None:
    """Begun, reported, ended; it can be cancelled."""
    bench = await start()

    await bench.run("cairn.document")

    begin, *reports, end = bench.progress()
    assert (begin.title, begin.cancellable) == ("Documenting a.py", True)
    assert [report.message for report in reports][-1] == "about 20 tokens"
    assert isinstance(end, types.WorkDoneProgressEnd)


async def test_a_request_that_brings_its_own_progress_gets_no_other(start: StartWorkbench) -> None:
    """Its token is used."""
    bench = await start()
    bench.editor.client.progress_reports["mine"] = []

    await bench.run("cairn.document", progress="mine")

    assert isinstance(bench.progress()[-1], types.WorkDoneProgressEnd)


async def test_cancelling_the_request_stops_the_model(start: StartWorkbench) -> None:
    """It is answered RequestCancelled, and its progress ends."""
    bench = await start(delay_s=30)
    running = asyncio.create_task(bench.run("cairn.document", request_id="mine"))
    await bench.wait_for("asked")

    bench.editor.cancel("mine")
    with pytest.raises(JsonRpcException) as failure:
        await running

    assert failure.value.code == REQUEST_CANCELLED
    await bench.wait_for("cancelled")
    assert isinstance(bench.progress()[-1], types.WorkDoneProgressEnd)
    assert bench.edits == []


async def test_cancelling_a_resolve_stops_the_model(start: StartWorkbench) -> None:
    """An editor's menu can be left at any time."""
    bench = await start(delay_s=30)
    (action,) = [action for action in await bench.menu() if action.title == "Document with Cairn"]
    protocol = bench.editor.client.protocol
    running = asyncio.create_task(protocol.send_request_async(types.CODE_ACTION_RESOLVE, action, msg_id="mine"))
    await bench.wait_for("asked")

    bench.editor.cancel("mine")
    with pytest.raises(JsonRpcException):
        await running

    await bench.wait_for("cancelled")


async def test_cancelling_the_progress_stops_the_model(start: StartWorkbench) -> None:
    """The request is answered null: an editor would log an error that is none."""
    bench = await start(delay_s=30)
    running = asyncio.create_task(bench.run("cairn.document"))
    await bench.wait_for("asked")
    (token,) = bench.editor.client.progress_reports

    bench.editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))

    assert await running is None
    await bench.wait_for("cancelled")
    assert bench.edits == []
    assert bench.told == []


async def test_typing_meanwhile_is_not_overwritten(start: StartWorkbench) -> None:
    """The answer is for another text, and the user hears it."""
    bench = await start(delay_s=0.3)
    running = asyncio.create_task(bench.run("cairn.document"))
    await bench.wait_for("asked")

    bench.editor.edit((0, 0), (0, 0), "# ")
    await running

    assert bench.edits == []
    assert bench.told == ["a.py changed meanwhile, so nothing was edited\nrun the action again"]


async def test_an_editor_that_does_not_apply_an_edit_says_why(start: StartWorkbench) -> None:
    """Its reason is passed on."""
    bench = await start()
    bench.refusal = "read only\x1b"

    await bench.run("cairn.document")

    assert bench.told == ["the editor did not edit: read only\\u{1b}"]


async def test_an_editor_that_cannot_apply_edits_is_told_so(start: StartWorkbench) -> None:
    """It answers with an error, and the command still with null."""
    bench = await start(applies=False)

    assert await bench.run("cairn.document") is None

    assert [told.startswith("the editor did not edit:") for told in bench.told] == [True]


async def test_a_wrong_command_is_an_error_that_says_what_to_send(start: StartWorkbench) -> None:
    """A plugin's author reads it; the server goes on."""
    bench = await start()

    with pytest.raises(JsonRpcException, match='"instruction" says what to change') as lacking:
        await bench.run("cairn.edit")
    with pytest.raises(JsonRpcException, match="takes one argument"):
        await bench.run("cairn.explain", None)
    with pytest.raises(JsonRpcException, match="no command cairn"):
        await bench.run("cairn.fly")
    await bench.run("cairn.document")

    assert lacking.value.code == INVALID_PARAMS
    assert len(bench.edits) == 1
