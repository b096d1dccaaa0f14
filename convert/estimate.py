"""What a conversion would give and cost, before anything is written: size, mix of types, memory, time."""

import math
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.models.ggml_types import GgmlType
from assistant.models.gguf import TensorInfo
from convert.ggml import quantize
from convert.plan import Plan, plan_file
from convert.source.checkpoint import open_checkpoint
from convert.source.hub_cache import model_name
from convert.source.safetensors import SLAB_NUMBERS
from convert.type_rules import Importance

_BASE_BYTES = 128 << 20
"""Python, numpy, libllama and the header."""
_BYTES_PER_NUMBER = 16
"""Of a slab in work: stored, as float32, quantised, and the next ones waiting in the queue."""
_TRIAL_NUMBERS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """All tensors that play one part in the layers, such as "blk.*.ffn_down.weight"."""

    name: str
    num_tensors: int
    num_parameters: int
    num_bytes: int
    types: dict[str, int]
    """How many of the tensors are stored as which type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The file that would be made."""

    file_type: str
    architecture: str
    num_bytes: int
    num_parameters: int
    bits_per_weight: float
    tensors_per_type: dict[str, int]
    roles: tuple[Role, ...]
    source_bytes: int
    memory_bytes: int
    """Peak of the process, estimated."""
    quantize_s: float
    """Seconds of quantising on all cores, from a trial of each type here; reading and writing come on top."""


def estimate(folder: Path, file_type: str, importance: Importance | None = None) -> Estimate:
    """Plan a conversion and say what it would give.

    Args:
        folder: As for `convert.conversion.convert_checkpoint`.
        file_type: A key of `convert.file_types.FILE_TYPE_IDS`.
        importance: As there.

    Raises:
        ModelFileError: The checkpoint cannot be converted.
    """
    checkpoint = open_checkpoint(folder)
    plan = plan_file(checkpoint, file_type, name=model_name(folder), importance=importance)
    layout, threads = plan.layout(), len(os.sched_getaffinity(0))
    return Estimate(
        file_type=file_type,
        architecture=str(plan.metadata["general.architecture"]),
        num_bytes=layout.num_bytes,
        num_parameters=plan.num_parameters,
        bits_per_weight=round(8 * layout.num_bytes / plan.num_parameters, 3),
        tensors_per_type=dict(Counter(kind.name for _, _, kind in plan.tensors)),
        roles=_roles(layout.tensors),
        source_bytes=checkpoint.num_bytes,
        memory_bytes=_BASE_BYTES + len(layout.header) * 8 + threads * SLAB_NUMBERS * _BYTES_PER_NUMBER,
        quantize_s=round(_quantize_s(plan, time.perf_counter) / threads, 1),
    )


def _roles(tensors: tuple[TensorInfo, ...]) -> tuple[Role, ...]:
    groups: dict[str, list[TensorInfo]] = defaultdict(list)
    for each in tensors:
        groups[_role(each.name)].append(each)
    return tuple(
        Role(
            name=name,
            num_tensors=len(group),
            num_parameters=sum(math.prod(each.shape) for each in group),
            num_bytes=sum(each.num_bytes for each in group),
            types=dict(Counter(each.type.name for each in group)),
        )
        for name, group in groups.items()
    )


def _role(name: str) -> str:
    words = name.split(".")
    return ".".join(["blk", "*", *words[2:]]) if words[0] == "blk" else name


def _quantize_s(plan: Plan, clock: Callable[[], float]) -> float:
    """Return the seconds of one core: the numbers of each type at the speed of a trial."""
    numbers: Counter[GgmlType] = Counter()
    for _, shape, kind in plan.tensors:
        numbers[kind] += math.prod(shape)
    rows = np.random.default_rng(0).standard_normal((_TRIAL_NUMBERS >> 10, 1 << 10), np.float32)
    seconds = 0.0
    for kind, total in numbers.items():
        started = clock()
        quantize(rows, kind, "a trial")
        seconds += (clock() - started) * total / rows.size
    return seconds
