"""The way of a completion inside the server: when the model is asked, and what is answered without it."""

import asyncio
import json
from typing import Any

import pytest
from lsprotocol import types

from assistant.errors import EngineError
from assistant.protocol import FimRequest
from lsp.complete import completion, inline_completion
from lsp.indexing import move_in
from lsp.lifecycle import did_change_configuration
from lsp.menu import MenuShape
from lsp.server import build_server
from lsp.session import CompletionServer
from lsp.settings import Settings
from lsp.sync import did_change, did_open
from tests.fakes import ScriptedAssistant

URI = "file:///a.py"


class Screen:
    """Takes what the server sends to its editor."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.messages.append(json.loads(data))

    def of(self, method: str) -> list[Any]:
        """The parameters of all notifications of one kind."""
        return [message["params"] for message in self.messages if message.get("method") == method]


class Desk:
    """An editor's user in front of a server without a process: one document is open."""

    def __init__(
        self, text: str, *answers: str, uri: str = URI, settings: Settings | None = None, **scripted: Any
    ) -> None:
        self.assistant = ScriptedAssistant(*answers, **scripted)
        self.screen = Screen()
        self.server: CompletionServer = build_server(self.assistant)
        self.server.protocol.set_writer(self.screen, include_headers=False)
        self.server.settings = settings or Settings()
        move_in(self.server)
        self._uri = uri
        self._version = 1
        self.open(uri, text)

    def open(self, uri: str, text: str) -> None:
        """Open a document."""
        did_open(self.server, types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "python", 1, text)))

    def type(self, line: int, character: int, text: str, uri: str = URI) -> None:
        """Insert a text."""
        self._version += 1
        place = types.Position(line, character)
        change = types.TextDocumentContentChangePartial(types.Range(place, place), text)
        document = types.VersionedTextDocumentIdentifier(self._version, uri)
        did_change(self.server, types.DidChangeTextDocumentParams(document, [change]))

    async def ghost(self, line: int, character: int, *, is_manual: bool = False) -> str | None:
        """Ask for ghost text; the text of the item."""
        kinds = types.InlineCompletionTriggerKind
        context = types.InlineCompletionContext(kinds.Invoked if is_manual else kinds.Automatic)
        params = types.InlineCompletionParams(
            context, types.TextDocumentIdentifier(self._uri), types.Position(line, character)
        )
        items = await inline_completion(self.server, params)
        if items is None:
            return None
        assert isinstance(items[0].insert_text, str)
        return items[0].insert_text

    @property
    def holes(self) -> list[FimRequest]:
        """What the model was asked for by somebody who waited."""
        return [each for each in self.assistant.requests if isinstance(each, FimRequest) and not each.warm_up]


async def test_typing_what_is_on_the_screen_asks_nobody() -> None:
    """The rest is answered from what was shown."""
    desk = Desk("x = ", "f(a, b)")

    assert await desk.ghost(0, 4) == "f(a, b)"
    desk.type(0, 4, "f(")
    assert await desk.ghost(0, 6) == "a, b)"
    assert len(desk.holes) == 1


async def test_typing_something_else_asks_again() -> None:
    """What was shown is no answer any more."""
    desk = Desk("x = ", "f(a, b)", "None")

    assert await desk.ghost(0, 4) == "f(a, b)"
    desk.type(0, 4, "g")
    assert await desk.ghost(0, 5) == "None"


async def test_after_the_first_line_of_a_slow_model_the_daemon_has_the_rest() -> None:
    """A first line is shown early; where it was typed through, the daemon is asked and nobody waits for a pause."""
    desk = Desk("x = ", "f(a,", "a,\n  b)", finish_reason="early", settings=Settings(debounce_ms=3_600_000))
    for _ in range(5):
        desk.server.pace.answered(2.0, is_whole=True)

    assert await desk.ghost(0, 4, is_manual=True) == "f(a,"
    assert desk.holes[0].early_ms > 0
    desk.type(0, 4, "f(")
    assert await desk.ghost(0, 6)
    assert len(desk.holes) == 2


async def test_a_quick_model_is_asked_for_the_whole() -> None:
    """There is no reason to show a part."""
    desk = Desk("x = ", "1")
    await desk.ghost(0, 4)

    assert desk.holes[0].early_ms == 0


async def test_who_asks_by_key_does_not_wait_for_a_pause() -> None:
    """The wait is for those who are still typing."""
    desk = Desk("x = ", "1", settings=Settings(debounce_ms=3_600_000))

    assert await desk.ghost(0, 4, is_manual=True) == "1"


async def test_a_request_that_is_overtaken_while_it_waits_never_reaches_the_model() -> None:
    """That is what the wait is for."""
    desk = Desk("x = ", "1", settings=Settings(debounce_ms=1000))

    first = asyncio.create_task(desk.ghost(0, 4))
    await asyncio.sleep(0.01)
    desk.type(0, 4, "1")
    assert await desk.ghost(0, 5) == "1"

    assert await first is None
    assert len(desk.holes) == 1


