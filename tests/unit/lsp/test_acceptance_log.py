"""The acceptance log: small, private, shared by all servers, and nobody's problem when it breaks."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.database import DatabaseError
from lsp.acceptance.hashing import KEY_BYTES, prompt_hash, user_key
from lsp.acceptance.log import MAX_WAITING, AcceptanceLog
from lsp.acceptance.outcome import Circumstances, Outcome
from lsp.acceptance.store import MAX_AGE_S, delete_files, insert, opened, prune

NOW = 1_800_000_000.0
ROOT = Path(__file__).parents[3]
WRITER = """
import sys, time
from pathlib import Path
from tests.unit.lsp.test_acceptance_log import outcome
from lsp.acceptance.store import insert, opened
name, count = sys.argv[2], int(sys.argv[3])
for number in range(count):
    with opened(Path(sys.argv[1])) as connection:
        insert(connection, [outcome(f"{name}-{number}")])
    print(number, flush=True)
"""


def outcome(key: str, **changes: Any) -> Outcome:
    """An accepted suggestion."""
    known = Circumstances(
        key=key, shown_at=NOW, language="python", model="m", prompt_hash="0", trigger="automatic", latency_ms=20.0
    )
    circumstances = replace(known, **{name: changes.pop(name) for name in list(changes) if hasattr(known, name)})
    told = Outcome(circumstances=circumstances, end="accepted", num_shown=9, num_lines=1, num_accepted=9, num_words=2)
    return replace(told, **changes)


def write(file: Path, *outcomes: Outcome) -> None:
    """What a server does in its life."""
    log = AcceptanceLog(file, now=lambda: NOW, gather_s=0)
    log.write(outcomes)
    log.close()


def rows(file: Path, columns: str = "key") -> list[tuple[Any, ...]]:
    with opened(file) as connection:
        return connection.execute(f"SELECT {columns} FROM suggestions ORDER BY key").fetchall()  # noqa: S608


def start_writer(file: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), name, str(count)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "acceptance.db"


def test_what_was_written_is_there(file: Path) -> None:
    """In the file's words."""
    write(file, outcome("a", num_kept=7), outcome("b", end="dismissed", num_accepted=0, num_words=0))

    assert rows(file, "key, outcome, num_shown, num_accepted, num_words, num_kept, latency_ms") == [
        ("a", "accepted", 9, 9, 2, 7, 20.0),
        ("b", "dismissed", 9, 0, 0, None, 20.0),
    ]


def test_what_is_told_twice_is_one_row(file: Path) -> None:
    """The second time it is known what was kept."""
    write(file, outcome("a"))
    write(file, outcome("a", num_kept=4))

    assert rows(file, "key, num_kept") == [("a", 4)]


def test_only_its_user_can_read_it(file: Path) -> None:
    """The log, the key, SQLite's files beside it, and the folder if it was made for them."""
    user_key(file)
    with opened(file) as connection:
        insert(connection, [outcome("a")])
        modes = {each.name: each.stat().st_mode & 0o777 for each in file.parent.iterdir()}

    assert modes == dict.fromkeys(["acceptance.db", "acceptance.db-wal", "acceptance.db-shm", "acceptance.key"], 0o600)
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_it_holds_no_text_and_no_path() -> None:
    """A column for either would be a promise broken."""
    columns = set(Circumstances.__dataclass_fields__) | set(Outcome.__dataclass_fields__)

    assert columns == {
        *("circumstances", "key", "shown_at", "language", "model", "prompt_hash", "trigger", "latency_ms", "end"),
        *("num_shown", "num_lines", "num_accepted", "num_words", "num_kept"),
    }


def test_two_servers_write_the_same_file(file: Path) -> None:
    """From its first moment on, and nothing is lost."""
    writers = [start_writer(file, name, 40) for name in ("a", "b", "c")]
    for writer in writers:
        assert writer.communicate()[0].count("\n") == 40

    assert len(rows(file)) == 120


def test_a_killed_writer_leaves_whole_rows(file: Path) -> None:
    """What was written before is there, and others go on."""
    writer = start_writer(file, "a", 1_000_000)
    assert writer.stdout
    for _ in range(5):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.communicate()

    write(file, outcome("b"))

    found = [key for (key,) in rows(file)]
    assert found[-1] == "b"
    assert {f"a-{number}" for number in range(5)} <= set(found)
    assert not file.with_suffix(".broken").exists()


@pytest.mark.parametrize("damage", ["nonsense", "torn"])
def test_a_broken_file_is_moved_aside_and_a_new_one_begun(file: Path, damage: str) -> None:
    """It is there for whoever wants to look; completions never notice."""
    write(file, *(outcome(f"old-{number}") for number in range(500)))
    content = b"nonsense" * 1000 if damage == "nonsense" else file.read_bytes()[:4096] + bytes(20_000)
    file.write_bytes(content)

    write(file, outcome("new"))

    assert rows(file) == [("new",)]
    assert file.with_suffix(".broken").read_bytes() == content
    assert file.stat().st_mode & 0o777 == 0o600


