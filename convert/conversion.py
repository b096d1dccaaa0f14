"""The road of a checkpoint to GGUF: plan the file, then carry every tensor over, slab by slab, in one pass."""

import hashlib
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from convert.checkpoint import Checkpoint, open_checkpoint, source_sha256
from convert.family import interleave_halves
from convert.ggml import quantize
from convert.gguf_writer import Layout, check_target
from convert.partial_file import PartialFile, writing
from convert.plan import Part, Plan, plan_file
from convert.safetensors import SLAB_NUMBERS
from convert.type_rules import Importance

Slab = tuple[Part, int, int]
"""Rows of a part: the first, and the one after the last."""

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
    folder: Path,
    path: Path,
    file_type: str,
    *,
    name: str = "",
    importance: Importance | None = None,
    progress: Progress = lambda done, total: None,
) -> Conversion:
    """Convert a Hugging Face folder to one GGUF file.

    Args:
        folder: Holds config.json, tokenizer.json and safetensors weights in F32, F16 or BF16.
        path: The GGUF file; it appears when it is whole, and replaces what was there.
        file_type: A key of `convert.file_types.FILE_TYPE_IDS`.
        name: `general.name`; the folder's name if empty.
        importance: How much the errors of each column weigh, by tensor name, from `convert.imatrix`.
        progress: Hears about the work.

    Raises:
        ModelFileError: The folder is incomplete, broken, or of a kind that cannot be converted.
        InputError: The file cannot be written there.
    """
    started = time.perf_counter()
    check_target(path)
    checkpoint = open_checkpoint(folder)
    plan = plan_file(checkpoint, file_type, name=name or folder.resolve().name, importance=importance)
    layout = plan.layout()
    with writing(path, layout, identity=_identity(checkpoint, layout, importance or {})) as partial:
        digests = checkpoint.settings_sha256() | _carry(checkpoint, plan, partial, progress)
        digest = source_sha256(digests)
        partial.write_header(plan.layout(digest).header)
    return Conversion(
        path=str(path),
        file_type=file_type,
        num_bytes=layout.num_bytes,
        num_tensors=len(plan.tensors),
        num_parameters=plan.num_parameters,
        bits_per_weight=round(8 * layout.num_bytes / plan.num_parameters, 3),
        tensors_per_type=dict(Counter(kind.name for _, _, kind in plan.tensors)),
        source_bytes=checkpoint.num_bytes,
        source_sha256=digest,
        elapsed_s=round(time.perf_counter() - started, 3),
    )


def _identity(checkpoint: Checkpoint, layout: Layout, importance: Importance) -> str:
    """Say what the bytes will be: the header holds the plan; the rest is the source, the weights, the quantizer."""
    digest = hashlib.sha256(layout.header + checkpoint.identity().encode() + version("llama-cpp-python").encode())
    for name in sorted(importance):
        digest.update(name.encode() + importance[name].tobytes())
    return digest.hexdigest()


def _carry(checkpoint: Checkpoint, plan: Plan, partial: PartialFile, progress: Progress) -> dict[str, str]:
    """Read every shard once, from its first byte to its last: digested here, quantised on all cores.

    Returns:
        The sha256 of each shard, by name.
    """
    num_threads = len(os.sched_getaffinity(0))
    digests: dict[str, str] = {}
    done_bytes = 0
    for index, constant in plan.constants.items():
        partial.write(_position(partial.layout, index, 0), constant.astype("<f4").data.cast("B"))
    pool = ThreadPoolExecutor(max_workers=num_threads)
    try:
        slabs = _digested_slabs(checkpoint, plan, digests)
        for slab_bytes in _run_ahead(pool, lambda slab: _carry_slab(*slab, partial), slabs, most=2 * num_threads):
            done_bytes += slab_bytes
            progress(done_bytes, checkpoint.num_bytes)
    finally:
        pool.shutdown(cancel_futures=True)
    progress(checkpoint.num_bytes, checkpoint.num_bytes)
    return digests


def _digested_slabs(checkpoint: Checkpoint, plan: Plan, digests: dict[str, str]) -> Iterator[Slab]:
    """Cut all shards into slabs in the order of their bytes, and leave their digests in `digests`."""
    for shard in checkpoint.shards:
        digest = hashlib.sha256(memoryview(shard.mapped)[: shard.header_bytes])
        for stored in shard.tensors.values():
            part = plan.parts.get(stored.name)
            for start, stop in stored.slabs(SLAB_NUMBERS, multiple=part.head_rows or 1 if part else 1):
                digest.update(stored.slab(start, stop))
                if part:
                    yield part, start, stop
                else:
                    stored.release(start, stop)
        digests[shard.name] = digest.hexdigest()


def _run_ahead(pool: Executor, work: Callable[[Slab], int], slabs: Iterable[Slab], *, most: int) -> Generator[int]:
    """Yield results in order, with at most `most` slabs in the pool: pages that were read stay in memory till then."""
    running: deque[Future[int]] = deque()
    for slab in slabs:
        running.append(pool.submit(work, slab))
        if len(running) == most:
            yield running.popleft().result()
    for last in running:
        yield last.result()


def _carry_slab(part: Part, start: int, stop: int, partial: PartialFile) -> int:
    """Carry rows `start` to `stop` over; return their size in the source, in bytes."""
    stored, info = part.stored, partial.layout.tensors[part.index]
    row_bytes = info.type.block_bytes * stored.num_columns // info.type.block_size
    position = _position(partial.layout, part.index, (part.first_row + start) * row_bytes)
    if not partial.has(position, (stop - start) * row_bytes):
        rows = stored.rows(start, stop)
        if part.head_rows:
            columns = 1 if len(stored.shape) == 1 else stored.num_columns
            rows = interleave_halves(rows.reshape(-1, columns), part.head_rows).reshape(rows.shape)
        partial.write(position, quantize(rows, info.type, info.name, part.importance).data)
    stored.release(start, stop)
    return (stop - start) * stored.row_bytes


def _position(layout: Layout, index: int, num_bytes: int) -> int:
    """Return where a byte of a tensor lies in the file."""
    return len(layout.header) + layout.tensors[index].offset + num_bytes
