"""Measures the converter on a checkpoint of a real shape, and beside it llama.cpp's own two steps if they are at hand.

Every program runs alone in a process of its own, from files that are not in the cache, so that time and memory are its
own. Ours ends with the file on the disk; llama.cpp's programs leave that to the system, and to nobody's time.
"""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import InputError
from assistant.models.gguf import read_gguf
from convert.bench.measure import Measured, measure
from convert.bench.random_checkpoint import has_random_weights, write_random_checkpoint
from convert.bench.shapes import Shape
from convert.partial_file import check_free_space

_SOURCE_BYTES_PER_WEIGHT = 2
_VOCABULARY_BYTES = 64 << 20
"""More than any vocabulary takes."""

Progress = Callable[[str, int, int | None], None]
"""Called with the step, the bytes done and in all (None: not known)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeReport:
    """What one type took."""

    file_type: str
    elapsed_s: float
    peak_rss_bytes: int
    num_bytes: int
    """Of the file."""
    source_gb_per_s: float
    """In 10^9 bytes."""
    weights_per_s: float
    peer: Measured | None = None
    """Both steps of llama.cpp, the first of which all types share: their time together, the higher of their peaks."""
    ratio: float | None = None
    """Our time as a share of the peer's."""
    data_sha256: str = ""
    """Of everything behind the header, if there is a peer."""
    is_identical: bool | None = None
    """The peer's file has the same tensors, in the same order, bit by bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run of the benchmark found."""

    shape: str
    vocabulary: str
    num_weights: int
    source_bytes: int
    num_threads: int
    checkpoint_s: float
    """Time to write the random checkpoint; next to nothing if it was there."""
    types: tuple[TypeReport, ...]
    peer_16_bit: Measured | None
    """llama.cpp's first step, safetensors to a BF16 file."""


@dataclass(frozen=True, slots=True)
class Source:
    """The checkpoint that is converted."""

    folder: Path
    num_weights: int

    @property
    def shards(self) -> list[Path]:
        """Its safetensors files."""
        return sorted(self.folder.glob("*.safetensors"))

    @property
    def num_bytes(self) -> int:
        """Size of all shards."""
        return sum(path.stat().st_size for path in self.shards)


@dataclass(frozen=True, slots=True)
class Peer:
    """llama.cpp as its authors ship it: a source tree, and a build of it.

    Raises:
        InputError: One of the two programs is missing.
    """

    tree: Path
    build: Path

    def __post_init__(self) -> None:
        for program in (self.converter, self.quantizer):
            if not program.is_file():
                raise InputError(
                    f"{program} is missing", hint="give llama.cpp's source tree, and its build with llama-quantize"
                )

    @property
    def converter(self) -> Path:
        """The first step, a Python script."""
        return self.tree / "convert_hf_to_gguf.py"

    @property
    def quantizer(self) -> Path:
        """The second step."""
        return self.build / "bin" / "llama-quantize"


