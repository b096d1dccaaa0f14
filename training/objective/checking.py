"""Whether a model's attention can be trusted with a layout: asked once, before it is trained with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assistant.errors import ConfigError
from training.objective.batches import TreeBatch
from training.objective.examples import Example
from training.objective.head import matrix_dtype
from training.objective.logprob import causal_lm, response_logprobs

BOUNDS = {torch.float32: 1e-4, torch.bfloat16: 5e-2, torch.float16: 1e-2}
"""Nats per token, mean over an answer. Rounding stays below it; seeing a wrong token does not."""


@torch.no_grad()
def check_attention(model: nn.Module, examples: Sequence[Example], batch: TreeBatch) -> float:
    """Compare a batch with its answers computed one by one, with plain attention and plain logits.

    It has happened that fused attention gave a StarCoder wrong numbers and no error (transformers issue 28889), and
    that packed sequences saw each other.

    Args:
        model: Bare or wrapped, on the batch's device; under autocast if it is to be trained so.
        examples: A few short ones.
        batch: The same, laid out as they are to be trained on.

    Returns:
        The largest difference, in nats per token.

    Raises:
        ConfigError: It is above the bound of the model's dtype, or the layout cannot be computed at all.
    """
    inner, was_training = causal_lm(model), model.training
    model.eval()  # dropout would drown everything
    found_BK = response_logprobs(model, batch).mean_BK
    with _plain_attention(inner):
        expected_BK = _one_by_one(model, examples, batch.present_BK)
    model.train(was_training)
    difference = float((found_BK - expected_BK).abs().max())
    bound = BOUNDS[matrix_dtype(batch.ids_RL.device.type, inner.dtype)]
    if not difference <= bound:
        attention = inner.config._attn_implementation
        raise ConfigError(
            f"{attention} attention is off by {difference:.2g} nats per token; up to {bound:g} would be rounding",
            hint="Train with sdpa or eager, in another layout, or with another version of transformers.",
        )
    return difference


@contextmanager
def _plain_attention(inner: PreTrainedModel) -> Iterator[None]:
    fused = inner.config._attn_implementation or "eager"
    inner.set_attn_implementation("eager")
    try:
        yield
    finally:
        inner.set_attn_implementation(fused)


def _one_by_one(model: nn.Module, examples: Sequence[Example], present_BK: Tensor) -> Tensor:
    mean_BK = torch.zeros_like(present_BK, dtype=torch.float32)
    for b, each in enumerate(examples):
        for k, response in enumerate(each.responses):
            ids = torch.tensor([[*each.prompt, *response]], device=present_BK.device)
            logits = model(input_ids=ids, use_cache=False).logits[0, len(each.prompt) - 1 : -1]
            token = ids[0, len(each.prompt) :, None]
            mean_BK[b, k] = logits.float().log_softmax(-1).gather(1, token).mean()
    return mean_BK
