"""Snapshots of a training run: everything that must be put back so that it goes on as if it had never stopped."""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from training.atomic import write_file
from training.blocks import StreamPosition
from training.optimizer import StudentOptimizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of a run after `step` optimizer steps."""

    step: int
    position: StreamPosition
    model: dict[str, Tensor]
    optimizer: dict[str, object]
    rng: Tensor


def save_snapshot(
    path: Path, *, step: int, position: StreamPosition, model: nn.Module, optimizer: StudentOptimizer
) -> None:
    """Write a snapshot in one step."""
    state = {
        "step": step,
        "position": asdict(position),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
    }
    write_file(path, lambda beside: torch.save(state, beside))


def read_snapshot(path: Path) -> Snapshot | None:
    """The snapshot at `path`, or None where none was written. Only tensors and plain values are unpickled."""
    if not path.exists():
        return None
    state = torch.load(path, weights_only=True)
    position = state.pop("position")
    leftover = tuple(position.pop("leftover"))
    return Snapshot(position=StreamPosition(**position, leftover=leftover), **state)
