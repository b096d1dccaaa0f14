"""One pass over a checkpoint's shards: every slab is digested, quantised on all cores, and written to its place."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from convert.families.family import interleave_halves
from convert.ggml import quantize
from convert.gguf_writer import Layout
from convert.partial_file import PartialFile
from convert.plan import Part, Plan
from convert.source.checkpoint import Checkpoint

READ_AHEAD_BYTES = 64 << 20
"""So much of a shard is on its way from the disk while a slab is in work."""

Slab = tuple[Part, int, int]
"""Rows of a part: the first, and the one after the last."""

Progress = Callable[[int, int], None]
"""Called with the source bytes done and in all."""


def carry(checkpoint: Checkpoint, plan: Plan, partial: PartialFile, progress: Progress) -> dict[str, str]:
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
            for start, stop in stored.slabs(part.head_rows or 1 if part else 1):
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
