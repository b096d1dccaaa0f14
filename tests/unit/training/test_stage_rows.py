"""Rows and files of a stage survive a kill."""

from pathlib import Path

import pytest

from training.atomic import write_folder, write_text
from training.jsonl import append_rows, read_rows
from training.pairs import documented


def test_a_torn_last_row_is_as_if_never_written(tmp_path: Path) -> None:
    """The next append takes its place."""
    path = tmp_path / "rows.jsonl"
    append_rows(path, [{"id": 1}, {"id": 2}])
    with path.open("a") as file:
        file.write('{"id": 3, "te')

    assert read_rows(path) == [{"id": 1}, {"id": 2}]
    append_rows(path, [{"id": 4}])
    assert read_rows(path) == [{"id": 1}, {"id": 2}, {"id": 4}]


def test_a_folder_whose_writing_fails_leaves_the_old_one(tmp_path: Path) -> None:
    """Whole or absent, never half."""
    folder = tmp_path / "checkpoint"
    write_folder(folder, lambda beside: write_text(beside / "a", "old"))

    def fail(beside: Path) -> None:
        write_text(beside / "a", "new")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_folder(folder, fail)
    assert (folder / "a").read_text() == "old"


def test_documented_functions_are_lifted_without_their_docstring() -> None:
    """The first paragraph describes, the rest of the function answers."""
    area = 'def area(w, h):\n    """Multiply width\n    and height.\n\n    """\n    return w * h\n'
    text = area + "\ndef bare():\n    pass\n"

    assert list(documented(text)) == [("Multiply width and height.", "def area(w, h):\n    return w * h\n")]
