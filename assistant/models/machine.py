"""What this machine offers a model: memory, as far as this process may use it, and how fast memory is read."""

import ctypes
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import psutil

GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd")
"""Where one of these is, weights and KV cache may lie in a memory that nobody here has counted."""
_BLOCK_BYTES = 64 << 20
_NUM_TRIALS, _TRIAL_S = 4, 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """In bytes."""

    free: int
    """What can be had now without taking anything from other programs."""
    total: int
    """What there is, or what the control group may use if that is less. Without swap: weights do not belong there."""
    has_gpu: bool = False
    """There is memory that nobody counted."""


def memory(groups: Path = Path("/sys/fs/cgroup")) -> Memory:
    """The memory that a model may have."""
    found = psutil.virtual_memory()
    has_gpu = any(Path(device).exists() for device in GPU_DEVICES)
    free, total = found.available, found.total
    for folder, limit in _limits(groups):
        free, total = min(free, max(0, limit - _taken(folder))), min(total, limit)
    return Memory(free=free, total=total, has_gpu=has_gpu)


def memory_limit(groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that the control group of this process may use, the smallest on the way up; 0: no limit. Version 2 only."""
    return min((limit for _, limit in _limits(groups)), default=0)


def _limits(groups: Path) -> list[tuple[Path, int]]:
    try:
        own = Path("/proc/self/cgroup").read_text("utf-8").rpartition("::")[2].strip()
    except OSError:
        return []
    place = groups / own.lstrip("/")
    folders = [folder for folder in (place, *place.parents) if folder.is_relative_to(groups)]
    texts = {folder: _read(folder / "memory.max").strip() for folder in folders}
    return [(folder, int(text)) for folder, text in texts.items() if text.isdigit()]


def _taken(folder: Path) -> int:
    """Bytes of the group that cannot be given up for others: files in memory can."""
    rows = dict(line.split(" ", 1) for line in _read(folder / "memory.stat").splitlines() if " " in line)
    return int(rows["anon"]) if rows.get("anon", "").isdigit() else 0


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError:
        return ""


@cache
def bandwidth() -> float:
    """Bytes that all cores together read from memory in a second: the best of a few trials, a tenth of a second in all.

    Every core searches blocks of its own, larger than its share of any cache, for a byte that they do not hold; libc's
    `memchr` reads as fast as memory gives, and ctypes lets the others run meanwhile. Decoding reads weights like this.
    """
    num_cores = len(os.sched_getaffinity(0))
    block_bytes = min(_BLOCK_BYTES, psutil.virtual_memory().available // (4 * num_cores))
    blocks = [ctypes.create_string_buffer(b"\1" * block_bytes, block_bytes) for _ in range(num_cores)]
    with ThreadPoolExecutor(num_cores) as pool:
        return max(_trial(pool, blocks) for _ in range(_NUM_TRIALS))


def _trial(pool: ThreadPoolExecutor, blocks: list["ctypes.Array[ctypes.c_char]"]) -> float:
    begin_s = time.perf_counter()
    num_bytes = sum(pool.map(partial(_read_until, begin_s + _TRIAL_S), blocks))
    return num_bytes / (time.perf_counter() - begin_s)


def _read_until(end_s: float, block: "ctypes.Array[ctypes.c_char]") -> int:
    find = ctypes.CDLL(None).memchr
    find.argtypes, find.restype = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t), ctypes.c_void_p
    num_bytes = 0
    while time.perf_counter() < end_s:
        find(block, 0, len(block))
        num_bytes += len(block)
    return num_bytes
