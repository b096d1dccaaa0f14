"""What a random checkpoint promises: a folder that every reader takes for a real one, and the same bytes each time."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import InputError, ModelFileError
from assistant.models.card import read_card
from assistant.models.gguf import read_gguf
from assistant.paths import BUILTIN_MODEL
from convert.bench.random_checkpoint import SLAB_WEIGHTS, has_random_weights, write_random_checkpoint
from convert.bench.shapes import SHAPES, Shape, chain, qwen2, starcoder
from convert.conversion import convert_checkpoint
from convert.source.checkpoint import INDEX, open_checkpoint
from convert.tokens.vocabulary import CONTROL

TINY = starcoder("tiny", layers=2, embedding=256, heads=4, vocabulary=4608, positions=64)

TINY_QWEN2 = qwen2("tiny", layers=2, embedding=256, heads=4, kv_heads=2, feed_forward=512, vocabulary=4608)
both_families = pytest.mark.parametrize("shape", [TINY, TINY_QWEN2], ids=["starcoder", "qwen2"])


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write(folder: Path, shape: Shape = TINY, **options) -> Path:
    write_random_checkpoint(folder, shape, vocabulary=BUILTIN_MODEL, **options)
    return folder


@both_families
def test_it_converts(tmp_path: Path, shape: Shape) -> None:
    """The result is a model with the vocabulary's tokens and fill-in-the-middle ids; the other rows are unused."""
    convert_checkpoint(write(tmp_path / "tiny", shape), tmp_path / "m.gguf", "Q8_0")

    card = read_card(tmp_path / "m.gguf")
    ours, theirs = (read_gguf(path).metadata for path in (tmp_path / "m.gguf", BUILTIN_MODEL))
    tokens, expected = ours["tokenizer.ggml.tokens"], theirs["tokenizer.ggml.tokens"]
    assert isinstance(tokens, tuple)
    assert isinstance(expected, tuple)
    assert (tokens[: len(expected)], len(tokens)) == (expected, 4608)
    assert ours["tokenizer.ggml.merges"] == theirs["tokenizer.ggml.merges"]
    assert (card.fim, card.licence) == (read_card(BUILTIN_MODEL).fim, "apache-2.0")


@pytest.mark.parametrize("dtype", ["BF16", "F16", "F32"])
def test_weights_are_those_of_a_fresh_model(tmp_path: Path, dtype: str) -> None:
    """Matrices and biases are normal around 0 with a deviation of 0.02, norms around 1, whatever the stored type."""
    tensors = open_checkpoint(write(tmp_path / "tiny", dtype=dtype)).tensors

    embedding = tensors["transformer.wte.weight"].rows(0, 4608)
    scale = tensors["transformer.ln_f.weight"].rows(0, 1)
    assert {tensor.dtype for tensor in tensors.values()} == {dtype}
    assert abs(embedding.mean()) < 1e-4
    assert embedding.std() == pytest.approx(0.02, rel=0.01)
    assert np.quantile(embedding, 0.9772) == pytest.approx(0.04, rel=0.02)
    assert (scale.mean(), scale.std()) == (pytest.approx(1, abs=0.01), pytest.approx(0.02, rel=0.3))


