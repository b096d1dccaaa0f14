"""Where the user has been is shown: the newest first, once, and never what may not be read."""

from pathlib import Path

from lsprotocol import types

from lsp.context.recent import FAR_LINES, MAX_RANGES, REACH_LINES, Recent
from lsp.context.view import Files
from lsp.documents import Document
from tests.unit.lsp.context_fakes import Workspace, view


def lines(word: str, count: int = 100) -> str:
    """A text whose lines have numbered words that no other text has."""
    return "".join(f"{word}_{number} = {word}_{number + 1}\n" for number in range(count))


def found(recent: Recent, document: Document, files: Files, line: int = 0) -> list[tuple[str, int]]:
    """Path and first line of what is shown at a line of `document`."""
    return [(each.path, each.first_line) for each in recent.find(view(document, files, line))]


def test_an_edit_in_another_document_is_shown_with_the_lines_around_it(tmp_path: Path) -> None:
    """What was just changed is likely to be what comes next."""
    workspace = Workspace(tmp_path)
    here, there = workspace.open("here.py", lines("a")), workspace.open("there.py", lines("b"))
    recent = Recent(workspace.files)

    recent.note_edit(there, 50)
    (excerpt,) = recent.find(view(here, workspace.files))

    assert excerpt.path == "there.py"
    assert excerpt.reason == "edited recently"
    assert excerpt.first_line == 50 - REACH_LINES
    assert excerpt.text == "".join(there.lines[50 - REACH_LINES : 50 + REACH_LINES + 1])


def test_the_place_that_is_being_edited_is_shown_as_it_is_now(tmp_path: Path) -> None:
    """Keystrokes at one place are one range, with its newest text."""
    workspace = Workspace(tmp_path)
    here, there = workspace.open("here.py", lines("a")), workspace.open("there.py", lines("b"))
    recent = Recent(workspace.files)

    for number in range(50, 55):
        recent.note_edit(there, number)
        there.lines[number] = "changed\n"

    (excerpt,) = recent.find(view(here, workspace.files))
    assert excerpt.text.count("changed") == 5


def test_the_newest_comes_first_and_the_oldest_are_forgotten(tmp_path: Path) -> None:
    """The ring has so many places and no more."""
    workspace = Workspace(tmp_path)
    here = workspace.open("here.py", lines("a"))
    recent = Recent(workspace.files)

    for number in range(MAX_RANGES + 4):
        recent.note_edit(workspace.open(f"{number}.py", lines(f"b{number}")), 50)

    paths = [path for path, _ in found(recent, here, workspace.files)]
    assert paths == [f"{number}.py" for number in range(MAX_RANGES + 3, 3, -1)]


def test_coming_back_to_a_place_shows_it_once(tmp_path: Path) -> None:
    """A range that overlaps an older one takes its place."""
    workspace = Workspace(tmp_path)
    here, there, third = (workspace.open(f"{name}.py", lines(name)) for name in "abc")
    recent = Recent(workspace.files)

    for document, line in ((there, 50), (third, 50), (there, 53)):
        recent.note_edit(document, line)

    assert found(recent, here, workspace.files) == [("b.py", 53 - REACH_LINES), ("c.py", 50 - REACH_LINES)]


def test_a_copy_of_a_range_takes_its_place(tmp_path: Path) -> None:
    """The same words in two files are shown once, from the newer."""
    workspace = Workspace(tmp_path)
    here = workspace.open("here.py", lines("a"))
    recent = Recent(workspace.files)

    for name in ("one.py", "two.py"):
        recent.note_edit(workspace.open(name, lines("b")), 50)

    assert found(recent, here, workspace.files) == [("two.py", 50 - REACH_LINES)]


def test_of_the_same_document_only_far_places_are_shown(tmp_path: Path) -> None:
    """What is close to the cursor is in the windows."""
    workspace = Workspace(tmp_path)
    here = workspace.open("here.py", lines("a", 1000))
    recent = Recent(workspace.files)

    recent.note_edit(here, 500)

    assert found(recent, here, workspace.files, 500 + FAR_LINES - REACH_LINES) == []
    assert found(recent, here, workspace.files, 0) == [("here.py", 500 - REACH_LINES)]


def test_a_document_that_was_opened_is_shown_from_its_beginning(tmp_path: Path) -> None:
    """Who opens a file wants something of it."""
    workspace = Workspace(tmp_path)
    here, there = workspace.open("here.py", lines("a")), workspace.open("there.py", lines("b"))
    recent = Recent(workspace.files)

    recent.note_open(there)

    (excerpt,) = recent.find(view(here, workspace.files))
    assert (excerpt.reason, excerpt.first_line) == ("opened recently", 0)


def test_a_closed_document_is_still_shown_as_it_was_when_it_was_left(tmp_path: Path) -> None:
    """Closing a tab is not forgetting what was written in it."""
    workspace = Workspace(tmp_path)
    here, there = workspace.open("here.py", lines("a")), workspace.open("there.py", lines("b"))
    recent = Recent(workspace.files)

    recent.note_edit(there, 50)
    del workspace.documents[there.uri]

    assert found(recent, here, workspace.files) == [("there.py", 50 - REACH_LINES)]


def test_a_secret_file_that_is_open_is_never_shown(tmp_path: Path) -> None:
    """Neither its edits nor its beginning; a document without a file is nobody's business either."""
    workspace = Workspace(tmp_path, may_read=lambda path: path.name != ".env")
    here, secret = workspace.open("here.py", lines("a")), workspace.open(".env", lines("TOKEN"))
    untitled = Document(types.TextDocumentItem("untitled:1", "", 1, lines("b")), types.PositionEncodingKind.Utf8)
    recent = Recent(workspace.files)

    for document in (secret, untitled):
        recent.note_open(document)
        recent.note_edit(document, 50)

    assert found(recent, here, workspace.files) == []


def test_lines_that_nobody_wrote_by_hand_are_not_shown(tmp_path: Path) -> None:
    """A minified file has nothing to say, nor has an empty one."""
    workspace = Workspace(tmp_path)
    here, minified, empty = (
        workspace.open(name, text) for name, text in (("a", "a"), ("b", "x = 1; " * 9999), ("c", " "))
    )
    recent = Recent(workspace.files)

    for document in (minified, empty):
        recent.note_open(document)

    assert found(recent, here, workspace.files) == []


def without_key(text: str) -> str:
    """Mask what follows a line that says that a key begins."""
    before, begins, key = text.partition("BEGIN KEY\n")
    return before + begins + "masked\n" * key.count("\n")


def test_secrets_inside_of_a_document_are_masked_also_where_the_range_does_not_show_how_they_begin(
    tmp_path: Path,
) -> None:
    """A key is known by its first line, which may stand above the range."""
    workspace = Workspace(tmp_path, mask=without_key)
    here = workspace.open("here.py", lines("a"))
    there = workspace.open("there.py", lines("b", 20) + "BEGIN KEY\n" + "s3cret\n" * 60)
    recent = Recent(workspace.files)

    recent.note_edit(there, 50)

    (excerpt,) = recent.find(view(here, workspace.files))
    assert excerpt.text == "masked\n" * (2 * REACH_LINES + 1)
