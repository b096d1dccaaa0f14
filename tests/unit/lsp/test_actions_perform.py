"""What each command does with an answer, at a desk without a server."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from assistant.errors import EngineError
from lsp.actions.perform import execute, resolve
from tests.desk import URI, FakeDesk, able
from tests.fakes import ScriptedAssistant

TEXT = "def f(x):\n    return x\n"
DOCUMENTED = '```python\ndef f(x):\n    """Give x back."""\n    return x\n```'


def span(start: tuple[int, int], end: tuple[int, int]) -> types.Range:
    """Name a piece of a document."""
    return types.Range(types.Position(*start), types.Position(*end))


def target(start: tuple[int, int] = (1, 5), end: tuple[int, int] = (1, 5), **more: Any) -> dict[str, Any]:
    """Send a place as an editor does."""
    positions = {
        name: {"line": line, "character": character} for name, (line, character) in (("start", start), ("end", end))
    }
    return {"uri": URI, "range": positions, **more}


def inserted(edit: types.WorkspaceEdit) -> list[types.TextEdit]:
    """All text edits of a plain edit of one document."""
    assert edit.changes is not None
    return list(edit.changes[URI])


async def test_documenting_adds_lines_and_changes_none() -> None:
    """Whatever else the model rewrote stays as it was."""
    answer = '```\ndef f(x):\n    """Give x back."""\n    y = x\n    return  y  # nicer\n```'
    desk = FakeDesk("def f(x):\n    y = x\n    return y\n", ScriptedAssistant(answer))

    assert await execute(desk, "cairn.document", target()) is None

    (edit,) = desk.applied
    assert inserted(edit) == [types.TextEdit(span((1, 0), (1, 0)), '    """Give x back."""\n')]
    assert desk.told == []


async def test_a_fix_shows_the_model_what_was_diagnosed() -> None:
    """Only the line that differs is edited, in the block around the diagnostic."""
    assistant = ScriptedAssistant("```\ndef f(x):\n    return x + 1\n```")
    desk = FakeDesk(f"\n\nif a:\n    {TEXT.replace(chr(10), chr(10) + '    ')}", assistant)

    await execute(desk, "cairn.fix", target((4, 8), (4, 8), diagnostic="off by one"))

    assert inserted(desk.applied[0]) == [types.TextEdit(span((4, 0), (4, 16)), "        return x + 1")]
    assert "off by one" in assistant.requests[0].messages[0].content


async def test_an_edit_follows_the_users_instruction() -> None:
    """It keeps the tabs of the file."""
    assistant = ScriptedAssistant("```\nfor (;;) {\n    b();\n}\n```")
    desk = FakeDesk("{\n\twhile (1) {\n\t\tb();\n\t}\n}\n", assistant)

    await execute(desk, "cairn.edit", target((1, 0), (4, 0), instruction="use for"))

    assert inserted(desk.applied[0]) == [types.TextEdit(span((1, 0), (1, 12)), "\tfor (;;) {")]
    assert "use for" in assistant.requests[0].messages[0].content


async def test_an_editor_that_knows_versions_and_annotations_gets_them() -> None:
    """It can refuse an edit of another version, and ask the user before."""
    desk = FakeDesk(TEXT, ScriptedAssistant(DOCUMENTED), capabilities=able(with_versions=True, with_annotations=True))

    await execute(desk, "cairn.document", target())

    (change,) = desk.applied[0].document_changes
    assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(URI, 1)
    assert [type(edit) for edit in change.edits] == [types.AnnotatedTextEdit]
    (annotation,) = desk.applied[0].change_annotations.values()
    assert annotation == types.ChangeAnnotation("Document with Cairn", True, "written by a model")


async def test_without_annotations_the_version_is_still_told() -> None:
    """Emacs knows versions only."""
    desk = FakeDesk(TEXT, ScriptedAssistant(DOCUMENTED), capabilities=able(with_versions=True))

    await execute(desk, "cairn.document", target())

    (change,) = desk.applied[0].document_changes
    assert [type(edit) for edit in change.edits] == [types.TextEdit]
    assert desk.applied[0].change_annotations is None


async def test_control_characters_never_reach_the_file() -> None:
    """Nor do carriage returns."""
    desk = FakeDesk(TEXT, ScriptedAssistant("```\r\ndef f(x):\r\n    return\x1b x\u202e + 1\r\n```"))

    await execute(desk, "cairn.edit", target(instruction="add one"))

    assert [edit.new_text for edit in inserted(desk.applied[0])] == ["    return x + 1"]


@pytest.mark.parametrize(
    ("assistant", "said"),
    [
        (ScriptedAssistant("No."), "the model answered without code\nask again, or use a stronger model"),
        (ScriptedAssistant(f"```\n{TEXT}```"), "the model proposes no change\nask again in other words, or use a"),
        (ScriptedAssistant(DOCUMENTED, finish_reason="length"), "the answer was cut short, so nothing was edited\n"),
        (ScriptedAssistant(error=EngineError("it\x1b died", hint="wait")), "it\\u{1b} died\nwait"),
        (
            ScriptedAssistant(DOCUMENTED, can_chat=False),
            "the model scripted completes code but was not made for conversations, which this action needs\n"
            "get one: `cairn models import FILE.gguf --name NAME`, then `cairn models use NAME` (README: Models)",
        ),
    ],
)
async def test_a_failure_is_told_in_two_lines_and_nothing_is_edited(assistant: ScriptedAssistant, said: str) -> None:
    """What happened, and what to do."""
    desk = FakeDesk(TEXT, assistant)

    result = await execute(desk, "cairn.edit", target(instruction="document it"))

    assert result is None
    assert desk.applied == []
    assert len(desk.told) == 1
    assert desk.told[0].startswith(said)


async def test_an_edit_that_the_users_typing_overtook_is_dropped() -> None:
    """The version is compared when the answer is there, and with that of the list."""
    assistant = ScriptedAssistant(DOCUMENTED, delay_s=0.05)
    desk = FakeDesk(TEXT, assistant)
    running = asyncio.create_task(execute(desk, "cairn.document", target()))
    while not assistant.requests:
        await asyncio.sleep(0)

    desk.open.change(2, [types.TextDocumentContentChangeWholeDocument("else\n")])
    await running
    await execute(desk, "cairn.document", target(version=1))

    assert desk.applied == []
    assert desk.told == ["a.py changed meanwhile, so nothing was edited\nrun the action again"] * 2
    assert len(assistant.requests) == 1


async def test_cancelling_the_progress_ends_the_models_work_without_a_word() -> None:
    """The user knows."""
    assistant = ScriptedAssistant(DOCUMENTED, delay_s=30)
    desk = FakeDesk(TEXT, assistant)
    running = asyncio.create_task(execute(desk, "cairn.document", target()))
    while not assistant.requests:
        await asyncio.sleep(0)

    desk.cancel()

    assert await running is None
    assert assistant.cancelled == assistant.requests
    assert (desk.applied, desk.told) == ([], [])


async def test_the_progress_says_what_is_done_and_how_much_has_come() -> None:
    """In tokens, about."""
    desk = FakeDesk(TEXT, ScriptedAssistant(DOCUMENTED))

    await execute(desk, "cairn.document", target())

    assert desk.reports[0] == "Documenting a.py"
    assert desk.reports[-1] == "about 20 tokens"


ANSWER = "It gives x back.\x1b[2J\n\n- one\n- two\n- three\n- four\n"
EXPLANATION = ANSWER.replace("\x1b", r"\u{1b}").strip()


async def test_an_explanation_is_the_result_and_is_shown_by_a_message_and_the_log() -> None:
    """Every editor has these; nothing in it is obeyed by a terminal."""
    desk = FakeDesk(TEXT, ScriptedAssistant(ANSWER))

    result = await execute(desk, "cairn.explain", target())

    assert result == EXPLANATION
    assert desk.logged == [EXPLANATION]
    (message,) = desk.told
    assert message.startswith("It gives x back.\\u{1b}[2J\n\n- one\n- two … (all of it")


async def test_an_explanation_is_a_virtual_document_where_the_editor_has_them() -> None:
    """No file is written."""
    desk = FakeDesk(TEXT, ScriptedAssistant(ANSWER), capabilities=able(with_virtual_documents=True))

    await execute(desk, "cairn.explain", target())

    assert desk.shown == [EXPLANATION]
    assert (desk.told, desk.logged) == ([], [])


async def test_our_own_plugin_shows_the_result_itself() -> None:
    """Twice would be once too often."""
    desk = FakeDesk(TEXT, ScriptedAssistant("Short."), capabilities=able(with_plugin=True))

    assert await execute(desk, "cairn.explain", target()) == "Short."
    assert (desk.shown, desk.told, desk.logged) == ([], [], [])


async def test_an_explanation_cut_short_is_shown_as_far_as_it_goes() -> None:
    """It is marked."""
    desk = FakeDesk(TEXT, ScriptedAssistant("Half", finish_reason="length"))

    assert await execute(desk, "cairn.explain", target()) == "Half \n\n…"


async def test_tests_go_into_a_new_file_that_is_then_opened(tmp_path: Path) -> None:
    """An existing one is never overwritten; the model hears both names."""
    assistant = ScriptedAssistant("```python\ndef test_f():\n    assert f(1) == 1\n```")
    uri = (tmp_path / "src/a b.py").as_uri()
    desk = FakeDesk(
        TEXT, assistant, uri=uri, roots=[tmp_path], capabilities=able(with_versions=True, with_new_files=True)
    )

    assert await execute(desk, "cairn.tests", target() | {"uri": uri}) is None

    new = (tmp_path / "tests/test_a b.py").as_uri()
    create, fill = desk.applied[0].document_changes
    assert create == types.CreateFile(new, options=types.CreateFileOptions(overwrite=False, ignore_if_exists=False))
    assert fill.text_document == types.OptionalVersionedTextDocumentIdentifier(new)
    assert [edit.new_text for edit in fill.edits] == ["def test_f():\n    assert f(1) == 1\n"]
    assert desk.shown == [new]
    assert "tests/test_a b.py (the file they test is src/a b.py)" in assistant.requests[0].messages[0].content


async def test_tests_are_shown_where_the_editor_makes_no_files() -> None:
    """With the name they should have."""
    desk = FakeDesk(TEXT, ScriptedAssistant("```python\nassert f(1)\n```"))

    result = await execute(desk, "cairn.tests", target())

    assert result == "`/workspace/tests/test_a.py`\n\n````\nassert f(1)\n````"
    assert desk.logged == [result]


async def test_a_text_without_a_file_gets_no_tests() -> None:
    """They would have nothing to import."""
    desk = FakeDesk(TEXT, ScriptedAssistant(), uri="untitled:a")

    await execute(desk, "cairn.tests", target() | {"uri": "untitled:a"})

    assert desk.told == ["this text has no file yet, and its tests would import it\nsave it first"]


async def test_completing_here_inserts_a_completion_at_the_cursor() -> None:
    """A model that only completes will do, and the user is not asked again."""
    capabilities = able(with_versions=True, with_annotations=True)
    desk = FakeDesk(TEXT, ScriptedAssistant(can_chat=False), completion=" + 1", capabilities=capabilities)

    await execute(desk, "cairn.completeHere", target((1, 12), (1, 12)))

    (change,) = desk.applied[0].document_changes
    assert change.edits == [types.TextEdit(span((1, 12), (1, 12)), " + 1")]
    assert desk.applied[0].change_annotations is None


async def test_completing_here_says_when_there_is_nothing() -> None:
    """Who asked wants to know."""
    desk = FakeDesk(TEXT, ScriptedAssistant())

    await execute(desk, "cairn.completeHere", target())

    assert desk.told == ["the model has nothing to add here\ntry another place"]


async def test_a_document_that_is_not_open_is_not_read() -> None:
    """Nor one that may not be."""
    desk = FakeDesk(TEXT, ScriptedAssistant())

    await execute(desk, "cairn.explain", target() | {"uri": "file:///secret/.env"})

    assert desk.told == [".env is not open here, or may not be read\nopen it, or save it if it is open"]
    assert desk.assistant.requests == []


@pytest.mark.parametrize(
    ("command", "argument", "said"),
    [
        ("cairn.edit", None, 'cairn.edit takes one argument, {"uri", "range", "instruction"}'),
        ("cairn.edit", target(), '"instruction" says what to change'),
        ("cairn.edit", target(instruction=" "), '"instruction" says what to change'),
        ("cairn.edit", target(instruction=5), 'cairn.edit takes one argument, {"uri", "range", "instruction"}'),
        ("cairn.explain", [], 'cairn.explain takes one argument, {"uri", "range"}'),
        ("cairn.explain", {"uri": URI}, 'cairn.explain takes one argument, {"uri", "range"}'),
        ("cairn.explain", {"uri": URI, "range": {"start": 1}}, 'cairn.explain takes one argument, {"uri", "range"}'),
        ("cairn.explain", target() | {"uri": 5}, 'cairn.explain takes one argument, {"uri", "range"}'),
    ],
)
async def test_a_wrong_argument_is_an_error_that_says_what_to_send(command: str, argument: Any, said: str) -> None:
    """It is the plugin's mistake, not the user's."""
    desk = FakeDesk(TEXT, ScriptedAssistant())

    with pytest.raises(JsonRpcInvalidParams, match="takes one argument") as failure:
        await execute(desk, command, argument)

    assert said in failure.value.message
    assert desk.assistant.requests == []


async def test_a_listed_action_is_given_its_edit_when_it_is_chosen() -> None:
    """As the command would have made it."""
    desk = FakeDesk(TEXT, ScriptedAssistant(DOCUMENTED), capabilities=able(with_versions=True))
    action = types.CodeAction("Document with Cairn", data=target(version=1, cairn="document"))

    resolved = await resolve(desk, action)

    assert resolved.edit is not None
    (change,) = resolved.edit.document_changes
    assert [edit.new_text for edit in change.edits] == ['    """Give x back."""\n']
    assert desk.applied == []


async def test_an_action_of_somebody_else_and_a_failed_one_stay_without_an_edit() -> None:
    """The failure is told."""
    desk = FakeDesk(TEXT, ScriptedAssistant("No."))

    foreign = await resolve(desk, types.CodeAction("Sort imports", data={"uri": URI}))
    failed = await resolve(desk, types.CodeAction("Fix", data=target(version=1, cairn="fix")))

    assert (foreign.edit, failed.edit) == (None, None)
    assert len(desk.told) == 1
