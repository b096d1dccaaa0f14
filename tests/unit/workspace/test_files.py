"""Changing files of a project together, and taking it back."""

import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.workspace import Workspace, WorkspaceError, beneath, files, swap


def contents(root) -> dict[str, bytes]:
    """Every file by its path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_undo_gives_back_what_was_there(root, workspace, edit) -> None:
    """Changed and new files, and the folders that were made for them."""
    (root / "a.py").write_bytes(b"one\r\n")
    before = contents(root)

    written = workspace.apply([edit("a.py", b"two\r\n"), edit("new/deep/b.py", b"b\n")], "both")
    changed = contents(root)
    undone = workspace.undo()

    assert written == ["a.py", "new/deep/b.py"]
    assert changed == {"a.py": b"two\r\n", "new/deep/b.py": b"b\n"}
    assert undone.label == "both"
    assert contents(root) == before
    assert not (root / "new").exists()


def test_changes_are_undone_one_by_one_from_the_last(root, workspace, edit) -> None:
    """Undo, and undo again, to the beginning; then there is nothing left."""
    (root / "a").write_bytes(b"0")
    for number in range(1, 4):
        workspace.apply([edit("a", str(number).encode())])

    seen = []
    for _ in range(3):
        workspace.undo()
        seen.append((root / "a").read_bytes())

    assert seen == [b"2", b"1", b"0"]
    with pytest.raises(WorkspaceError, match="nothing to undo"):
        workspace.undo()


def test_another_project_has_another_history(root, workspace, edit, tmp_path) -> None:
    """One journal for all, but undo stays in its folder."""
    other = tmp_path / "other"
    other.mkdir()
    workspace.apply([edit("a", b"1")])

    with Workspace(other, tmp_path / "state" / "undo.db") as elsewhere:
        assert elsewhere.last_change() is None
    assert workspace.last_change() is not None


def test_a_file_that_changed_since_it_was_read_is_not_written(root, workspace, edit) -> None:
    """Nor is any of the others that belong to the change."""
    (root / "a").write_bytes(b"read")
    edits = [edit("b", b"new"), edit("a", b"mine")]
    (root / "a").write_bytes(b"theirs")

    with pytest.raises(WorkspaceError, match="a has changed meanwhile"):
        workspace.apply(edits)

    assert contents(root) == {"a": b"theirs"}


def test_undo_refuses_where_somebody_went_on_writing(root, workspace, edit) -> None:
    """Their work is worth more than ours; nothing is undone by halves."""
    workspace.apply([edit("a", b"1"), edit("b", b"1")])
    (root / "b").write_bytes(b"2")

    with pytest.raises(WorkspaceError, match="b was changed since"):
        workspace.undo()

    assert contents(root) == {"a": b"1", "b": b"2"}


def test_mode_owner_and_attributes_stay(root, workspace, edit) -> None:
    """A script stays executable; the set-user-ID bit does not survive a model's edit."""
    path = root / "run.sh"
    path.write_bytes(b"#!/bin/sh\n")
    path.chmod(0o4751)
    has_attributes = True
    try:
        os.setxattr(path, "user.note", b"kept")
    except OSError:
        has_attributes = False

    workspace.apply([edit("run.sh", b"#!/bin/sh\necho\n")])

    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert not has_attributes or os.getxattr(path, "user.note") == b"kept"


@pytest.mark.parametrize(
    "name", ["../out", "a/../../out", "/etc/passwd", "~/x", "", ".", "a/", "nul\0l", "/", "half\ud800", "a/../b"]
)
def test_a_path_that_is_none_of_the_projects_is_refused(workspace, name) -> None:
    """By its text alone, before any file is looked at."""
    with pytest.raises(WorkspaceError):
        workspace.read_or_new(name)


def test_the_projects_own_absolute_paths_are_understood(root, workspace) -> None:
    """Models like to write them in full."""
    assert workspace.relative(f"{root}/src/./a.py") == "src/a.py"


@pytest.fixture(params=["by the kernel", "by walking"])
def walking(request, monkeypatch):
    """Both ways to open what lies beneath."""
    monkeypatch.setattr(beneath, "has_openat2", lambda: request.param == "by the kernel" and beneath.OPENAT2 == 437)
    return request.param


@pytest.mark.parametrize("place", ["link", "folder/x", "loop", "dangling"])
def test_links_are_not_followed(root, workspace, tmp_path, walking, place) -> None:
    """Neither as the file nor on the way to it, and not one that leads to nowhere: it would be made there."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(b"theirs")
    (root / "link").symlink_to(outside / "x")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root / "loop")
    (root / "dangling").symlink_to(outside / "made")

    with pytest.raises(WorkspaceError, match=r"link|no folder"):
        workspace.read_or_new(place)

    assert contents(outside) == {"x": b"theirs"}


def test_what_is_no_plain_file_is_refused(root, workspace, walking) -> None:
    """A pipe does not make it wait, a folder is no file, a device is not written."""
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()

    for name in ("pipe", "folder"):
        with pytest.raises(WorkspaceError, match=r"no regular file|folder"):
            workspace.read_or_new(name)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_device_is_refused(tmp_path) -> None:
    """Even one that lies in the workspace by its right name."""
    with (
        Workspace(Path("/dev"), tmp_path / "undo.db") as devices,
        pytest.raises(WorkspaceError, match="no regular file"),
    ):
        devices.read("full")


def test_a_file_with_other_names_or_without_write_permission_is_left_alone(root, workspace, edit) -> None:
    """The other name would keep the old text; read-only was somebody's wish."""
    (root / "a").write_bytes(b"1")
    os.link(root / "a", root / "b")
    (root / "c").write_bytes(b"1")
    (root / "c").chmod(0o444)

    for name, why in (("a", "other names"), ("c", "read-only")):
        with pytest.raises(WorkspaceError, match=why):
            workspace.apply([edit(name, b"2")])

    assert set(contents(root).values()) == {b"1"}