def test_slabs_differ(tmp_path: Path) -> None:
    """Each slab of a tensor, and each tensor, has random numbers of its own."""
    tensors = open_checkpoint(write(tmp_path / "tiny")).tensors

    embedding = np.frombuffer(tensors["transformer.wte.weight"].data, np.uint16)
    first, second = (np.frombuffer(tensors[f"transformer.h.{n}.mlp.c_fc.weight"].data, np.uint16) for n in (0, 1))
    count = len(embedding) - SLAB_WEIGHTS
    assert (embedding[:count] == embedding[SLAB_WEIGHTS:]).mean() < 0.1
    assert (first == second).mean() < 0.1


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Every file is equal, on all cores or on one; another seed gives other weights."""
    cores = os.sched_getaffinity(0)
    on_all = files_of(write(tmp_path / "a", seed=3))
    os.sched_setaffinity(0, {min(cores)})
    on_one = files_of(write(tmp_path / "b", seed=3))
    os.sched_setaffinity(0, cores)

    other = files_of(write(tmp_path / "c", seed=4))

    assert on_one == on_all
    assert other["model.safetensors"] != on_all["model.safetensors"]


def test_shards_and_index_agree(tmp_path: Path) -> None:
    """Shards hold at most what was asked for, the index names them all, and the weights are those of a single file."""
    single = open_checkpoint(write(tmp_path / "single"))
    folder = write(tmp_path / "sharded", shard_bytes=1 << 20)

    sharded = open_checkpoint(folder)

    index = json.loads((folder / INDEX).read_text())
    assert [shard.name for shard in sharded.shards] == [f"model-0000{n}-of-00005.safetensors" for n in range(1, 6)]
    assert index["metadata"]["total_size"] == sum(len(tensor.data) for tensor in sharded.tensors.values())
    assert {name: bytes(tensor.data) for name, tensor in sharded.tensors.items()} == {
        name: bytes(tensor.data) for name, tensor in single.tensors.items()
    }


def test_finished_weights_are_kept(tmp_path: Path) -> None:
    """A second run with the same arguments leaves the weights alone."""
    before = (write(tmp_path / "tiny") / "model.safetensors").stat()

    after = (write(tmp_path / "tiny") / "model.safetensors").stat()

    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_unfinished_or_other_weights_are_not_taken(tmp_path: Path) -> None:
    """What a stopped run, another seed or another type left is recognised as not what was asked for."""

    def stop(done_bytes: int, total_bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "stopped", progress=stop)
    folder = write(tmp_path / "tiny")

    assert has_random_weights(folder, TINY)
    assert not has_random_weights(tmp_path / "stopped", TINY)
    assert not has_random_weights(folder, TINY, seed=1)
    assert not has_random_weights(folder, TINY, dtype="F16")


def test_progress_ends_at_the_total(tmp_path: Path) -> None:
    """Every byte of the weights is reported."""
    reports: list[tuple[int, int]] = []

    folder = write(tmp_path / "tiny", progress=lambda done, total: reports.append((done, total)))

    assert reports == sorted(reports)
    assert reports[-1] == ((folder / "model.safetensors").stat().st_size,) * 2


def test_a_disk_too_small_is_refused(tmp_path: Path) -> None:
    """The size is known before a weight is written: a shape that no disk holds leaves no weights behind."""
    huge = starcoder("huge", layers=512, embedding=1 << 20, heads=64, vocabulary=4608, positions=64)

    with pytest.raises(InputError, match="GB are needed") as caught:
        write(tmp_path / "huge", huge)

    assert caught.value.hint
    assert list((tmp_path / "huge").iterdir()) == []


def test_a_vocabulary_larger_than_the_shape_is_refused(tmp_path: Path) -> None:
    """There must be a row for every token."""
    small = starcoder("small", layers=1, embedding=64, heads=4, vocabulary=512, positions=64)

    with pytest.raises(InputError, match="4096 tokens, small only 512"):
        write(tmp_path / "small", small)

    assert not (tmp_path / "small").exists()


def test_a_file_that_is_no_vocabulary_is_refused(tmp_path: Path) -> None:
    """The vocabulary comes from outside: a broken one is an error with a hint."""
    (tmp_path / "v.gguf").write_bytes(b"GGUF")

    with pytest.raises(ModelFileError):
        write_random_checkpoint(tmp_path / "tiny", TINY, vocabulary=tmp_path / "v.gguf")


@pytest.mark.parametrize(
    ("name", "num_weights"),
    [("starcoder-15b", 15_517_456_384), ("starcoder-1b", 1_137_207_296), ("qwen2-1.5b", 1_543_714_304)],
)
def test_shapes_are_those_of_the_real_models(name: str, num_weights: int) -> None:
    """The number of weights is that of the published checkpoint."""
    assert SHAPES[name].num_weights == num_weights


@both_families
def test_transformers_loads_it(tmp_path: Path, shape: Shape) -> None:
    """Settings, weights and tokenizer are what transformers expects, and its logits are those of a fresh model."""
    transformers = pytest.importorskip("transformers", reason="install the extra [train]")
    torch = pytest.importorskip("torch", reason="install the extra [train]")
    folder = write(tmp_path / "tiny", shape, shard_bytes=1 << 20)

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model, loading = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    text = "def area(width, height):\n    return width * height + 10\n"
    tokens = tokenizer(text, return_tensors="pt").input_ids
    with torch.no_grad():
        logits = model(tokens).logits

    assert not loading["missing_keys"]
    assert not loading["unexpected_keys"]
    assert tokenizer.decode(tokens[0]) == text
    assert model.num_parameters() == shape.num_weights
    assert 0.1 < logits.std() < 3


def test_a_chain_says_one_word_after_the_other(tmp_path: Path) -> None:
    """The output projection answers a word's embedding with the next word, until all of them have been said."""
    tensors = open_checkpoint(write(tmp_path / "tiny", chain(TINY))).tensors

    embedding, output = (tensors[name].rows(0, 4608) for name in ("transformer.wte.weight", "lm_head.weight"))
    words = np.flatnonzero(output.any(axis=1))
    following = dict(
        zip(words.tolist(), words[(embedding[words] @ output[words].T).argmax(axis=1)].tolist(), strict=True)
    )
    said = [start := int(words[0])]
    while (word := following[said[-1]]) != start:
        said.append(word)
    assert sorted(said) == words.tolist()
    assert len(said) > 200
    assert embedding.std() > 5


def test_a_coder_gets_the_marks_of_its_family(tmp_path: Path) -> None:
    """Where the vocabulary has no tokens for holes they are appended, as control tokens."""
    convert_checkpoint(write(tmp_path / "tiny", TINY_QWEN2), tmp_path / "m.gguf", "Q8_0")

    tokens, kinds = (
        read_gguf(tmp_path / "m.gguf").metadata[f"tokenizer.ggml.{key}"] for key in ("tokens", "token_type")
    )
    assert isinstance(tokens, tuple)
    assert isinstance(kinds, tuple)
    place = tokens.index("<|fim_prefix|>")
    assert tokens[place : place + 3] == ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
    assert set(kinds[place : place + 3]) == {CONTROL}
