"""What an editor session tells its diary; where `acceptance_log` is off there is none, and nothing is noted."""

from collections.abc import Iterable

from lsprotocol import types

from assistant import paths
from lsp.acceptance.diary import Diary
from lsp.acceptance.outcome import Trigger
from lsp.completion import Hole
from lsp.documents import AppliedEdit, Document
from lsp.session import CompletionServer, now_s
from lsp.shown import Shown

ACCEPTED = "cairn.accepted"
"""The command of an item: an editor runs it, with the suggestion's id, after the whole text was accepted."""


def keep_diary(ls: CompletionServer) -> None:
    """Begin or end it, as the settings say."""
    if ls.settings.acceptance_log and ls.diary is None:
        ls.diary = Diary(paths.acceptance_file(), client_name=ls.client_name)
    elif ls.diary and not ls.settings.acceptance_log:
        ls.diary.close()
        ls.diary = None


def note_shown(
    ls: CompletionServer, document: Document, hole: Hole, shown: Shown, *, trigger: Trigger, asked_at_s: float
) -> None:
    """A suggestion goes to the editor, at the cursor of the hole, for which it was asked then."""
    if ls.diary is None:
        return
    start, end = document.locate(hole.replaced.start), document.locate(hole.replaced.end)
    ls.diary.shown(
        shown.id,
        document.uri,
        (start.line, start.index),
        standing=document.lines[start.line][start.index : end.index],
        text=hole.lead + shown.text,
        prompt=(hole.prefix, hole.suffix),
        language=document.language,
        model=ls.model,
        trigger=trigger,
        latency_ms=(now_s() - asked_at_s) * 1000,
    )


def accepted_command(id: int) -> types.Command:
    """What an editor runs when a whole suggestion was accepted."""
    return types.Command(title="accepted", command=ACCEPTED, arguments=[id])


def note_edits(ls: CompletionServer, document: Document, edits: Iterable[AppliedEdit | None]) -> None:
    """A document was edited; None stands for a whole new text, in which no suggestion can be followed."""
    if ls.diary is None:
        return
    for edit in edits:
        if edit is None:
            ls.diary.closed(document.uri)
        else:
            start, end = edit.start, edit.end
            ls.diary.edited(document.uri, (start.line, start.index), (end.line, end.index), edit.text)


def note_closed(ls: CompletionServer, uri: str) -> None:
    """A document was closed, or its text is in doubt."""
    if ls.diary:
        ls.diary.closed(uri)


def accepted(ls: CompletionServer, *arguments: object) -> None:
    """The command: believe the editor, if it names a suggestion."""
    if ls.diary and arguments and type(arguments[0]) is int:
        ls.diary.accepted(arguments[0])