def bench_convert(
    shape: Shape,
    file_types: Sequence[str],
    *,
    vocabulary: Path,
    folder: Path,
    keep: bool = False,
    peer: Peer | None = None,
    progress: Progress = lambda step, done, total: None,
) -> Report:
    """Convert a random checkpoint to each type and measure it.

    Args:
        shape: Of the checkpoint, which is stored in BF16.
        file_types: What to convert to.
        vocabulary: A GGUF file whose tokenizer the checkpoint gets; the peer must know it.
        folder: Everything is written here, the checkpoint to a folder named after the shape; one that is there and
            complete is used and stays.
        keep: Leave the files; otherwise no more than the checkpoint, the peer's BF16 file and one result exist at once.
        peer: What to compare with.
        progress: Hears about the steps.

    Raises:
        InputError: The disk is too small, the folder cannot be written, or a program failed.
        ModelFileError: The vocabulary or the shape cannot be used.
    """
    num_weights = shape.num_weights
    is_there = has_random_weights(folder / shape.name, shape)
    _make_folder(folder)
    copies = (not is_there) + (peer is not None)
    check_free_space(folder, _most_bytes(shape, file_types, copies, is_kept=keep, is_compared=peer is not None))
    with _workplace(folder, keep) as place:
        source = Source((folder if is_there else place) / shape.name, num_weights)
        checkpoint_s = _write(source, shape, vocabulary, progress)
        types = [_convert(source, place, kind, keep, progress, is_compared=peer is not None) for kind in file_types]
        step_one = None
        if peer:
            step_one, both_steps = _run_peer(peer, source, place, file_types, keep, progress)
            types = [_compared(each, *both_steps[each.file_type]) for each in types]
        return Report(
            shape=shape.name,
            vocabulary=vocabulary.name,
            num_weights=num_weights,
            source_bytes=source.num_bytes,
            num_threads=_num_threads(),
            checkpoint_s=checkpoint_s,
            types=tuple(types),
            peer_16_bit=step_one,
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make {folder}: {error.strerror}", hint="choose another folder") from error


def _most_bytes(shape: Shape, file_types: Sequence[str], copies: int, *, is_kept: bool, is_compared: bool) -> int:
    """Bound what lies on the disk at once: `copies` of the weights in 16 bits, and one result, or all if kept."""
    results = [shape.result_bytes(kind) + _VOCABULARY_BYTES for kind in file_types]
    most = sum(results) * (1 + is_compared) if is_kept else max(results)
    return shape.num_weights * copies * _SOURCE_BYTES_PER_WEIGHT + most


@contextmanager
def _workplace(folder: Path, keep: bool) -> Generator[Path]:
    """Yield where files go: the folder itself, or one inside it that vanishes with all it holds."""
    if keep:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as place:
        yield Path(place)


def _write(source: Source, shape: Shape, vocabulary: Path, progress: Progress) -> float:
    """Write the checkpoint, or only its small files if the weights are there; return the seconds it took."""
    started = time.perf_counter()
    write_random_checkpoint(
        source.folder,
        shape,
        vocabulary=vocabulary,
        progress=lambda done, total: progress("checkpoint", done, total),
    )
    return round(time.perf_counter() - started, 3)


def _convert(
    source: Source, place: Path, file_type: str, keep: bool, progress: Progress, *, is_compared: bool
) -> TypeReport:
    """Run `cairn convert`."""
    progress(file_type, 0, None)
    target = place / f"{source.folder.name}.{file_type}.gguf"
    arguments = ["convert", "checkpoint", str(source.folder), str(target), "--type", file_type]
    took = measure([sys.executable, "-I", "-m", "assistant", *arguments], inputs=source.shards)
    return TypeReport(
        file_type=file_type,
        elapsed_s=took.elapsed_s,
        peak_rss_bytes=took.peak_rss_bytes,
        data_sha256=_data_sha256(target) if is_compared else "",
        num_bytes=_take(target, keep),
        source_gb_per_s=round(source.num_bytes / 1e9 / took.elapsed_s, 3),
        weights_per_s=round(source.num_weights / took.elapsed_s),
    )


def _run_peer(
    peer: Peer, source: Source, place: Path, file_types: Iterable[str], keep: bool, progress: Progress
) -> tuple[Measured, dict[str, tuple[Measured, str]]]:
    """Run llama.cpp's two steps; return the first, and for each type both together and the digest of its tensors."""
    progress("llama.cpp, BF16", 0, None)
    half = place / f"{source.folder.name}.llama-cpp.BF16.gguf"
    command = [sys.executable, str(peer.converter), str(source.folder), "--outtype", "bf16", "--outfile", str(half)]
    step_one = measure(command, inputs=source.shards)
    both_steps = {}
    for kind in file_types:
        progress(f"llama.cpp, {kind}", 0, None)
        target = place / f"{source.folder.name}.llama-cpp.{kind}.gguf"
        command = [str(peer.quantizer), str(half), str(target), kind, str(_num_threads())]
        took = _together(step_one, measure(command, inputs=[half]))
        both_steps[kind] = took, _data_sha256(target)
        _take(target, keep)
    _take(half, keep)
    return step_one, both_steps


def _together(one: Measured, two: Measured) -> Measured:
    return Measured(
        elapsed_s=round(one.elapsed_s + two.elapsed_s, 3),
        peak_rss_bytes=max(one.peak_rss_bytes, two.peak_rss_bytes),
    )


def _compared(report: TypeReport, peer: Measured, data_sha256: str) -> TypeReport:
    ratio = round(report.elapsed_s / peer.elapsed_s, 3)
    return replace(report, peer=peer, ratio=ratio, is_identical=report.data_sha256 == data_sha256)


def _data_sha256(path: Path) -> str:
    """Digest what lies behind the header: the tensors and their padding."""
    with path.open("rb") as file:
        file.seek(read_gguf(path).data_offset)
        return hashlib.file_digest(file, "sha256").hexdigest()


def _num_threads() -> int:
    return len(os.sched_getaffinity(0))


def _take(path: Path, keep: bool) -> int:
    """Return the size of a result in bytes, and delete it unless it is to be kept."""
    num_bytes = path.stat().st_size
    if not keep:
        path.unlink()
    return num_bytes
