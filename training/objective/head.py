"""Log-probabilities of tokens from hidden states, over a slice of the vocabulary at a time.

The logits of all tokens over all of the vocabulary never exist. The first pass goes through the slices with a running
maximum and a running sum; the second makes each slice again, turns it in place into the gradient of its logits, and
multiplies it out: a slice of the weights gets its gradient once and whole, and only (tokens, width) numbers are added
up from slice to slice. Tokens with no gradient are left out of it: the hinge of the rank loss asks nothing of an answer
that already stands right.

The running sum is that of Milakov and Gimelshein 2018 (arXiv:1805.02867), algorithm 3.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

MAX_LOGITS = 1 << 22
"""Logits that exist at a time: 16 MB in float32."""


def token_logprobs(
    project: Callable[[Tensor], Tensor], hidden_ND: Tensor, token_N: Tensor, max_logits: int = MAX_LOGITS
) -> Tensor:
    """Log-probability of each token under the logits of an output projection.

    Args:
        project: The forward of the output projection; another than `nn.Linear`'s (an adapter, quantised weights) is
            called as it is, on a few tokens at a time, and its gradients are autograd's.
        hidden_ND: (N, D), any float dtype.
        token_N: (N,) int64.
        max_logits: How many logits exist at a time.

    Returns:
        (N,) float32, nats. The softmax is in float32 whatever the dtype of the matrices.
    """
    linear = getattr(project, "__self__", None)
    if isinstance(linear, nn.Linear) and type(linear).forward is nn.Linear.forward:
        dtype = matrix_dtype(hidden_ND.device.type, hidden_ND.dtype)
        bias = None if linear.bias is None else linear.bias.to(dtype)
        return _LinearLogprobs.apply(hidden_ND.to(dtype), linear.weight.to(dtype), bias, token_N, max_logits)
    return _checkpointed(project, hidden_ND, token_N, max_logits)


def matrix_dtype(device_type: str, dtype: torch.dtype) -> torch.dtype:
    """In what the matrices of a model are multiplied whose numbers are of this dtype: autocast may have its way."""
    return torch.get_autocast_dtype(device_type) if torch.is_autocast_enabled(device_type) else dtype


def _checkpointed(project: Callable[[Tensor], Tensor], hidden_ND: Tensor, token_N: Tensor, max_logits: int) -> Tensor:
    with torch.no_grad():
        num_ids = project(hidden_ND[:1]).shape[-1]
    num_tokens = max(1, max_logits // num_ids)
    parts = zip(hidden_ND.split(num_tokens), token_N.split(num_tokens), strict=True)
    return torch.cat([checkpoint(_plain, project, *part, use_reentrant=False) for part in parts])


def _plain(project: Callable[[Tensor], Tensor], hidden_ND: Tensor, token_N: Tensor) -> Tensor:
    return -functional.cross_entropy(project(hidden_ND).float(), token_N, reduction="none")


class _Slice(NamedTuple):
    """Ids from `start` to `stop`, their logits, and where in them the tokens are that were asked for."""

    start: int
    stop: int
    logits: Tensor
    """(N, S) float32, in memory that the next slice takes over."""
    column: Tensor
    """(N, 1) int64; meaningless where `is_inside` is False."""
    is_inside: Tensor
    """(N, 1) bool."""


def _slices(hidden: Tensor, weight: Tensor, bias: Tensor | None, token: Tensor, max_logits: int) -> Iterator[_Slice]:
    num_ids = len(weight)
    width = max(1, min(num_ids, max_logits // max(1, len(hidden))))
    memory = hidden.new_empty(len(hidden) * width)
    for start in range(0, num_ids, width):
        stop = min(start + width, num_ids)
        logits = memory[: len(hidden) * (stop - start)].view(len(hidden), stop - start)
        torch.mm(hidden, weight[start:stop].T, out=logits)
        if bias is not None:
            logits += bias[start:stop]
        at = token[:, None] - start
        yield _Slice(start, stop, logits.float(), at.clamp(0, stop - start - 1), (at >= 0) & (at < stop - start))


class _LinearLogprobs(torch.autograd.Function):
    """log softmax(h W' + b)[token], with gradients for h, W and b."""

    @staticmethod
    def forward(
        ctx: Any, hidden_ND: Tensor, weight_VD: Tensor, bias_V: Tensor | None, token_N: Tensor, max_logits: int
    ) -> Tensor:
        asked = hidden_ND.new_zeros(len(token_N), 1, dtype=torch.float32)
        highest, total = torch.full_like(asked, -torch.inf), torch.zeros_like(asked)
        for part in _slices(hidden_ND, weight_VD, bias_V, token_N, max_logits):
            asked = torch.where(part.is_inside, part.logits.gather(1, part.column), asked)
            higher = torch.maximum(highest, part.logits.amax(1, keepdim=True))
            total = total * (highest - higher).exp() + part.logits.sub_(higher).exp_().sum(1, keepdim=True)
            highest = higher
        ctx.save_for_backward(hidden_ND, weight_VD, bias_V, token_N, highest, total)
        ctx.max_logits = max_logits
        return (asked - highest - total.log())[:, 0]

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None, None, None]:
        hidden_ND, weight_VD, bias_V, token_N, highest_N1, total_N1 = ctx.saved_tensors
        rows = grad_outputs[0].nonzero()[:, 0]
        hidden, token, highest, total = (each[rows] for each in (hidden_ND, token_N, highest_N1, total_N1))
        pull = grad_outputs[0][rows, None]
        grad_hidden = torch.zeros_like(hidden, dtype=torch.float32)
        grad_weight = torch.empty_like(weight_VD) if ctx.needs_input_grad[1] else None
        grad_bias = None if bias_V is None else torch.empty_like(bias_V)
        for part in _slices(hidden, weight_VD, bias_V, token, ctx.max_logits):
            # The derivative of a log-probability by the logits: 1 at the token, minus the softmax.
            grad = part.logits.sub_(highest).exp_().mul_(-pull / total)
            grad.scatter_add_(1, part.column, torch.where(part.is_inside, pull, 0.0))
            if grad_bias is not None:
                grad_bias[part.start : part.stop] = grad.sum(0)
            grad = grad.to(weight_VD.dtype)
            _add_product(grad_hidden, grad, weight_VD[part.start : part.stop])
            if grad_weight is not None:
                torch.mm(grad.T, hidden, out=grad_weight[part.start : part.stop])
        whole = torch.zeros_like(hidden_ND).index_copy_(0, rows, grad_hidden.to(hidden_ND.dtype))
        return whole, grad_weight, grad_bias, None, None


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add left @ right to a float32 total."""
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
