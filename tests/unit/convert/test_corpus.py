"""A corpus: files and folders in order, bounded, cut into whole chunks of ids."""

from pathlib import Path

import pytest

from assistant.errors import InputError
from convert.quality.corpus import MAX_CORPUS_BYTES, read_texts, token_chunks


def test_a_folder_gives_its_source_files_by_name(tmp_path: Path) -> None:
    """Hidden files, links, other suffixes, large files and files that are not text are passed over."""
    (tmp_path / "b.py").write_text("b")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "z.c").write_bytes(b"line\r\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "hook.py").write_text("hidden")
    (tmp_path / "link.py").symlink_to(tmp_path / "b.py")
    (tmp_path / "photo.png").write_text("no code")
    (tmp_path / "data.json").write_text("1" * (2 << 20))
    (tmp_path / "latin.py").write_bytes("größer".encode("latin-1"))

    assert list(read_texts([tmp_path])) == ["line\r\n", "b"]


def test_files_are_read_in_the_order_given(tmp_path: Path) -> None:
    """Whatever their suffix."""
    for name in ("2.log", "1"):
        (tmp_path / name).write_text(name)

    assert list(read_texts([tmp_path / "2.log", tmp_path / "1"])) == ["2.log", "1"]


def test_what_cannot_be_read_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """A missing file, an empty folder, a named file that is not text, and too much of it."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "latin").write_bytes("größer".encode("latin-1"))
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_CORPUS_BYTES + 1)

    for name in ("missing", "empty", "latin", "large"):
        with pytest.raises(InputError) as caught:
            list(read_texts([tmp_path / name]))
        assert caught.value.hint


def test_texts_are_joined_and_cut_and_the_rest_is_dropped() -> None:
    """Chunks cross from text to text."""
    assert token_chunks([[1, 2, 3], [4, 5, 6, 7]], [], 3).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_every_chunk_begins_with_the_begin_of_text_token() -> None:
    """It takes the place of the token that was there, as in llama-imatrix."""
    assert token_chunks([[1, 2, 3, 4, 5]], [9], 3).tolist() == [[9, 1, 2], [9, 4, 5]]


def test_no_text_is_read_beyond_the_last_chunk() -> None:
    """Texts come lazily."""
    texts = iter([[1, 2], [3, 4], [5, 6]])

    assert token_chunks(texts, [], 2, most_chunks=2).tolist() == [[1, 2], [3, 4]]
    assert next(texts) == [5, 6]


def test_less_than_a_chunk_is_refused() -> None:
    """There would be nothing to measure."""
    with pytest.raises(InputError, match="2 tokens, a chunk 3"):
        token_chunks([[1, 2]], [], 3)
