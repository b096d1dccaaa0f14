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
from typing import Any

from convert.families.family import interleave_halves
from convert.ggml import quantize
from convert.gguf_writer import Layout, check_target
from convert.lora.adapter import Adapter
from convert.manifest import NO_LICENCE, check_companions, describe_source, made_with, today, write_companions
from convert.partial_file import PartialFile, writing
from convert.plan import ADAPTER_SHA256, Part, Plan, plan_file
from convert.source.checkpoint import Checkpoint, open_checkpoint, source_sha256
from convert.source.files import refuse
from convert.source.hub_cache import model_name
from convert.source.licence import read_licence
from convert.source.safetensors import SLAB_NUMBERS
from convert.type_rules import Importance

READ_AHEAD_BYTES = 64 << 20
"""So much of a shard is on its way from the disk while a slab is in work."""

Slab = tuple[Part, int, int]
"""Rows of a part: the first, and the one after the last."""

Progress = Callable[[int, int], None]
"""Called with the source bytes done and in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a conversion made."""

    path: str
    file_type: str
    sha256: str
    num_bytes: int
    num_tensors: int
    num_parameters: int
    bits_per_weight: float
    tensors_per_type: dict[str, int]
    source_bytes: int
    source_sha256: str
    licence: str
    """Its id, or nothing."""
    warnings: tuple[str, ...]
    elapsed_s: float


def convert_checkpoint(
    folder: Path,
    path: Path,
    file_type: str,
    *,
    name: str = "",
    importance: Importance | None = None,
    adapter: Adapter | None = None,
    progress: Progress = lambda done, total: None,
) -> Conversion:
    """Convert a Hugging Face folder to one GGUF file.

    Args:
        folder: Holds config.json, tokenizer.json and safetensors weights in F32, F16 or BF16.
        path: The GGUF file; it appears when it is whole, and replaces what was there. Its manifest, and the source's
            licence and model card, come beside it.
        file_type: A key of `convert.file_types.FILE_TYPE_IDS`.
        name: `general.name`; the folder's name if empty.
        importance: How much the errors of each column weigh, by tensor name, from `convert.quality.imatrix`.
        adapter: Merged on the way: the weights become base + scale * B @ A, in float32, before they are quantised.
        progress: Hears about the work.

    Raises:
        ModelFileError: The folder is incomplete, broken, or of a kind that cannot be converted.
        InputError: The file cannot be written there.
    """
    started = time.perf_counter()
    check_target(path)
    date = today()
    checkpoint = open_checkpoint(folder)
    licence = read_licence(folder)
    check_companions(path, licence)
    name = name or model_name(folder)
    plan = plan_file(checkpoint, file_type, name=name, importance=importance, adapter=adapter)
    digests, sha256 = _write(checkpoint, plan, path, importance or {}, progress)
    num_bytes = plan.layout().num_bytes
    result = Conversion(
        path=str(path),
        file_type=file_type,
        sha256=sha256,
        num_bytes=num_bytes,
        num_tensors=len(plan.tensors),
        num_parameters=plan.num_parameters,
        bits_per_weight=round(8 * num_bytes / plan.num_parameters, 3),
        tensors_per_type=dict(Counter(kind.name for _, _, kind in plan.tensors)),
        source_bytes=checkpoint.num_bytes,
        source_sha256=source_sha256(digests),
        licence=licence.id,
        warnings=() if licence.id or licence.texts else (NO_LICENCE,),
        elapsed_s=round(time.perf_counter() - started, 3),
    )
    source = describe_source(checkpoint, licence, digests)
    changes = {
        "importance_sha256": _importance_sha256(importance or {}) or None,
        "adapter_sha256": plan.metadata.get(ADAPTER_SHA256),
    }
    write_companions(path, licence, _manifest(result, date, changes, source))
    return result


def _write(
    checkpoint: Checkpoint, plan: Plan, path: Path, importance: Importance, progress: Progress
) -> tuple[dict[str, str], str]:
    """Write the GGUF file.

    Returns:
        The sha256 of every file of the source, by name, and that of the result.
    """
    layout = plan.layout()
    identity = _identity(checkpoint, layout, importance)
    with writing(path, layout, identity=identity) as partial:
        digests = checkpoint.settings_sha256() | _carry(checkpoint, plan, partial, progress)
        if _identity(checkpoint, layout, importance) != identity:
            refuse("the source changed while it was read", hint="convert it again when nothing writes to it")
        partial.write_header(plan.layout(source_sha256(digests)).header)
    return digests, partial.sha256


def _identity(checkpoint: Checkpoint, layout: Layout, importance: Importance) -> str:
    """Say what the bytes will be: the header holds the plan; the rest is the source, the weights, the quantizer."""
    said = checkpoint.identity() + version("llama-cpp-python") + _importance_sha256(importance)
    return hashlib.sha256(layout.header + said.encode()).hexdigest()


def _importance_sha256(importance: Importance) -> str:
    """Digest the weights of the errors; nothing if there are none."""
    digest = hashlib.sha256()
    for name in sorted(importance):
        digest.update(name.encode() + importance[name].tobytes())
    return digest.hexdigest() if importance else ""


def _manifest(result: Conversion, date: str, changes: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """Say it all in the words of the built-in model's manifest."""
    return {
        "file": Path(result.path).name,
        "sha256": result.sha256,
        "num_bytes": result.num_bytes,
        "licence": result.licence or None,
        "date": date,
        "made_with": made_with(),
        **changes,
        "file_type": result.file_type,
        "num_parameters": result.num_parameters,
        "bits_per_weight": result.bits_per_weight,
        "tensors_per_type": result.tensors_per_type,
        "source": source | {"sha256": result.source_sha256},
    }


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
        shard.read_ahead(0, READ_AHEAD_BYTES)
        digest = hashlib.sha256(memoryview(shard.mapped)[: shard.header_bytes])
        for stored in shard.tensors.values():
            part = plan.parts.get(stored.name)
            for start, stop in stored.slabs(SLAB_NUMBERS, multiple=part.head_rows or 1 if part else 1):
                slab = stored.slab(start, stop)
                ahead = stored.begin + stop * stored.row_bytes + READ_AHEAD_BYTES
                shard.read_ahead(ahead - len(slab), ahead)
                digest.update(slab)
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
        if part.change:
            rows += part.change.rows(start, stop)
        if part.head_rows:
            columns = 1 if len(stored.shape) == 1 else stored.num_columns
            rows = interleave_halves(rows.reshape(-1, columns), part.head_rows).reshape(rows.shape)
        partial.write(position, quantize(rows, info.type, info.name, part.importance).data)
    stored.release(start, stop)
    return (stop - start) * stored.row_bytes


def _position(layout: Layout, index: int, num_bytes: int) -> int:
    """Return where a byte of a tensor lies in the file."""
    return len(layout.header) + layout.tensors[index].offset + num_bytes
