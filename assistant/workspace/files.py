"""The workspace: reads its files, changes several of them together, and takes the last change back."""

import contextlib
import os
import secrets
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from assistant import paths
from assistant.workspace import swap
from assistant.workspace.beneath import folder_beneath
from assistant.workspace.guarded import danger
from assistant.workspace.journal import Change, Journal, Record
from assistant.workspace.refusals import WorkspaceError, told
from assistant.workspace.swap import ABSENT, Swap
from assistant.workspace.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A file as it was read. Whoever changes it says by `hash` what it was changed from."""

    path: str
    """Relative to the workspace."""
    text: Text
    hash: str
    """SHA-256 of its bytes; empty: there was no file."""

    @property
    def is_new(self) -> bool:
        """Whether there was no file."""
        return self.hash == ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """New content for a file that was read."""

    base: Snapshot
    content: bytes
    is_confirmed_twice: bool = False
    """Of a file of which `danger` has something to say: that a person said yes to this, too."""


class Workspace:
    """The files beneath one folder.

    Args:
        root: The folder; links that lead to it are followed once, now.
        journal: The file that keeps what was there before; by default this user's.

    Raises:
        WorkspaceError: The folder cannot be opened.
    """

    def __init__(self, root: Path, journal: Path | None = None) -> None:
        self.root = Path(os.path.realpath(root))
        with told(str(root)):
            self._folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._journal = Journal(journal or paths.undo_file(), str(self.root))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        os.close(self._folder)

    def relative(self, name: str) -> str:
        """The path of a file within the workspace, by whatever name a person or a model gave it.

        Raises:
            WorkspaceError: It names nothing within.
        """
        inner = name.removeprefix(f"{self.root}/")
        parts = [part for part in inner.split("/") if part not in ("", ".")]
        if inner.startswith(("/", "~")) or ".." in parts:
            raise WorkspaceError(f"{name} is not in {self.root}", hint="name a file by its path within the project")
        if not parts or "\0" in name or inner.endswith("/") or not _is_encodable(name):
            raise WorkspaceError(f"{name!r} names no file", hint="name a file by its path within the project")
        return "/".join(parts)

    def read(self, name: str) -> Snapshot:
        """A text file of the workspace. Raises `WorkspaceError`: none is there, no text, or behind a link."""
        path = self.relative(name)
        with told(path), swap.opened(self._folder, path) as descriptor:
            content = swap.read(descriptor)
        return Snapshot(path=path, text=Text.of(content, path), hash=swap.digest(content))

    def read_or_new(self, name: str) -> Snapshot:
        """The same; where no file is, one without lines. Raises `WorkspaceError`."""
        path = self.relative(name)
        with told(path), contextlib.suppress(FileNotFoundError), swap.opened(self._folder, path):
            return self.read(path)
        return Snapshot(path=path, text=Text(), hash=ABSENT)

    def apply(self, edits: Sequence[Edit], label: str = "") -> list[str]:
        """Write new contents, all files or none; the paths of those that were written.

        Raises:
            WorkspaceError: A file is not what its snapshot says, or may not be replaced; or the system refused. Then
                every file is as it was.
        """
        with self._journal.alone():
            self._recover()
            edits = [each for each in edits if swap.digest(each.content) != each.base.hash]
            _check_confirmed(edits)
            before = [self._checked(each.base) for each in edits]
            records = [self._record(each) for each in edits]
            if not edits:
                return []
            change = self._journal.begin(label, records, before)
            self._write(change, records, [each.content for each in edits])
            self._journal.mark(change, "done")
        return [record.path for record in records]

    def last_change(self) -> Change | None:
        """What `undo` would take back; None: nothing. Raises `WorkspaceError`."""
        done = self._journal.changes("done")
        return done[-1] if done else None

    def undo(self) -> Change:
        """Take the last change back, all files or none; what it was.

        Raises:
            WorkspaceError: There is none, or a file was changed since: then every file is as it was. Or the system
                refused: what could not be restored can still be undone.
        """
        with self._journal.alone():
            self._recover()
            change = self.last_change()
            if change is None:
                raise WorkspaceError("there is nothing to undo here", hint="changes are undone in their own project")
            contents = [self._journal.content(each.before) if each.before else None for each in change.records]
            for record in change.records:
                if swap.hash_of(self._folder, record.path) not in (record.after, record.before):
                    raise WorkspaceError(
                        f"{record.path} was changed since", hint="nothing was undone; take your own change back first"
                    )
            self._journal.mark(change.id, "undoing")
            for record, content in zip(change.records, contents, strict=True):
                self._restore(record, content)
            self._journal.mark(change.id, "undone")
        return change

    def recover(self) -> list[Change]:
        """Tidy up behind processes that were killed while they wrote; the changes that were cut short.

        Each of them can still be undone, as far as it came. Raises `WorkspaceError`.
        """
        with self._journal.alone():
            return self._recover()

    def _recover(self) -> list[Change]:
        cut_short = self._journal.changes("begun", "undoing")
        for change in cut_short:
            for record in change.records:
                with contextlib.suppress(FileNotFoundError), self._in_folder_of(record) as (folder, name):
                    is_undoing = change.state == "undoing"
                    (_undoing(record, name, None) if is_undoing else _doing(record, name, b"")).clear(folder)
            gone = [each for each in change.records if swap.hash_of(self._folder, each.path) != each.after]
            for record in gone:
                self._remove_folders(record)
            self._journal.forget(change.id, [each.path for each in gone])
            self._journal.mark(change.id, "undone" if len(gone) == len(change.records) else "done")
        return cut_short

    def _write(self, change: int, records: Sequence[Record], contents: Sequence[bytes]) -> None:
        """Write all, or what was written is taken back."""
        written: list[Record] = []
        try:
            for record, content in zip(records, contents, strict=True):
                with told(record.path):
                    self._make_folders(record)
                    with self._in_folder_of(record) as (folder, name):
                        _doing(record, name, content).make(folder)
                written.append(record)
        except WorkspaceError:
            for record in written:
                self._restore(record, self._journal.content(record.before) if record.before else None)
            self._remove_folders(records[len(written)])
            self._journal.mark(change, "undone")
            raise

    def _restore(self, record: Record, content: bytes | None) -> None:
        if swap.hash_of(self._folder, record.path) != record.before:
            with told(record.path), self._in_folder_of(record) as (folder, name):
                _undoing(record, name, content).make(folder)
        self._remove_folders(record)

    def _checked(self, base: Snapshot) -> bytes:
        """The bytes that are there now, if they are those of `base` and may be replaced."""
        with told(base.path):
            try:
                with swap.opened(self._folder, base.path) as descriptor:
                    swap.check_replaceable(descriptor, base.path)
                    content = swap.read(descriptor)
            except FileNotFoundError:
                content = None
        if swap.digest(content) != base.hash:
            raise WorkspaceError(f"{base.path} has changed meanwhile", hint="nothing was written; apply again")
        return content or b""

    def _record(self, edit: Edit) -> Record:
        path = edit.base.path
        temporary = f".cairn-{secrets.token_hex(6)}"
        missing = [folder for folder in _folders_above(path) if not self._has_folder(folder)]
        return Record(
            path=path,
            before=edit.base.hash,
            after=swap.digest(edit.content),
            temporary=temporary,
            num_folders=len(missing),
        )

    def _has_folder(self, path: str) -> bool:
        try:
            with told(path), folder_beneath(self._folder, path):
                return True
        except WorkspaceError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return False
            raise

    @contextlib.contextmanager
    def _in_folder_of(self, record: Record) -> Generator[tuple[int, str]]:
        parent, _, name = record.path.rpartition("/")
        with folder_beneath(self._folder, parent) as folder:
            yield folder, name

    def _make_folders(self, record: Record) -> None:
        missing = _folders_above(record.path)
        for path in missing[len(missing) - record.num_folders :]:
            parent, _, name = path.rpartition("/")
            with folder_beneath(self._folder, parent) as folder, contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)

    def _remove_folders(self, record: Record) -> None:
        """Those that the change made, as long as nothing else lies in them."""
        made = _folders_above(record.path)
        for path in reversed(made[len(made) - record.num_folders :]):
            parent, _, name = path.rpartition("/")
            with contextlib.suppress(OSError), folder_beneath(self._folder, parent) as folder:
                os.rmdir(name, dir_fd=folder)


def _check_confirmed(edits: Sequence[Edit]) -> None:
    for each in edits:
        if (reason := danger(each.base.path)) and not each.is_confirmed_twice:
            raise WorkspaceError(f"{each.base.path} was not confirmed by itself: {reason}", hint="nothing was written")


def _folders_above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _doing(record: Record, name: str, content: bytes) -> Swap:
    return Swap(name=name, temporary=record.temporary, before=record.before, after=record.after, content=content)


def _undoing(record: Record, name: str, content: bytes | None) -> Swap:
    return Swap(name=name, temporary=record.temporary, before=record.after, after=record.before, content=content)


def _is_encodable(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True
