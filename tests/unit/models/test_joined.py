"""A model in several files becomes one: the same tensors, the same metadata, checked like any other."""

import io
import random
from pathlib import Path

import pytest

from assistant import paths
from assistant.errors import ModelFileError
from assistant.models.gguf import read_gguf
from assistant.models.joined import join
from tests.split_gguf import split


def tensors_of(path: Path) -> dict[str, bytes]:
    header, data = read_gguf(path), path.read_bytes()
    starts = {tensor.name: header.data_offset + tensor.offset for tensor in header.tensors}
    return {tensor.name: data[starts[tensor.name] :][: tensor.num_bytes] for tensor in header.tensors}


@pytest.mark.parametrize("count", [2, 3, 7])
def test_what_was_split_is_whole_again(tmp_path: Path, count: int) -> None:
    """The same metadata and the same tensors as before it was split."""
    shards = split(paths.BUILTIN_MODEL, tmp_path, count)
    whole = tmp_path / "whole.gguf"
    with whole.open("wb") as stream:
        join(shards, stream)

    assert read_gguf(whole).metadata == read_gguf(paths.BUILTIN_MODEL).metadata
    assert tensors_of(whole) == tensors_of(paths.BUILTIN_MODEL)


def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    shards = split(paths.BUILTIN_MODEL, tmp_path, 3)

    for wrong in (shards[:2], shards[::-1], [shards[0], shards[1], shards[1]], [paths.BUILTIN_MODEL] * 3):
        with pytest.raises(ModelFileError, match="do not make a model"):
            join(wrong, io.BytesIO())


def test_damaged_parts_end_in_an_error_or_in_the_same_header(tmp_path: Path) -> None:
    """Bytes of a part's header are flipped at random; nothing but `ModelFileError` comes of it."""
    draw = random.Random(1)
    shards = split(paths.BUILTIN_MODEL, tmp_path, 2)
    good = shards[1].read_bytes()
    for _ in range(60):
        data = bytearray(good)
        data[draw.randrange(min(len(data), 2000))] ^= 1 << draw.randrange(8)
        shards[1].write_bytes(data)
        try:
            join(shards, io.BytesIO())
        except ModelFileError:
            continue
