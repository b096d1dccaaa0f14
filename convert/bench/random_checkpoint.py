"""A checkpoint of a real shape with random weights, to measure on: any size, written slab by slab and never held.

A slab of random bits picks its weights from a table of 65,536 normal quantiles already in the stored type. That is
several times faster than drawing normal numbers one by one, and as good here: means and spreads are right, so that
norms, attention and logits stay in the range of a trained model's.
"""

import json
import math
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np

from assistant.errors import InputError
from convert.bench.chain import write_chain
from convert.bench.shapes import Shape
from convert.partial_file import check_free_space
from convert.source.checkpoint import INDEX, WEIGHTS
from convert.source.safetensors import ITEM_BYTES
from convert.tokens.vocabulary_json import tokenizer_config, tokenizer_json, with_marks

DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
"""Stored types, as safetensors and as config.json name them."""

SHARD_BYTES = 5 << 30
SLAB_WEIGHTS = 1 << 20
_WEIGHT_STD = 0.02
_QUANTILES = 1 << 16

Progress = Callable[[int, int], None]
"""Called with the bytes written and in all."""


@dataclass(frozen=True, slots=True)
class PlacedTensor:
    """One tensor and where it will lie."""

    name: str
    shape: tuple[int, ...]
    number: int
    """Its place in the checkpoint, which is part of its seed."""
    begin: int
    """In bytes, from the end of its file's header."""

    @property
    def is_scale(self) -> bool:
        """It scales a norm, so it is near 1: no other weight is a vector, and biases are called so."""
        return len(self.shape) == 1 and self.name.endswith(".weight")


@dataclass(frozen=True, slots=True)
class Shard:
    """One planned safetensors file."""

    name: str
    header: bytes
    tensors: tuple[PlacedTensor, ...]
    num_bytes: int


def write_random_checkpoint(
    folder: Path,
    shape: Shape,
    *,
    vocabulary: Path,
    dtype: str = "BF16",
    seed: int = 0,
    shard_bytes: int = SHARD_BYTES,
    progress: Progress = lambda done, total: None,
) -> None:
    """Write a Hugging Face folder with random weights; those that an equal run has left there are kept.

    The same arguments give the same bytes, whatever the number of threads. config.json is written last: without it the
    folder is not taken for a checkpoint.

    Args:
        folder: Created if missing; files of the same names are replaced.
        shape: What to write.
        vocabulary: A GGUF file; its tokenizer becomes the checkpoint's, rows beyond it are unused.
        dtype: "BF16", "F16" or "F32".
        seed: Of the weights.
        shard_bytes: Most bytes of weights in one file, unless a single tensor is larger.
        progress: Hears about the weights.

    Raises:
        InputError: The disk is too small, the folder cannot be written, or the vocabulary is larger than the shape's.
        ModelFileError: The vocabulary cannot be used, or the shape's family is not known.
    """
    shards = _plan_shards(shape, dtype, shard_bytes)
    settings = _settings(shape, vocabulary, dtype, seed)
    is_there = has_random_weights(folder, shape, dtype=dtype, seed=seed, shard_bytes=shard_bytes)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").unlink(missing_ok=True)
        if not is_there:
            check_free_space(folder, sum(shard.num_bytes for shard in shards))
            _write_weights(folder, shards, dtype, seed, progress)
            _write_index(folder, shards)
            if shape.is_chain:
                write_chain(folder, shape, json.loads(settings["tokenizer.json"])["model"]["vocab"])
        for name, text in settings.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {folder}: {error.strerror}", hint="choose another folder or disk") from error


def has_random_weights(
    folder: Path, shape: Shape, *, dtype: str = "BF16", seed: int = 0, shard_bytes: int = SHARD_BYTES
) -> bool:
    """Tell whether `write_random_checkpoint` has ended here with the same arguments, the vocabulary aside.

    Raises:
        ModelFileError: The shape's family is not known.
    """
    shards = _plan_shards(shape, dtype, shard_bytes)
    names = ("config.json", "README.md", *([INDEX] if len(shards) > 1 else []))
    if not all((folder / name).is_file() for name in names):
        return False
    is_same_seed = (folder / "README.md").read_bytes() == _model_card(shape, seed).encode()
    return is_same_seed and all(_is_written(folder / shard.name, shard) for shard in shards)


def _is_written(path: Path, shard: Shard) -> bool:
    if not path.is_file() or path.stat().st_size != shard.num_bytes:
        return False
    with path.open("rb") as file:
        return file.read(len(shard.header)) == shard.header


def _settings(shape: Shape, vocabulary: Path, dtype: str, seed: int) -> dict[str, str]:
    """Return the small files, config.json last."""
    tokenizer, roles = with_marks(tokenizer_json(vocabulary), shape.marks), tokenizer_config(vocabulary)
    ids = tokenizer["model"]["vocab"]
    if max(ids.values()) >= shape.num_vocabulary_tokens:
        raise InputError(
            f"the vocabulary has {max(ids.values()) + 1} tokens, {shape.name} only {shape.num_vocabulary_tokens}",
            hint="choose another shape or vocabulary",
        )
    specials = {f"{role}_id": ids.get(text) for role, text in roles.items() if role.endswith("_token")}
    return {
        "README.md": _model_card(shape, seed),
        "tokenizer.json": _json(tokenizer),
        "tokenizer_config.json": _json(roles),
        "generation_config.json": _json({"_from_model_config": True, **specials}),
        "config.json": _json({**shape.config, **specials, "torch_dtype": DTYPES[dtype]}),
    }