def test_a_folder_that_becomes_a_link_is_not_followed(root, workspace, edit, tmp_path, monkeypatch) -> None:
    """Between the check and the writing somebody puts a link to elsewhere in the folder's place."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_bytes(b"1")
    (root / "folder").mkdir()
    (root / "folder" / "a").write_bytes(b"1")
    make_folders = files.Workspace._make_folders

    def race(self, record) -> None:
        make_folders(self, record)
        (root / "folder").rename(root / "moved")
        (root / "folder").symlink_to(outside)

    monkeypatch.setattr(files.Workspace, "_make_folders", race)

    with pytest.raises(WorkspaceError):
        workspace.apply([edit("folder/a", b"2")])

    assert contents(outside) == {"a": b"1"}
    assert (root / "moved" / "a").read_bytes() == b"1"


@pytest.mark.parametrize("theirs", ["a file", "a link"])
def test_what_somebody_writes_in_the_last_moment_survives(root, workspace, edit, tmp_path, monkeypatch, theirs) -> None:
    """Between the last look and the swap: it is found among what came out, and goes back."""
    (root / "a").write_bytes(b"read")
    exchange = swap.exchange

    def race(folder, one, other) -> None:
        if theirs == "a file" and (root / "a").read_bytes() == b"read":
            (root / "a").write_bytes(b"theirs")
        elif theirs == "a link" and not (root / "a").is_symlink() and (root / "a").read_bytes() == b"read":
            (root / "a").unlink()
            (root / "a").symlink_to(tmp_path / "elsewhere")
        exchange(folder, one, other)

    monkeypatch.setattr(swap, "exchange", race)

    with pytest.raises(WorkspaceError, match="changed meanwhile"):
        workspace.apply([edit("new", b"1"), edit("a", b"mine")])

    assert not (tmp_path / "elsewhere").exists()
    assert (root / "a").is_symlink() if theirs == "a link" else contents(root) == {"a": b"theirs"}
    assert os.listdir(root) == ["a"]


def test_a_new_file_never_replaces_one_that_appeared(root, workspace, edit, monkeypatch) -> None:
    """Made by somebody else a moment before."""
    rename = swap.rename_to_new

    def race(folder, old, new) -> None:
        (root / "a").write_bytes(b"theirs")
        rename(folder, old, new)

    monkeypatch.setattr(swap, "rename_to_new", race)

    with pytest.raises(WorkspaceError):
        workspace.apply([edit("a", b"mine")])

    assert contents(root) == {"a": b"theirs"}


def test_a_full_disk_leaves_every_file_as_it_was(root, tmp_path) -> None:
    """The limit of a file's size stands in for the disk: the second of two files does not fit."""
    (root / "a").write_bytes(b"1")
    code = """
import resource, signal, sys
from pathlib import Path
from assistant.workspace import Edit, Workspace, WorkspaceError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Workspace(Path(sys.argv[1]), Path(sys.argv[2])) as workspace:
    small, large = workspace.read("a"), workspace.read_or_new("b")
    workspace.apply([Edit(base=workspace.read_or_new("c"), content=b"c")])
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        workspace.apply([Edit(base=small, content=b"2"), Edit(base=large, content=b"x" * 1_000_000)])
    except WorkspaceError as error:
        print(error)
    workspace.undo()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, root, tmp_path / "undo.db"], capture_output=True, text=True, check=True
    )

    assert "b failed: File too large" in done.stdout
    assert contents(root) == {"a": b"1"}


def test_a_file_that_may_run_things_wants_its_own_yes(root, workspace, edit) -> None:
    """The list is held here, not only in a dialogue."""
    with pytest.raises(WorkspaceError, match="not confirmed"):
        workspace.apply([edit(".github/workflows/ci.yml", b"on: push\n")])

    workspace.apply([edit(".github/workflows/ci.yml", b"on: push\n", is_confirmed_twice=True)])

    assert contents(root) == {".github/workflows/ci.yml": b"on: push\n"}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda journal: journal.write_bytes(b"no database at all" * 100), "cannot be used: file is not a database"),
        (lambda journal: _raise_version(journal), "was written by a newer Cairn"),
    ],
)
def test_without_its_journal_nothing_is_written(root, workspace, edit, tmp_path, damage, reason) -> None:
    """It stays as it is: what was there before may still be rescued from it."""
    (root / "a").write_bytes(b"0")
    workspace.apply([edit("a", b"1")])
    journal = tmp_path / "state" / "undo.db"
    damage(journal)
    before = journal.read_bytes()

    with pytest.raises(WorkspaceError, match=reason):
        workspace.apply([edit("a", b"2")])

    assert (root / "a").read_bytes() == b"1"
    assert journal.read_bytes() == before


def _raise_version(journal: Path) -> None:
    with contextlib.closing(sqlite3.connect(journal)) as db:
        db.execute("PRAGMA user_version = 99")
        db.commit()