def test_of_several_servers_that_find_it_broken_one_moves_it(file: Path) -> None:
    """The others must not move the new one."""
    file.parent.mkdir()
    file.write_bytes(b"nonsense" * 1000)

    writers = [start_writer(file, name, 10) for name in ("a", "b", "c")]
    for writer in writers:
        writer.communicate()

    assert len(rows(file)) == 30


def test_an_empty_file_is_a_new_one(file: Path) -> None:
    """Somebody was killed between making the file and writing it."""
    file.parent.mkdir()
    file.touch()

    write(file, outcome("a"))

    assert rows(file) == [("a",)]


def test_a_file_of_a_newer_cairn_is_left_alone(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An older server does not know what it would break."""
    write(file, outcome("a"))
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 2")

    write(file, outcome("b"))

    assert "newer Cairn" in caplog.text
    with pytest.raises(DatabaseError, match="newer Cairn"):
        rows(file)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT key FROM suggestions").fetchall() == [("a",)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Completions go on, and so does the log's thread."""
    tmp_path.chmod(0o500)

    _write_twice(tmp_path / "acceptance.db")

    assert caplog.text.count("cannot be used") == 1


def test_a_file_that_cannot_be_opened_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A folder has its name."""
    (tmp_path / "acceptance.db").mkdir()

    _write_twice(tmp_path / "acceptance.db")

    assert caplog.text.count("cannot be used") == 1


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The same, for whoever may write everywhere: a file stands where the folder should be."""
    (tmp_path / "state").touch()

    _write_twice(tmp_path / "state" / "acceptance.db")

    assert caplog.text.count("cannot be used") == 1
    assert len(user_key(tmp_path / "state" / "acceptance.db")) == KEY_BYTES


def _write_twice(file: Path) -> None:
    log = AcceptanceLog(file, gather_s=0)
    for key in "ab":
        log.write([outcome(key)])
        time.sleep(0.1)
    log.close()


def test_who_types_never_waits_for_the_disk(file: Path) -> None:
    """Another process holds the file: the call returns, and of a flood the first are kept."""
    flood = [outcome(str(number)) for number in range(MAX_WAITING + 100)]
    with opened(file) as connection:
        connection.execute("BEGIN IMMEDIATE")
        log = AcceptanceLog(file, now=lambda: NOW, gather_s=60)
        log.write(flood)
        assert connection.in_transaction
    log.close()

    assert len(rows(file)) == MAX_WAITING


def test_old_rows_leave(file: Path) -> None:
    """After a year."""
    write(file, outcome("old", shown_at=NOW - MAX_AGE_S - 1), outcome("young", shown_at=NOW - MAX_AGE_S + 1))

    assert rows(file) == [("young",)]


def test_of_too_many_rows_the_oldest_leave(file: Path) -> None:
    """The file is bounded."""
    write(file, *(outcome(str(number), shown_at=NOW + number) for number in range(9)))
    with opened(file) as connection:
        prune(connection, NOW, max_rows=3)

    assert rows(file) == [("6",), ("7",), ("8",)]


def test_names_that_others_chose_are_cut(file: Path) -> None:
    """A language's from its start, a model's from its end, where the quantisation is."""
    write(file, outcome("a", language="x" * 1000, model="a" * 1000 + "-Q4_K_M"))

    ((language, model),) = rows(file, "language, model")
    assert len(language) == len(model) == 80
    assert model.endswith("-Q4_K_M")


def test_clearing_leaves_nothing(file: Path) -> None:
    """Nor the key, so that later hashes cannot be compared with earlier ones."""
    key = user_key(file)
    write(file, outcome("a"))
    file.with_suffix(".broken").touch()

    delete_files(file)

    assert {each.name for each in file.parent.iterdir()} <= {"acceptance.lock"}
    assert rows(file) == []
    assert user_key(file) != key


def test_a_prompts_hash_says_only_whether_prompts_are_the_same(file: Path) -> None:
    """With the user's key, which is made once; with another the hash is another."""
    key = user_key(file)

    assert user_key(file) == key
    assert prompt_hash(key, "a", "b") == prompt_hash(key, "a", "b")
    assert len({prompt_hash(key, "a", "b"), prompt_hash(key, "ab", ""), prompt_hash(bytes(32), "a", "b")}) == 3
    assert len(prompt_hash(key, "\ud800", "\x00")) == 16


def test_servers_that_start_together_agree_on_the_key(file: Path) -> None:
    """The first one's is everybody's."""
    code = "import sys, pathlib; from lsp.acceptance.hashing import *; print(user_key(pathlib.Path(sys.argv[1])).hex())"
    starters = [
        subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    keys = {starter.communicate()[0].strip() for starter in starters}

    assert keys == {user_key(file).hex()}


def test_a_torn_key_is_replaced(file: Path) -> None:
    """It would hash nothing."""
    file.parent.mkdir()
    file.with_suffix(".key").write_bytes(b"short")

    key = user_key(file)

    assert len(key) == KEY_BYTES
    assert user_key(file) == key
