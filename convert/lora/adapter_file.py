"""A PEFT adapter as a GGUF file that llama.cpp lays over a model while it runs.

Source: llama.cpp's convert_lora_to_gguf.py and src/llama-adapter.cpp. The file has one `adapter.lora.alpha`, and
llama.cpp scales every pair by alpha / rank. A pair whose scale is another one (rsLoRA's alpha / sqrt(r), an
`alpha_pattern`) has the quotient of the two multiplied into its B, in float32; it is 1 for a plain pair.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant import __version__
from assistant.errors import InputError, ModelFileError
from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from assistant.models.gguf import Value
from convert.families import family_of
from convert.families.family import Family, TensorMap, interleave_halves
from convert.file_types import FILE_TYPE_IDS
from convert.ggml import quantize
from convert.gguf_writer import check_target, plan_layout
from convert.lora.adapter import Adapter, LowRank, open_adapter
from convert.partial_file import PartialFile, writing
from convert.source.checkpoint import MAX_CONFIG_BYTES
from convert.source.files import read_json, refuse
from convert.source.hub_cache import find_folder
from convert.source.licence import read_licence
from convert.source.safetensors import slabs

ADAPTER_FILE_TYPES = ("F32", "F16")

Rows = Callable[[int, int], np.ndarray]
"""From first row and the one after the last to (rows, columns) float32."""


@dataclass(frozen=True, slots=True)
class Factor:
    """One tensor of the file: the A or the B of a target, stacked if the target is a stack of experts."""

    name: str
    shape: tuple[int, ...]
    """Of one expert's matrix, rows first."""
    matrices: tuple[Rows, ...]
    """One, or one per expert."""
    head_rows: int = 0
    """As in `TensorMap`: llama.cpp's order of the rows of W is that of the rows of B."""

    @property
    def stacked_shape(self) -> tuple[int, ...]:
        """Shape of the tensor."""
        return (len(self.matrices), *self.shape) if len(self.matrices) > 1 else self.shape

    def slabs(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield runs of rows, float32, and how many numbers stand before them in the tensor."""
        num_rows, num_columns = self.shape
        for expert, rows in enumerate(self.matrices):
            for start, stop in slabs(num_rows, num_columns, self.head_rows or 1):
                slab = np.ascontiguousarray(rows(start, stop))
                slab = interleave_halves(slab, self.head_rows) if self.head_rows else slab
                yield (expert * num_rows + start) * num_columns, slab


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterConversion:
    """What a conversion made."""

    path: str
    file_type: str
    num_bytes: int
    num_tensors: int
    num_parameters: int
    source_sha256: str


def convert_adapter(
    folder: Path, path: Path, file_type: str = "F32", *, base: Path | None = None, name: str = ""
) -> AdapterConversion:
    """Convert a PEFT LoRA folder to a GGUF adapter.

    Args:
        folder: Holds adapter_config.json and adapter_model.safetensors.
        path: The GGUF file; it appears when it is whole, and replaces what was there.
        file_type: One of `ADAPTER_FILE_TYPES`.
        base: Holds config.json of the model the adapter was trained on; by default the folder the adapter names.
        name: `general.name`; the folder's name if empty.

    Raises:
        ModelFileError: The adapter is broken, more than llama.cpp can apply, or not made for this base.
        InputError: The file cannot be written there.
    """
    check_target(path)
    if file_type not in ADAPTER_FILE_TYPES:
        raise InputError(f"an adapter cannot be {file_type}", hint=f"choose {' or '.join(ADAPTER_FILE_TYPES)}")
    adapter = open_adapter(folder)
    config = read_json(base or _named_base(adapter), "config.json", MAX_CONFIG_BYTES)
    family = family_of(config)
    is_tied = config.get("tie_word_embeddings", family.is_tied_by_default) is True
    factors = list(_factors(adapter, family, family.all_tensors(config, is_tied=is_tied)))
    digest = adapter.sha256()
    metadata = _metadata(adapter, family, name or folder.resolve().name, file_type) | {"cairn.source.sha256": digest}
    kind = GGML_TYPE_BY_NAME[file_type]
    layout = plan_layout(metadata, [(each.name, each.stacked_shape, kind) for each in factors])
    with writing(path, layout, identity=layout.header.hex()) as partial:
        for index, factor in enumerate(factors):
            _write(factor, index, partial)
        partial.write_header(layout.header)
    return AdapterConversion(
        path=str(path),
        file_type=file_type,
        num_bytes=layout.num_bytes,
        num_tensors=len(factors),
        num_parameters=sum(math.prod(each.stacked_shape) for each in factors),
        source_sha256=digest,
    )


def _named_base(adapter: Adapter) -> Path:
    """Find the base that the adapter names: a folder, or a model in the Hugging Face cache."""
    named = adapter.config.get("base_model_name_or_path")
    try:
        if isinstance(named, str) and named and ".." not in Path(named).parts:
            return find_folder(named)
    except ModelFileError:
        pass  # a stranger's path: what is wrong with it matters less than how to name another
    return refuse(
        f"the adapter's base model {str(named)[:80]!r} is not here",
        hint="name it, its config.json is enough: cairn convert adapter SRC DST.gguf --base FOLDER",
    )


def _metadata(adapter: Adapter, family: Family, name: str, file_type: str) -> dict[str, Value]:
    licence = read_licence(adapter.folder).id
    known: dict[str, Value] = {"general.license": licence} if licence else {}
    return {
        "general.architecture": family.architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": adapter.alpha,
        "general.name": name,
        **known,
        "general.file_type": FILE_TYPE_IDS[file_type],
        "cairn.version": __version__,
    }


def _factors(adapter: Adapter, family: Family, maps: tuple[TensorMap, ...]) -> Iterator[Factor]:
    """Yield the two tensors of every target, in the order of the family's table."""
    adapter.check(family, maps)
    for each in maps:
        changes = [adapter.changes[source] for source in each.sources if source in adapter.changes]
        if not changes:
            continue
        first = changes[0]
        if len(changes) != len(each.sources) or any(change.rank != first.rank for change in changes):
            refuse(
                f"the adapter changes only some experts of {each.target}, or by different ranks",
                hint="merge it while converting its base: --merge-adapter",
            )
        if first.is_embedding and each.sources != (family.embedding,):
            refuse(
                f"llama.cpp applies no adapter to {each.target}",
                hint="merge it while converting its base: --merge-adapter",
            )
        a_shape = first.a.shape[::-1] if first.is_embedding else first.a.shape
        a_rows = tuple(change.left if change.is_embedding else change.a.rows for change in changes)
        b_rows = tuple(_folded(change, adapter.alpha) for change in changes)
        yield Factor(f"{each.target}.lora_a", a_shape, a_rows)
        yield Factor(f"{each.target}.lora_b", first.b.shape, b_rows, each.head_rows)


def _folded(change: LowRank, alpha: float) -> Rows:
    """Give B's rows, times what the pair's scale is more than alpha / rank."""
    excess = np.float32(change.alpha / alpha * (math.sqrt(change.rank) if change.is_rank_stabilised else 1))

    @np.errstate(over="ignore", invalid="ignore")  # what is not finite, `quantize` refuses
    def rows(start: int, stop: int) -> np.ndarray:
        return change.b.rows(start, stop) * excess

    return rows


def _write(factor: Factor, index: int, partial: PartialFile) -> None:
    info = partial.layout.tensors[index]
    start = len(partial.layout.header) + info.offset
    for numbers_before, slab in factor.slabs():
        partial.write(start + numbers_before * info.type.block_bytes, quantize(slab, info.type, info.name).data)