def _model_card(shape: Shape, seed: int) -> str:
    return f"---\nlicense: apache-2.0\n---\n# {shape.name}\n\nRandom weights (seed {seed}), to measure with.\n"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _plan_shards(shape: Shape, dtype: str, shard_bytes: int) -> list[Shard]:
    """Fill files in the order of the tensors; the sizes are known before anything is written."""
    groups: list[list[PlacedTensor]] = []
    filled = 0
    for number, (name, dims) in enumerate(shape.tensors.items()):
        num_bytes = math.prod(dims) * ITEM_BYTES[dtype]
        if not groups or filled + num_bytes > shard_bytes:
            groups.append([])
            filled = 0
        groups[-1].append(PlacedTensor(name, dims, number, filled))
        filled += num_bytes
    if len(groups) == 1:
        return [_plan_shard(WEIGHTS, groups[0], dtype)]
    names = [f"model-{n:05}-of-{len(groups):05}.safetensors" for n in range(1, len(groups) + 1)]
    return [_plan_shard(name, group, dtype) for name, group in zip(names, groups, strict=True)]


def _plan_shard(name: str, tensors: Sequence[PlacedTensor], dtype: str) -> Shard:
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        end = tensor.begin + math.prod(tensor.shape) * ITEM_BYTES[dtype]
        entries[tensor.name] = {"dtype": dtype, "shape": tensor.shape, "data_offsets": [tensor.begin, end]}
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format's own alignment
    header = len(text).to_bytes(8, "little") + text
    return Shard(name, header, tuple(tensors), len(header) + end)


def _write_index(folder: Path, shards: Sequence[Shard]) -> None:
    (folder / INDEX).unlink(missing_ok=True)
    if len(shards) > 1:
        index = {
            "metadata": {"total_size": sum(shard.num_bytes - len(shard.header) for shard in shards)},
            "weight_map": {tensor.name: shard.name for shard in shards for tensor in shard.tensors},
        }
        (folder / INDEX).write_text(_json(index), encoding="utf-8")


def _write_weights(folder: Path, shards: Sequence[Shard], dtype: str, seed: int, progress: Progress) -> None:
    """Write one shard after the other, each on all cores."""
    tables = _tables(dtype)
    total_bytes = sum(shard.num_bytes for shard in shards)
    done_bytes = 0
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        for shard in shards:
            with (folder / shard.name).open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, shard.num_bytes)
                done_bytes += os.pwrite(file.fileno(), shard.header, 0)
                for slab in _slabs(pool, shard, file.fileno(), tables, seed):
                    done_bytes += slab.result()
                    progress(done_bytes, total_bytes)


def _slabs(
    pool: ThreadPoolExecutor, shard: Shard, descriptor: int, tables: dict[bool, np.ndarray], seed: int
) -> Generator[Future[int]]:
    """Submit every slab of a shard, and yield them as they finish; none is left waiting if the caller stops."""
    slabs: list[Future[int]] = []
    for tensor in shard.tensors:
        table, offset = tables[tensor.is_scale], len(shard.header) + tensor.begin
        for start, count in _spans(math.prod(tensor.shape)):
            slab_seed, position = (seed, tensor.number, start), offset + start * table.itemsize
            slabs.append(pool.submit(_write_slab, descriptor, table, slab_seed, count, position))
    try:
        yield from as_completed(slabs)
    finally:
        for slab in slabs:
            slab.cancel()


def _spans(num_weights: int) -> list[tuple[int, int]]:
    return [(start, min(SLAB_WEIGHTS, num_weights - start)) for start in range(0, num_weights, SLAB_WEIGHTS)]


def _tables(dtype: str) -> dict[bool, np.ndarray]:
    """Return for other weights and for scales (True): (65536,) quantiles, bfloat16 as its bits in uint16."""
    normal = NormalDist(0, _WEIGHT_STD)
    quantiles = np.array([normal.inv_cdf((n + 0.5) / _QUANTILES) for n in range(_QUANTILES)])
    return {is_scale: _stored((quantiles + is_scale).astype(np.float32), dtype) for is_scale in (False, True)}


def _stored(weights: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "F32":
        return weights
    if dtype == "F16":
        return weights.astype(np.float16)
    bits = weights.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)  # to the nearest, ties to even


def _write_slab(descriptor: int, table: np.ndarray, seed: tuple[int, int, int], count: int, position: int) -> int:
    """Draw `count` weights from the table and write them to their place; the draw depends on the slab's seed alone."""
    bits = np.random.default_rng(seed).integers(0, 1 << 64, -(-count // 4), np.uint64).view(np.uint16)
    weights = table.take(bits[:count], mode="wrap").data.cast("B")
    num_bytes = len(weights)
    while weights:
        written = os.pwrite(descriptor, weights, position)
        weights, position = weights[written:], position + written
    return num_bytes
