"""The model in the box, on the way to the people it is for: editor and chat, through the real daemon."""

import asyncio
import os
import re
import sys

import pytest
from lsprotocol import types

from assistant.client import connect
from assistant.protocol import FimRequest
from assistant.tui.app import ChatApp
from tests.editor import URI, Editor, ghost_text_capabilities, menu_capabilities

PREFIX = "import os\n\n\ndef exists(path):\n    return os."
SUFFIX = "\n\n\ndef main():\n    print(exists('a'))\n"
SERVER = [sys.executable, "-I", "-m", "assistant", "lsp", "--stdio"]


@pytest.mark.parametrize("can_show_ghost_text", [True, False])
async def test_what_the_editor_shows_is_what_the_model_says(cairn, can_show_ghost_text) -> None:
    """The same hole, asked of the daemon directly, begins with the editor's text: it comes from the model."""
    capabilities = ghost_text_capabilities() if can_show_ghost_text else menu_capabilities()
    editor = await Editor.start(SERVER, capabilities, env=dict(os.environ))
    editor.open(PREFIX + SUFFIX)

    if can_show_ghost_text:
        shown = await editor.ghost(4, 14)
    else:
        (item,) = await editor.menu(4, 14)
        shown = item.text_edit.new_text

    async with connect() as client:
        direct = await client.complete(FimRequest(prefix=PREFIX, suffix=SUFFIX))
    await editor.stop()
    assert shown
    assert direct.text.startswith(shown)


async def test_an_action_that_needs_a_chat_says_which_command_gets_a_model_for_it(cairn) -> None:
    """The model in the box only completes; `completeHere` is content with that."""
    edited: list[types.WorkspaceEdit] = []
    editor = await Editor.start(SERVER, ghost_text_capabilities(), env=dict(os.environ))
    editor.open(PREFIX + SUFFIX)

    @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        edited.append(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)

    place = {"uri": URI, "range": types.Range(types.Position(4, 14), types.Position(4, 14))}
    for command in ("cairn.explain", "cairn.completeHere"):
        await editor.client.workspace_execute_command_async(types.ExecuteCommandParams(command, [place]))
    (edit,) = edited[0].changes[URI]
    await editor.stop()

    assert ["`cairn models import FILE.gguf" in told.message for told in editor.client.messages] == [True]
    assert edit.range == place["range"]
    assert edit.new_text.strip()


async def test_the_chat_streams_an_answer_of_the_model(cairn) -> None:
    """A question typed into the real chat is answered, and the line below says how many tokens and how fast."""
    client = connect()
    app = ChatApp(client)

    async with client, app.run_test(size=(100, 30)) as pilot:
        await pilot.press(*"return the sum of xs", "enter")
        async with asyncio.timeout(60):
            while not (ending := re.search(r"limit of (\d+) tokens|(\d+) tokens · [\d.]+ tok/s", screen_text(app))):
                await pilot.pause(0.05)
        shown = screen_text(app)

    assert "return the sum of xs" in shown
    assert int(ending[1] or ending[2]) > 0


def screen_text(app: ChatApp) -> str:
    """What a person sees."""
    return "\n".join(line.text for line in app.screen._compositor.render_strips())