async def test_a_menu_is_answered_in_the_editors_shape() -> None:
    """Here: plain text of several lines."""
    desk = Desk("x = ", "[\n    1,\n]")
    desk.server.menu_shape = MenuShape(is_multi_line=True)

    params = types.CompletionParams(types.TextDocumentIdentifier(URI), types.Position(0, 4))
    menu = await completion(desk.server, params)

    assert menu
    assert [item.label for item in menu.items] == ["[", "[ …"]


async def test_the_log_says_what_a_completion_cost_and_nothing_of_the_text() -> None:
    """Source code is never logged."""
    desk = Desk("secret_name = ", "other_name")
    await desk.ghost(0, 14)

    (line,) = [params["message"] for params in desk.screen.of("window/logMessage")]
    assert "4 of 8 prompt tokens cached, 3 new, first after 12 ms (stop)" in line
    assert "name" not in line


async def test_the_status_names_the_model_and_what_it_does() -> None:
    """A request that takes longer than a blink is work to be seen."""
    desk = Desk("x = ", "1", delay_s=0.3)
    await desk.ghost(0, 4)

    assert desk.screen.of("cairn/status") == [
        {"state": "busy", "model": "scripted", "message": ""},
        {"state": "idle", "model": "scripted", "message": ""},
    ]


async def test_a_failure_is_in_the_status_with_its_cure() -> None:
    """And in a message, the first time."""
    desk = Desk("x = ", error=EngineError("the engine died", hint="try again"))
    await desk.ghost(0, 4)

    (status,) = desk.screen.of("cairn/status")
    assert (status["state"], status["message"]) == ("failed", "the engine died\ntry again")


async def test_a_slow_model_is_named_once_with_the_cure() -> None:
    """Five answers say so, not one: the first may have loaded it."""
    desk = Desk("x = ", "1")
    for _ in range(9):
        desk.server.pace.answered(30.0, is_whole=True)
    await desk.ghost(0, 4, is_manual=True)
    desk.type(0, 4, "2")
    await desk.ghost(0, 5, is_manual=True)

    (shown,) = desk.screen.of("window/showMessage")
    assert "cairn models use" in shown["message"]


async def test_the_model_is_loaded_when_a_document_opens() -> None:
    """Of many documents that open at once, one asks."""
    desk = Desk("x = ")
    for number in range(20):
        item = types.TextDocumentItem(f"file:///{number}.py", "python", 1, "")
        did_open(desk.server, types.DidOpenTextDocumentParams(item))
    async with asyncio.timeout(60):
        while not desk.assistant.requests:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.5)  # in which others could come

    (request,) = desk.assistant.requests
    assert isinstance(request, FimRequest)
    assert request.warm_up


@pytest.mark.parametrize("settings", [None, {}, {"other": {"automatic": False}}, [1]])
async def test_settings_of_others_change_nothing(settings: Any) -> None:
    """Some editors send null when anything changed."""
    desk = Desk("x = ", settings=Settings(max_tokens=7))
    did_change_configuration(desk.server, types.DidChangeConfigurationParams(settings))

    assert desk.server.settings == Settings(max_tokens=7)


async def test_settings_can_change_while_the_editor_runs() -> None:
    """Manual mode, for one."""
    desk = Desk("x = ", "1")
    did_change_configuration(desk.server, types.DidChangeConfigurationParams({"cairn": {"automatic": False}}))

    assert await desk.ghost(0, 4) is None
    assert await desk.ghost(0, 4, is_manual=True) == "1"


async def test_nothing_is_completed_in_secret_files_and_in_languages_that_are_off() -> None:
    """The log says so once, whatever is typed there."""
    secret = Desk("KEY=", "1", uri="file:///home/me/.env")
    off = Desk("x = ", "1", settings=Settings(languages_off=("python",)))

    for desk in (secret, off):
        assert await desk.ghost(0, 4, is_manual=True) is None
        assert await desk.ghost(0, 4, is_manual=True) is None
        assert desk.holes == []
        assert len(desk.screen.of("window/logMessage")) == 1


async def test_the_model_sees_where_another_document_was_edited() -> None:
    """And the path of the file, as the workspace has it."""
    desk = Desk("total = ", "1")
    desk.open("file:///b.py", "def add_numbers(first, second):\n    return first + second\n")
    desk.type(1, 4, "# ", uri="file:///b.py")
    await desk.ghost(0, 8)

    (request,) = desk.holes
    assert [(chunk.name, "add_numbers" in chunk.text) for chunk in request.chunks] == [("b.py", True)]
    assert request.name == "a.py"


async def test_the_model_sees_no_other_file_where_the_setting_says_so() -> None:
    """Only the document itself."""
    desk = Desk("total = ", "1", settings=Settings(cross_file=False))
    desk.open("file:///b.py", "def add_numbers(first, second):\n    return first + second\n")
    desk.type(1, 4, "# ", uri="file:///b.py")
    await desk.ghost(0, 8)

    assert desk.holes[0].chunks == ()


async def test_the_log_names_the_rules_that_cut_a_text() -> None:
    """So a user can tell a rule from a model."""
    desk = Desk("x = ", "1\n```\nThat is one.")
    assert await desk.ghost(0, 4) == "1"

    assert "; rules: " in desk.screen.of("window/logMessage")[0]["message"]
