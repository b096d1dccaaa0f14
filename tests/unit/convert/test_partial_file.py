"""A file on its way: whole under its name or not there, and taken up again where a killed run left it."""

import fcntl
import os
from pathlib import Path

import pytest

from assistant.errors import InputError, ModelFileError
from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from assistant.models.gguf import read_gguf
from convert.gguf_writer import plan_layout
from convert.partial_file import JOURNAL, PARTIAL, PartialFile, writing

F32 = GGML_TYPE_BY_NAME["F32"]
LAYOUT = plan_layout({"name": "tiny"}, [("a", (8,), F32), ("b", (8,), F32)])
A, B = len(LAYOUT.header), len(LAYOUT.header) + 32
PIECE = memoryview(b"p" * 32)


def names(folder: Path) -> list[str]:
    """Return what lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def interrupt_after(path: Path, *positions: int) -> None:
    """Write the pieces at `positions`, then press Ctrl-C."""

    def write() -> None:
        with writing(path, LAYOUT, identity="plan") as partial:
            for position in positions:
                partial.write(position, PIECE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()


def pieces(partial: PartialFile) -> list[bool]:
    """Tell which of the two pieces an earlier run left."""
    return [partial.has(position, 32) for position in (A, B)]


def test_only_the_rename_shows_the_file(tmp_path: Path) -> None:
    """While it is written the file has another name; at the end nothing else is left."""
    with writing(tmp_path / "m.gguf", LAYOUT, identity="plan") as partial:
        during = names(tmp_path)
        partial.write(A, PIECE)
        partial.write_header(LAYOUT.header)

    assert during == ["m.gguf.partial", "m.gguf.partial.journal"]
    assert names(tmp_path) == ["m.gguf"]
    assert read_gguf(tmp_path / "m.gguf").metadata == {"name": "tiny"}
    assert (tmp_path / "m.gguf").read_bytes()[A:B] == PIECE


def test_a_run_that_was_interrupted_is_taken_up(tmp_path: Path) -> None:
    """What it wrote is still there for the next run of the same plan."""
    interrupt_after(tmp_path / "m.gguf", B)

    with writing(tmp_path / "m.gguf", LAYOUT, identity="plan") as partial:
        assert pieces(partial) == [False, True]
        partial.write_header(LAYOUT.header)

    assert names(tmp_path) == ["m.gguf"]


def test_another_plan_starts_anew(tmp_path: Path) -> None:
    """Pieces of another source or type are not believed."""
    interrupt_after(tmp_path / "m.gguf", A, B)

    with writing(tmp_path / "m.gguf", LAYOUT, identity="another") as partial:
        assert pieces(partial) == [False, False]
        partial.write_header(LAYOUT.header)

    assert (tmp_path / "m.gguf").read_bytes()[A:] == bytes(64)


def test_a_damaged_piece_is_written_again(tmp_path: Path) -> None:
    """A piece that no longer has its checksum, as after a power cut, does not count; the others do."""
    interrupt_after(tmp_path / "m.gguf", A, B)
    with (tmp_path / "m.gguf.partial").open("r+b") as file:
        file.seek(A + 5)
        file.write(b"x")

    with writing(tmp_path / "m.gguf", LAYOUT, identity="plan") as partial:
        assert pieces(partial) == [False, True]
        partial.write_header(LAYOUT.header)


@pytest.mark.parametrize(
    "tail", [b"12 3", b"garbage\n", b"-5 -5 0\n", b"99999999999 32 00000000\n", b"\xff\n", b"1 2 3 4\n"]
)
def test_a_broken_line_of_the_journal_is_passed_over(tmp_path: Path, tail: bytes) -> None:
    """The line that was being written when the power went, or any other damage, costs one piece."""
    interrupt_after(tmp_path / "m.gguf", A)
    with (tmp_path / "m.gguf.partial.journal").open("ab") as journal:
        journal.write(tail)

    with writing(tmp_path / "m.gguf", LAYOUT, identity="plan") as partial:
        assert pieces(partial) == [True, False]
        partial.write_header(LAYOUT.header)


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """What cannot be finished is not kept."""
    (tmp_path / "m.gguf").write_bytes(b"the old file")

    with pytest.raises(ModelFileError), writing(tmp_path / "m.gguf", LAYOUT, identity="plan"):
        raise ModelFileError("broken", hint="mend it")

    assert names(tmp_path) == ["m.gguf"]
    assert (tmp_path / "m.gguf").read_bytes() == b"the old file"


def test_a_file_without_its_header_is_not_kept(tmp_path: Path) -> None:
    """Damage between writing and renaming is noticed by the strict reader."""
    with pytest.raises(ModelFileError, match="not a GGUF file"), writing(tmp_path / "m.gguf", LAYOUT, identity="plan"):
        pass

    assert not names(tmp_path)


def test_a_file_larger_than_the_disk_is_refused_at_once(tmp_path: Path) -> None:
    """The size is known before the work, and compared with the free space."""
    layout = plan_layout({}, [("a", (1 << 24, 1 << 24), F32)])

    with pytest.raises(InputError, match="free"), writing(tmp_path / "m.gguf", layout, identity="plan"):
        pass

    assert not names(tmp_path)


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    """The second one is told, and the first one's work stays."""
    with (tmp_path / "m.gguf.partial").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(InputError, match="another process"), writing(tmp_path / "m.gguf", LAYOUT, identity="plan"):
            pass

    assert names(tmp_path) == ["m.gguf.partial"]


@pytest.mark.parametrize("ending", [PARTIAL, JOURNAL])
def test_a_link_in_the_way_is_not_followed(tmp_path: Path, ending: str) -> None:
    """Nobody can have us write elsewhere by a link that waits for us."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    (tmp_path / f"m.gguf{ending}").symlink_to(victim)

    with pytest.raises(InputError, match="cannot write"), writing(tmp_path / "m.gguf", LAYOUT, identity="plan"):
        pass

    assert victim.read_bytes() == b"precious"


def test_a_pipe_in_the_way_is_refused(tmp_path: Path) -> None:
    """A file that is none does not hang the conversion."""
    os.mkfifo(tmp_path / "m.gguf.partial")

    with pytest.raises(InputError, match="plain file"), writing(tmp_path / "m.gguf", LAYOUT, identity="plan"):
        pass
