"""A model file that is opened once, and whether it fits into memory."""

import os
import shutil
from pathlib import Path

import pytest

from assistant import paths
from assistant.errors import ModelFileError
from assistant.models.memory import check_fits, kv_bytes
from assistant.models.opened import OpenModel

GB = 2**30


@pytest.fixture
def opened(tmp_path):
    """A copy of the built-in model, open."""
    shutil.copy(paths.BUILTIN_MODEL, tmp_path / "m.gguf")
    file = OpenModel(tmp_path / "m.gguf")
    yield file
    file.close()


def test_a_file_replaced_by_a_rename_is_not_changed(opened, tmp_path) -> None:
    """The descriptor still has what was checked."""
    (tmp_path / "new").write_bytes(b"new")
    os.replace(tmp_path / "new", opened.path)

    assert not opened.has_changed()
    assert os.fstat(opened.descriptor).st_size == opened.card.num_bytes


def cut_off(path: Path) -> None:
    os.truncate(path, 1000)


def write_into(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"x")


@pytest.mark.parametrize("change", [cut_off, write_into])
def test_a_file_that_was_written_to_is_changed(opened, change) -> None:
    """Cut off, or the same size with other bytes."""
    change(opened.path)

    assert opened.has_changed()


def test_what_is_no_regular_file_is_refused_at_once(tmp_path) -> None:
    """A named pipe would make its reader wait for ever; the error says what it is."""
    os.mkfifo(tmp_path / "pipe.gguf")

    for path in (tmp_path, tmp_path / "pipe.gguf"):
        with pytest.raises(ModelFileError, match="no regular file"):
            OpenModel(path)
    with pytest.raises(ModelFileError, match="No such file"):
        OpenModel(tmp_path / "none.gguf")


def test_a_refused_file_leaves_no_descriptor_open(tmp_path) -> None:
    """However many broken files are tried."""
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(ModelFileError):
        OpenModel(tmp_path / "m.gguf")

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_kv_cache_is_counted_from_the_header(opened) -> None:
    """4 layers, one head of 64 for keys and one for values, 16 bits each."""
    assert kv_bytes(opened, 1000) == 1000 * 4 * (64 + 64) * 2


def test_a_model_larger_than_the_machine_is_refused_with_numbers() -> None:
    """Weights and context against all memory there is."""
    with pytest.raises(ModelFileError, match=r"needs 40\.0 GB and its context 1\.0 GB; this machine has 16\.0 GB"):
        check_fits(weights=40 * GB, kv=GB, free=10 * GB, total=16 * GB)


def test_weights_may_be_larger_than_what_is_free() -> None:
    """They are mapped: the kernel makes room, and what is free now may be the cache of this very file."""
    check_fits(weights=12 * GB, kv=GB, free=2 * GB, total=16 * GB)


def test_a_context_larger_than_what_is_free_is_refused() -> None:
    """Nothing but memory can hold it."""
    with pytest.raises(ModelFileError, match=r"context needs 4\.0 GB of memory; 2\.0 GB are free") as caught:
        check_fits(weights=GB, kv=4 * GB, free=2 * GB, total=16 * GB)

    assert "context_tokens" in caught.value.hint
