"""What a batch's layout asks of a model's attention, and whether its attention can be trusted with that."""

from typing import Any

import torch
from torch import Tensor
from transformers import PretrainedConfig

from assistant.errors import ConfigError
from training.objective.batches import TreeBatch

_WITH_MASK = ("eager", "sdpa")


def attention_inputs(batch: TreeBatch, config: PretrainedConfig, dtype: torch.dtype) -> dict[str, Any]:
    """What the model's forward takes beside the ids.

    A cache is never made: with one, GPTBigCode reads packed rows as a single sequence and says nothing.

    Raises:
        ConfigError: The layout needs a mask that the attention cannot take.
    """
    inputs: dict[str, Any] = {"position_ids": batch.position_RL, "use_cache": False}
    if batch.tree_RL is None:
        return inputs
    attention = config._attn_implementation
    if attention in _WITH_MASK:
        allowed = tree_mask(batch)
        return {**inputs, "attention_mask": allowed if attention == "sdpa" else _added(allowed, dtype)}
    raise ConfigError(f"{attention} cannot take the mask of this batch", hint="Use padded batches, or sdpa.")


def tree_mask(batch: TreeBatch) -> Tensor:
    """Who sees whom: causal, in the same tree, the prompt and the own branch. (R, 1, L, L) bool.

    Padding sees padding: a token that saw nothing would be not a number.
    """
    assert batch.tree_RL is not None
    tree, branch = batch.tree_RL, batch.branch_RL
    same = tree[:, :, None] == tree[:, None, :]
    open_to = (branch[:, None, :] == 0) | (branch[:, :, None] == branch[:, None, :])
    return (same & open_to).tril()[:, None]


def _added(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.zeros_like(allowed, dtype=dtype).masked_fill(~allowed, torch.finfo(dtype).min)
