"""The diary: what the server tells it ends in the log, and nothing that it should not know."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lsp.acceptance.diary import Diary
from lsp.acceptance.store import opened

PRIVATE = "very_private_name"
URI = f"file:///home/{PRIVATE}/a.py"


@dataclass
class Clock:
    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "acceptance.db"


def show(diary: Diary, text: str, **changes: Any) -> None:
    """Suggest `text` at the end of the first line, `x = `."""
    known: dict[str, Any] = {
        "standing": "",
        "prompt": (f"{PRIVATE} = ", PRIVATE),
        "language": "python",
        "model": "qwen",
        "trigger": "automatic",
        "latency_ms": 12.5,
    }
    diary.shown(1, URI, (0, 4), text=text, **(known | changes))


def rows(file: Path, columns: str) -> list[tuple[Any, ...]]:
    with opened(file) as connection:
        return connection.execute(f"SELECT {columns} FROM suggestions").fetchall()  # noqa: S608


def test_an_accepted_suggestion_becomes_a_row(file: Path, clock: Clock) -> None:
    """With what was kept, if the session lasts long enough."""
    diary = Diary(file, clock=clock, now=lambda: 5.0)
    show(diary, "first\nsecond")
    diary.edited(URI, (0, 4), (0, 4), "first\r\nsecond")  # the document breaks its lines so
    diary.accepted(1)
    clock.now_s += 31
    diary.edited(URI, (0, 0), (1, 6), "")
    diary.close()

    circumstances, counts = (
        "language, model, trigger, latency_ms",
        "num_shown, num_accepted, num_lines, num_words, num_kept",
    )
    found = rows(file, f"shown_at, {circumstances}, outcome, {counts}")
    assert found == [(5.0, "python", "qwen", "automatic", 12.5, "accepted", 12, 12, 2, 2, 12)]


def test_a_session_that_ends_leaves_what_is_known(file: Path, clock: Clock) -> None:
    """The open suggestion included."""
    diary = Diary(file, clock=clock)
    show(diary, "first")
    clock.now_s += 1
    diary.close()

    assert rows(file, "outcome, num_kept") == [("shown", None)]


def test_a_closed_document_leaves_what_is_known(file: Path, clock: Clock) -> None:
    """Its name is then nobody's any more."""
    diary = Diary(file, clock=clock)
    show(diary, "first")
    diary.edited(URI, (0, 4), (0, 4), "first")
    diary.closed(URI)
    diary.edited(URI, (0, 0), (9, 9), "")
    clock.now_s += 31
    diary.close()

    assert rows(file, "outcome, num_kept") == [("accepted", None)]


def test_neither_text_nor_path_reaches_the_disk(file: Path, clock: Clock) -> None:
    """Searched for in every byte of every file."""
    diary = Diary(file, clock=clock)
    show(diary, PRIVATE, model=f"/home/{PRIVATE}/models/qwen.gguf")
    diary.edited(URI, (0, 4), (0, 4), PRIVATE)
    diary.close()

    assert rows(file, "model, outcome") == [("qwen.gguf", "accepted")]
    written = b"".join(each.read_bytes() for each in file.parent.iterdir())
    assert PRIVATE.encode() not in written
    assert b"file://" not in written


@pytest.mark.parametrize(
    ("model", "name"),
    [("Qwen/Qwen2.5-Coder", "Qwen2.5-Coder"), (r"C:\models\qwen.gguf", "qwen.gguf"), ("", ""), ("a\ud800b", "a?b")],
)
def test_of_a_models_path_only_its_name_is_kept(file: Path, clock: Clock, model: str, name: str) -> None:
    """A model without a name is called by its path."""
    diary = Diary(file, clock=clock)
    show(diary, "first", model=model)
    clock.now_s += 1
    diary.close()

    assert rows(file, "model") == [(name,)]


def test_the_same_prompt_is_known_again_in_the_next_session(file: Path, clock: Clock) -> None:
    """By its hash, and only by this user."""
    for prompt in (("a", "b"), ("a", "b"), ("a", "c")):
        diary = Diary(file, clock=clock)
        show(diary, "first", prompt=prompt)
        clock.now_s += 1
        diary.close()

    hashes = [found for (found,) in rows(file, "prompt_hash")]
    assert len(hashes) == 3
    assert len(set(hashes)) == 2


def test_neovim_tells_typed_keys_together(file: Path, clock: Clock) -> None:
    """It gathers them for 150 ms: short pieces were typed."""
    diary = Diary(file, client_name="Neovim", clock=clock)
    show(diary, "firsts")
    diary.edited(URI, (0, 4), (0, 4), "fir")
    diary.edited(URI, (0, 7), (0, 7), "sts")
    clock.now_s += 1
    diary.close()

    assert rows(file, "outcome") == [("typed",)]


def test_two_sessions_number_alike_and_do_not_meet(file: Path, clock: Clock) -> None:
    """Each counts its suggestions from 1."""
    for _ in range(2):
        diary = Diary(file, clock=clock)
        show(diary, uuid.uuid4().hex)
        clock.now_s += 1
        diary.close()

    assert len(rows(file, "key")) == 2
