"""The optimizer of every stage: Muon for the matrices inside the blocks, AdamW for the rest, one schedule for both."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

_QUINTIC = (3.4445, -4.7750, 2.0315)
_NEWTON_SCHULZ_STEPS = 5


class StudentOptimizer:
    """Muon and AdamW, stepped, scheduled and saved as one. Gradients are clipped by their common norm."""

    def __init__(
        self,
        model: nn.Module,
        *,
        learning_rate: float,
        matrix_learning_rate: float,
        beta2: float = 0.95,
        max_grad_norm: float = 1.0,
    ) -> None:
        named = list(model.named_parameters())
        self._parameters = [parameter for _, parameter in named]
        matrices = [parameter for name, parameter in named if ".h." in name and parameter.ndim == 2]
        inside = {id(parameter) for parameter in matrices}
        others = [parameter for parameter in self._parameters if id(parameter) not in inside]
        self._peaks = (matrix_learning_rate, learning_rate)
        self._max_grad_norm = max_grad_norm
        self._muon = Muon(matrices)
        self._adamw = torch.optim.AdamW(others, lr=0.0, betas=(0.9, beta2), weight_decay=0.0, fused=True)

    def step(self, factor: float) -> None:
        """Clip, update at `factor` times the peak learning rates, and forget the gradients."""
        torch.nn.utils.clip_grad_norm_(self._parameters, self._max_grad_norm)
        for optimizer, peak in zip((self._muon, self._adamw), self._peaks, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = factor * peak
            optimizer.step()
            optimizer.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """The state of both."""
        return {"muon": self._muon.state_dict(), "adamw": self._adamw.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put the state of both back."""
        self._muon.load_state_dict(state["muon"])
        self._adamw.load_state_dict(state["adamw"])


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised. In float32: `torch.optim.Muon` works in bfloat16, far too slow on CPUs without it.

    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks" (Nesterov momentum 0.95).
    """

    def __init__(self, parameters: Iterable[Tensor], *, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": 0.0, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] - no closures
        """One update of every matrix that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._update(matrix, matrix.grad, group["lr"], group["momentum"])

    def _update(self, matrix: Tensor, gradient: Tensor, rate: float, momentum: float) -> None:
        state = self.state[matrix]
        if not state:
            state["average"] = torch.zeros_like(matrix)
        state["average"].lerp_(gradient, 1 - momentum)
        direction = orthogonalised(gradient.lerp(state["average"], momentum))
        rows, columns = matrix.shape
        matrix.add_(direction, alpha=-rate * math.sqrt(max(1.0, rows / columns)))


def orthogonalised(matrix: Tensor) -> Tensor:
    """The matrix with its singular values brought near 1, by five Newton-Schulz steps. (R, C) float32 to the same."""
    a, b, c = _QUINTIC
    rows, columns = matrix.shape
    x = matrix / (matrix.norm() + 1e-7)
    x = x.T if rows > columns else x
    for _ in range(_NEWTON_SCHULZ_STEPS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if rows > columns else x


def learning_rate_factor(step: int, *, num_steps: int, warmup_steps: int, floor: float = 0.05) -> float:
    """Linear warm-up to 1, then half a cosine down to `floor` at the last step. `step` counts from 0."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    progress = (step - warmup_steps) / max(1, num_steps - 1 - warmup_steps)
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
