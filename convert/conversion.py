"""The road of a checkpoint to GGUF: plan the file, then carry every tensor over, slab by slab, in one pass."""

import math
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from assistant.models.gguf import TensorInfo
from convert.checkpoint import open_checkpoint
from convert.ggml import quantize
from convert.gguf_writer import Layout, check_target, plan_layout, writing
from convert.plan import PlannedTensor, plan_file
from convert.safetensors import StoredTensor

SLAB_BYTES = 32 << 20
"""Float32 bytes of one slab. Peak memory is a few slabs per thread, whatever the size of the model."""

Progress = Callable[[int, int], None]
"""Called with the source bytes done and in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a conversion made."""

    path: str
    file_type: str
    num_bytes: int
    num_tensors: int
    num_parameters: int
    bits_per_weight: float
    tensors_per_type: dict[str, int]
    source_bytes: int
    source_sha256: str
    elapsed_s: float


def convert_checkpoint(
    folder: Path, path: Path, file_type: str, *, name: str = "", progress: Progress = lambda done, total: None
) -> Conversion:
    """Convert a Hugging Face folder to one GGUF file.

    Args:
        folder: Holds config.json, tokenizer.json and safetensors weights in F32, F16 or BF16.
        path: The GGUF file; it appears when it is whole, and replaces what was there.
        file_type: A key of `convert.type_rules.FILE_TYPE_IDS`.
        name: `general.name`; the folder's name if empty.
        progress: Hears about the work.

    Raises:
        ModelFileError: The folder is incomplete, broken, or of a kind that cannot be converted.
        InputError: The file cannot be written there.
    """
    started = time.perf_counter()
    check_target(path)
    checkpoint = open_checkpoint(folder)
    plan = plan_file(checkpoint, file_type, name=name or folder.resolve().name)
    layout = plan_layout(plan.metadata, [(each.name, each.source.shape, each.type) for each in plan.tensors])
    with writing(path, layout) as descriptor:
        _carry(plan.tensors, layout, descriptor, progress)
    num_parameters = sum(math.prod(each.shape) for each in layout.tensors)
    return Conversion(
        path=str(path),
        file_type=file_type,
        num_bytes=layout.num_bytes,
        num_tensors=len(layout.tensors),
        num_parameters=num_parameters,
        bits_per_weight=round(8 * layout.num_bytes / num_parameters, 3),
        tensors_per_type=dict(Counter(each.type.name for each in layout.tensors)),
        source_bytes=checkpoint.num_bytes,
        source_sha256=str(plan.metadata["cairn.source.sha256"]),
        elapsed_s=round(time.perf_counter() - started, 3),
    )


def _carry(tensors: Sequence[PlannedTensor], layout: Layout, descriptor: int, progress: Progress) -> None:
    """Quantise every slab on all cores and write it to its place; the order does not matter."""
    total_bytes = sum(tensor.source.num_rows * tensor.source.row_bytes for tensor in tensors)
    done_bytes = 0
    pool = ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0)))
    try:
        slabs = [
            pool.submit(_carry_slab, tensor.source, info, start, stop, descriptor, len(layout.header))
            for tensor, info in zip(tensors, layout.tensors, strict=True)
            for start, stop in _slabs(tensor.source)
        ]
        for slab in as_completed(slabs):
            done_bytes += slab.result()
            progress(done_bytes, total_bytes)
    finally:
        pool.shutdown(cancel_futures=True)


def _slabs(source: StoredTensor) -> list[tuple[int, int]]:
    step = max(1, SLAB_BYTES // (4 * source.shape[-1]))
    return [(start, min(start + step, source.num_rows)) for start in range(0, source.num_rows, step)]


def _carry_slab(
    source: StoredTensor, info: TensorInfo, start: int, stop: int, descriptor: int, data_offset: int
) -> int:
    """Carry rows `start` to `stop` over; return their size in the source, in bytes."""
    stored = quantize(source.rows(start, stop), info.type, info.name).data
    position = data_offset + info.offset + start * (info.num_bytes // source.num_rows)
    while stored:
        written = os.pwrite(descriptor, stored, position)
        stored, position = stored[written:], position + written
    return (stop - start) * source.row_bytes
