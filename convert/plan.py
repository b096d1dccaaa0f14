"""What will be in the GGUF file, decided before a byte is written: each tensor's name and type, and the metadata."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant import __version__
from assistant.models.ggml_types import GgmlType
from assistant.models.gguf import Value
from convert.families import family_of
from convert.families.family import Family, TensorMap
from convert.file_types import FILE_TYPE_IDS
from convert.ggml import QUANTIZATION_VERSION
from convert.gguf_writer import Layout, plan_layout
from convert.lora.adapter import Adapter, LowRank
from convert.source.checkpoint import Checkpoint
from convert.source.files import refuse
from convert.source.licence import read_licence
from convert.source.safetensors import SLAB_NUMBERS, StoredTensor
from convert.tokens.tokenizer import tokenizer_metadata
from convert.type_rules import Importance, tensor_types

ADAPTER_SHA256 = "cairn.adapter.sha256"
UNKNOWN_DIGEST = "0" * 64
"""Stands where the source's digest will be: it is known when the source has been read."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a planned tensor, and the stored tensor they come from."""

    stored: StoredTensor
    index: int
    """Of the planned tensor."""
    first_row: int
    head_rows: int
    importance: np.ndarray | None
    """(columns,) float32, or None."""
    change: LowRank | None
    """What an adapter adds to the rows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the file will hold, in its order."""

    metadata: dict[str, Value]
    tensors: tuple[tuple[str, tuple[int, ...], GgmlType], ...]
    """Name, shape and type of each."""
    parts: dict[str, Part]
    """By name of the stored tensor."""
    constants: dict[int, np.ndarray] = field(default_factory=dict)
    """float32 tensors that no stored tensor gives, by their index."""

    def layout(self, source_sha256: str = UNKNOWN_DIGEST) -> Layout:
        """Lay the file out; the digest changes its header, never its size."""
        return plan_layout(self.metadata | {"cairn.source.sha256": source_sha256}, self.tensors)

    @property
    def num_parameters(self) -> int:
        """Numbers in all tensors."""
        return sum(math.prod(shape) for _, shape, _ in self.tensors)


def plan_file(
    checkpoint: Checkpoint,
    file_type: str,
    *,
    name: str,
    importance: Importance | None = None,
    adapter: Adapter | None = None,
) -> Plan:
    """Decide what the GGUF file will hold.

    Args:
        checkpoint: The opened folder.
        file_type: A key of `FILE_TYPE_IDS`.
        name: `general.name`.
        importance: The weights of the columns' errors, by tensor name.
        adapter: What is added to the weights; its digest is part of the metadata, and so of the file's identity.

    Raises:
        ModelFileError: The family is unknown, or the tensors, tokenizer, weights or adapter are not what it needs.
    """
    family = family_of(checkpoint.config)
    parameters = {f"{family.architecture}.{key}": value for key, value in family.metadata(checkpoint.config).items()}
    identity = _identity(checkpoint.folder, family, name)
    maps = _match(checkpoint, family)
    if adapter:
        adapter.check(family, maps)
    constants = family.constants(checkpoint.config)
    shapes = {each.target: each.stacked_shape for each in maps} | {key: data.shape for key, data in constants.items()}
    order = sorted(shapes, key=_file_order)
    types = tensor_types(identity | parameters, [(each, shapes[each]) for each in order], file_type, importance)
    metadata = {
        **identity,
        **parameters,
        **tokenizer_metadata(checkpoint.folder, checkpoint.config, checkpoint.tensors[family.embedding].shape[0]),
        **(_adapter_metadata(adapter) if adapter else {}),
        "cairn.source.sha256": UNKNOWN_DIGEST,
        "cairn.version": __version__,
        "general.quantization_version": QUANTIZATION_VERSION,
        "general.file_type": FILE_TYPE_IDS[file_type],
    }
    return Plan(
        metadata,
        tuple((each, shapes[each], types[each]) for each in order),
        _parts(checkpoint, maps, order, importance or {}, adapter.changes if adapter else {}),
        {order.index(key): data for key, data in constants.items()},
    )


def _parts(
    checkpoint: Checkpoint,
    maps: tuple[TensorMap, ...],
    order: list[str],
    importance: Importance,
    changes: Mapping[str, LowRank],
) -> dict[str, Part]:
    index = {name: number for number, name in enumerate(order)}
    parts: dict[str, Part] = {}
    for each in maps:
        weights = _weights(each, importance)
        for expert, source in enumerate(each.sources):
            stored = checkpoint.tensors[source]
            row = weights[expert] if weights is not None else None
            first_row = expert * stored.num_rows
            parts[source] = Part(stored, index[each.target], first_row, each.head_rows, row, changes.get(source))
    return parts


def _weights(tensor: TensorMap, importance: Importance) -> np.ndarray | None:
    """Return (experts, columns) float32; llama.cpp, too, passes over weights of another size for the embedding."""
    found = importance.get(tensor.target)
    if found is None:
        return None
    if found.size == len(tensor.sources) * tensor.shape[-1]:
        return found.reshape(len(tensor.sources), -1)
    if tensor.target == "token_embd.weight":
        return None
    return refuse(
        f"the importance matrix has {found.size} weights for {tensor.target}",
        hint="make it from this very model: cairn convert imatrix",
    )


def _match(checkpoint: Checkpoint, family: Family) -> tuple[TensorMap, ...]:
    """Pair every tensor the family needs with those of the checkpoint; refuse one that is missing or left over."""
    maps = family.all_tensors(checkpoint.config, is_tied=_is_tied(checkpoint, family))
    for each in maps:
        for source in each.sources:
            _check_stored(checkpoint.tensors.get(source), source, each.shape)
        if each.head_rows * each.shape[-1] > SLAB_NUMBERS:
            refuse(f"{each.sources[0]} has heads of {each.head_rows} rows", hint="no known model has heads that large")
    known = {source for each in maps for source in each.sources} | {family.output[0]}
    unknown = [name for name in checkpoint.tensors if name not in known and not name.endswith(family.ignored)]
    if unknown:
        refuse(f"{len(unknown)} tensors are no part of this family, such as {min(unknown)}")
    return maps


def _check_stored(stored: StoredTensor | None, name: str, shape: tuple[int, ...]) -> None:
    if stored is None:
        refuse(f"the tensor {name} is missing")
    if stored.shape != shape:
        refuse(f"{name} has shape {stored.shape}, config.json says {shape}")
    stored.check_numbers()


def _is_tied(checkpoint: Checkpoint, family: Family) -> bool:
    """Tell whether the output projection is the embedding: not stored, or stored again bit by bit."""
    output, embedding = (checkpoint.tensors.get(name) for name in (family.output[0], family.embedding))
    if output is None:
        return checkpoint.config.get("tie_word_embeddings", family.is_tied_by_default) is True
    return embedding is not None and output.equals(embedding)


def _file_order(target: str) -> tuple[int, str]:
    """Order as llama.cpp's quantizer does: what belongs to no layer, then layer by layer."""
    layer = re.match(r"blk\.(\d+)\.", target)
    return (int(layer[1]) if layer else -1, target)


def _identity(folder: Path, family: Family, name: str) -> dict[str, Value]:
    licence = read_licence(folder).id
    known = {"general.architecture": family.architecture, "general.name": name}
    return {**known, "general.license": licence} if licence else {**known}


def _adapter_metadata(adapter: Adapter) -> dict[str, Value]:
    licence = read_licence(adapter.folder).id
    known: dict[str, Value] = {ADAPTER_SHA256: adapter.sha256()}
    return {**known, "cairn.adapter.license": licence} if licence else known
