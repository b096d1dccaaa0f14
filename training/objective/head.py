"""Log-probabilities of tokens from hidden states, a chunk at a time: never (tokens, vocabulary) at once.

The backward pass makes the logits of a chunk again, turns them in place into their gradient and adds it up. Chunks
whose gradient is nought are left out: the hinge of the rank loss asks nothing of an answer that already stands right.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

CHUNK_TOKENS = 256
"""Times 49,152 token ids in float32: 50 MB."""


def token_logprobs(
    project: Callable[[Tensor], Tensor],
    hidden_ND: Tensor,
    token_N: Tensor,
    chunk_tokens: int = CHUNK_TOKENS,
) -> Tensor:
    """Log-probability of each token under the logits of an output projection.

    Args:
        project: The forward of the output projection; another than `nn.Linear`'s (an adapter, quantised weights) is
            called as it is, and its gradients are autograd's.
        hidden_ND: (N, D), any float dtype.
        token_N: (N,) int64.
        chunk_tokens: How many tokens' logits exist at a time.

    Returns:
        (N,) float32, nats. The softmax is in float32 whatever the dtype of the matrices.
    """
    if getattr(project, "__func__", None) is nn.Linear.forward:
        linear = project.__self__
        dtype = _matrix_dtype(hidden_ND)
        weight, bias = linear.weight, linear.bias
        return _LinearLogprobs.apply(
            hidden_ND.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype), token_N, chunk_tokens
        )
    parts = zip(hidden_ND.split(chunk_tokens), token_N.split(chunk_tokens), strict=True)
    return torch.cat([checkpoint(_plain_logprobs, project, *part, use_reentrant=False) for part in parts])


def _matrix_dtype(hidden: Tensor) -> torch.dtype:
    kind = hidden.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype


def _plain_logprobs(project: Callable[[Tensor], Tensor], hidden_ND: Tensor, token_N: Tensor) -> Tensor:
    return -functional.cross_entropy(project(hidden_ND).float(), token_N, reduction="none")


class _LinearLogprobs(torch.autograd.Function):
    """log softmax(W h + b)[token], with gradients for h, W and b, summed in float32."""

    @staticmethod
    def forward(ctx, hidden_ND, weight_VD, bias_V, token_N, chunk_tokens):
        ctx.save_for_backward(hidden_ND, weight_VD, bias_V, token_N)
        ctx.chunk_tokens = chunk_tokens
        parts = zip(hidden_ND.split(chunk_tokens), token_N.split(chunk_tokens), strict=True)
        done = [_chunk(hidden, weight_VD, bias_V, token) for hidden, token in parts]
        ctx.normalizer_N = torch.cat([normalizer for _, normalizer in done])
        return torch.cat([logprob for logprob, _ in done])

    @staticmethod
    def backward(ctx, grad_N):
        hidden_ND, weight_VD, bias_V, token_N = ctx.saved_tensors
        asked = grad_N.nonzero()[:, 0]
        grad_hidden_ND = torch.zeros_like(hidden_ND)
        grad_weight_VD = torch.zeros_like(weight_VD, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        grad_bias_V = None if bias_V is None else torch.zeros_like(bias_V, dtype=torch.float32)
        for rows in asked.split(ctx.chunk_tokens):
            hidden = hidden_ND[rows]
            logits = functional.linear(hidden, weight_VD, bias_V).float()
            # d logprob / d logits = one-hot - softmax
            grad = logits.sub_(ctx.normalizer_N[rows, None]).exp_().mul_(-grad_N[rows, None])
            grad[torch.arange(len(rows), device=rows.device), token_N[rows]] += grad_N[rows]
            if grad_bias_V is not None:
                grad_bias_V += grad.sum(0)
            grad = grad.to(weight_VD.dtype)
            grad_hidden_ND[rows] = grad @ weight_VD
            if grad_weight_VD is not None:
                _add_product(grad_weight_VD, grad.T, hidden)
        grad_weight = None if grad_weight_VD is None else grad_weight_VD.to(weight_VD.dtype)
        return grad_hidden_ND, grad_weight, None if grad_bias_V is None else grad_bias_V.to(bias_V.dtype), None, None


def _chunk(hidden: Tensor, weight: Tensor, bias: Tensor | None, token: Tensor) -> tuple[Tensor, Tensor]:
    logits = functional.linear(hidden, weight, bias).float()
    normalizer = logits.logsumexp(1)
    return logits.gather(1, token[:, None])[:, 0] - normalizer, normalizer


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    if total.dtype == right.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
