"""What the layout of a batch asks of a model's attention."""

from typing import Any

import torch
from torch import Tensor
from transformers import PretrainedConfig

from assistant.errors import ConfigError
from training.objective import tree_attention
from training.objective.batches import TreeBatch

_WITH_MASK = ("sdpa", "eager", tree_attention.NAME)


def attention_inputs(batch: TreeBatch, config: PretrainedConfig, dtype: torch.dtype) -> dict[str, Any]:
    """What the model's forward takes beside the ids.

    A cache is never made: with one, GPTBigCode reads packed rows as a single sequence and says nothing.

    Raises:
        ConfigError: The layout needs a mask, and the attention takes none.
    """
    if batch.tree_RL is None:
        return {"use_cache": False}
    inputs: dict[str, Any] = {"use_cache": False, "position_ids": batch.position_RL}
    attention = config._attn_implementation or "eager"
    if attention in _WITH_MASK:
        allowed = tree_mask(batch)
        inputs["attention_mask"] = _added(allowed, dtype) if attention == "eager" else allowed
        return inputs | ({"tree_sizes": batch.sizes} if attention == tree_attention.NAME else {})
    if "flash" in attention and _is_packed(batch):
        return {**inputs, **_lengths(batch.position_RL[0])}
    raise ConfigError(f"{attention} cannot take the mask of this batch", hint="Use padded batches, or sdpa.")


def tree_mask(batch: TreeBatch) -> Tensor:
    """Who sees whom: what is not later, in the same tree, in the prompt or the own branch. (R, 1, L, L) bool.

    Padding sees padding: a token that saw nothing would be not a number.
    """
    assert batch.tree_RL is not None
    tree, branch = batch.tree_RL, batch.branch_RL
    same = tree[:, :, None] == tree[:, None, :]
    open_to = (branch[:, None, :] == 0) | (branch[:, :, None] == branch[:, None, :])
    return (same & open_to).tril()[:, None]


def _added(allowed: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.zeros_like(allowed, dtype=dtype).masked_fill(~allowed, torch.finfo(dtype).min)


def _is_packed(batch: TreeBatch) -> bool:
    return len(batch.ids_RL) == 1 and bool((batch.branch_RL <= 1).all())


def _lengths(position_L: Tensor) -> dict[str, Any]:
    """Where each sequence of a packed row begins, told outright: GPTBigCode's blocks never see the positions."""
    starts = (position_L == 0).nonzero()[:, 0].tolist()
    bounds = torch.tensor([*starts, len(position_L)], dtype=torch.int32, device=position_L.device)
    longest = int(bounds.diff().max())
    return {"cu_seq_lens_q": bounds, "cu_seq_lens_k": bounds, "max_length_q": longest, "max_length_k": longest}
