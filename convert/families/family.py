"""What a model family is to the converter: its metadata and the names and shapes of its tensors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.models.gguf import Scalar, Value
from convert.source.files import refuse

Config = Mapping[str, Any]
Row = tuple[str, str, str]
"""Source name, target name, shape: a letter per axis, explained where the table stands."""

MAX_LAYERS = 512
"""llama.cpp's own limit (LLAMA_MAX_LAYERS)."""

TANH_GELU = ("gelu_pytorch_tanh", "gelu_new", "gelu_fast")
"""Names of the one GELU that ggml computes."""


@dataclass(frozen=True, slots=True)
class TensorMap:
    """One tensor of the GGUF file and the tensors of the checkpoint that it is made of."""

    sources: tuple[str, ...]
    """One name, or the names of all experts' matrices, stacked along a new first axis."""
    target: str
    shape: tuple[int, ...]
    """Of each source, rows first."""
    head_rows: int = 0
    """Not 0: rows of one attention head, whose two rotary halves are interleaved (`interleave_halves`)."""

    @property
    def stacked_shape(self) -> tuple[int, ...]:
        """Shape of the target."""
        return (len(self.sources), *self.shape) if len(self.sources) > 1 else self.shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One architecture: `architecture` in GGUF; what to read from its config.json; its tensors."""

    architecture: str
    metadata: Callable[[Config], dict[str, Value]]
    """Keys without the architecture's prefix. Raises ModelFileError for a config this family cannot be."""
    tensors: Callable[[Config], tuple[TensorMap, ...]]
    """Every tensor the file must hold; an untied output is not among them."""
    embedding: str
    """Source name of the token embedding."""
    output: tuple[str, str] = ("lm_head.weight", "output.weight")
    """Source and target name of the output projection; it has the embedding's shape, and often is the embedding."""
    is_tied_by_default: bool
    """What `tie_word_embeddings` is when config.json does not say."""
    ignored: tuple[str, ...] = ()
    """Endings of source names that are buffers, not weights."""
    constants: Callable[[Config], dict[str, np.ndarray]] = lambda config: {}
    """float32 tensors that llama.cpp wants and the checkpoint only implies, by target name."""

    def all_tensors(self, config: Config, *, is_tied: bool) -> tuple[TensorMap, ...]:
        """Return `tensors`, and the output projection where it is not the embedding."""
        maps = self.tensors(config)
        if is_tied:
            return maps
        source, target = self.output
        shape = next(each.shape for each in maps if each.sources == (self.embedding,))
        return (*maps, TensorMap((source,), target, shape))


def expand(
    whole: Iterable[Row],
    per_layer: Iterable[Row],
    sizes: Mapping[str, int],
    *,
    num_layers: int,
    layers: str,
    rotated: Iterable[Row] = (),
) -> tuple[TensorMap, ...]:
    """Write out a family's tables for all layers.

    Args:
        whole: Rows that belong to no layer.
        per_layer: Rows of one layer; targets get the prefix "blk.N.". A "*" in a source name stands for the number of
            an expert: the matrices of all sizes["X"] experts are stacked.
        sizes: What each letter of a shape stands for.
        num_layers: Layers to write out.
        layers: Prefix of a layer's source names, such as "model.layers".
        rotated: More rows of one layer, made of attention heads of sizes["H"] rows, which llama.cpp wants interleaved.
    """
    maps = [_tensor_map(row, sizes) for row in whole]
    for layer in range(num_layers):
        for rows, head_rows in ((per_layer, 0), (rotated, sizes.get("H", 0))):
            placed = ((f"{layers}.{layer}.{source}", f"blk.{layer}.{target}", shape) for source, target, shape in rows)
            maps += [_tensor_map(row, sizes, head_rows) for row in placed]
    return tuple(maps)


def _tensor_map(row: Row, sizes: Mapping[str, int], head_rows: int = 0) -> TensorMap:
    source, target, shape = row
    experts = range(sizes["X"]) if "*" in source else (0,)
    sources = tuple(source.replace("*", str(expert)) for expert in experts)
    return TensorMap(sources, target, tuple(sizes[letter] for letter in shape), head_rows)


def interleave_halves(rows: np.ndarray, head_rows: int) -> np.ndarray:
    """Reorder rows from Hugging Face's rotary layout (two halves per head) to ggml's (pairs next to each other).

    Args:
        rows: (n * head_rows, columns), whole heads.
        head_rows: Rows of one head.

    Source: `LlamaModel.permute` in llama.cpp's convert_hf_to_gguf.py.
    """
    heads = rows.reshape(-1, 2, head_rows // 2, rows.shape[-1])
    return np.ascontiguousarray(heads.swapaxes(1, 2)).reshape(rows.shape)


def count(config: Config, key: str, *, most: int = 1 << 24, default: int | None = None) -> int:
    """Read a whole number from 1 to `most` from config.json; `default` where the key is absent or null.

    Raises:
        ModelFileError: It is missing, of another kind or out of range.
    """
    value = config.get(key)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        refuse(f"config.json: {key} is {str(value)[:80]!r}, not a whole number from 1 to {most}")
    return value


def real(config: Config, key: str, *, least: float, most: float, default: float | None = None) -> float:
    """Read a number strictly between `least` and `most` from config.json; `default` where the key is absent or null.

    Raises:
        ModelFileError: It is missing, of another kind or out of range.
    """
    value = config.get(key)
    value = default if value is None else value
    if not isinstance(value, int | float) or isinstance(value, bool) or not least < value < most:
        refuse(f"config.json: {key} is {str(value)[:80]!r}, not a number between {least} and {most}")
    return float(value)


def flag(config: Config, key: str) -> bool:
    """Read a switch from config.json that is off where the key is absent or null.

    Raises:
        ModelFileError: It is neither true nor false.
    """
    value = config.get(key)
    if value is not None and not isinstance(value, bool):
        refuse(f"config.json: {key} is {str(value)[:80]!r}, neither true nor false")
    return value is True


def epsilon(config: Config, key: str) -> Scalar:
    """Read the small number that keeps a norm from dividing by zero."""
    return real(config, key, least=0, most=1)


def require(config: Config, key: str, *allowed: object, hint: str) -> None:
    """Refuse a setting that llama.cpp computes in only one way; an absent key means the first value.

    Raises:
        ModelFileError: It has another value.
    """
    value = config.get(key, allowed[0])
    if value not in allowed:
        refuse(f"config.json: {key} is {str(value)[:80]!r}", hint=hint)
