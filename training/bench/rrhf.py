"""The training step of RRHF's published recipe, its algorithm written anew: what ours is measured against.

Source: Yuan et al. 2023 (arXiv:2304.05302) and its code (GanjinZero/RRHF at e1a2b61, train.py). Kept as they are there,
because they cost time and memory, or change what is learned:

- every candidate is a row with the prompt in it, padded to the longest;
- log-probabilities of every position over the whole vocabulary in float32, and a copy of them;
- the labels are overwritten before they are counted, so that every score is divided by the padded length and not by
  the answer's own (its issue 37);
- the fine-tuning loss is a mean over the padded length as well (its issue 51).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from training.objective.examples import Example

_IGNORED = -100


class Rows(NamedTuple):
    """One query with its K candidates."""

    ids_KL: Tensor
    """(K, L) int64, prompt and candidate, padded on the right."""
    labels_KL: Tensor
    """(K, L) int64: the next token where it is a candidate's, else -100."""
    is_token_KL: Tensor
    """(K, L) bool, False on padding."""
    scores_K: Tensor
    """(K,) float32."""


def padded_rows(example: Example, *, pad_id: int) -> Rows:
    """A row for each candidate."""
    longest = len(example.prompt) + max(len(each) for each in example.responses) - 1
    ids = torch.full((len(example.responses), longest), pad_id)
    labels = torch.full_like(ids, _IGNORED)
    is_token = torch.zeros_like(ids, dtype=torch.bool)
    for row, response in enumerate(example.responses):
        tokens = torch.tensor([*example.prompt, *response])
        ids[row, : len(tokens) - 1] = tokens[:-1]
        labels[row, len(example.prompt) - 1 : len(tokens) - 1] = tokens[len(example.prompt) :]
        is_token[row, : len(tokens) - 1] = True
    return Rows(ids, labels, is_token, torch.tensor(example.rewards))


def rrhf_loss(model: PreTrainedModel, rows: Rows) -> Tensor:
    """Rank loss over all pairs, unweighted and summed, plus the loss on the best candidate. Overwrites the labels.

    Returns:
        () float32.
    """
    logits_KLV = model(input_ids=rows.ids_KL, attention_mask=rows.is_token_KL, use_cache=False).logits
    asked_KL = asked_logprobs(logits_KLV.float().log_softmax(-1), rows.labels_KL)
    p_K = scores(asked_KL, rows.labels_KL)
    shortfall_KK = p_K[None, :] - p_K[:, None]
    is_pair_KK = rows.scores_K[:, None] > rows.scores_K[None, :]
    best = int(rows.scores_K.argmax())
    return shortfall_KK[is_pair_KK & (shortfall_KK > 0)].sum() - asked_KL[best].mean()


def asked_logprobs(logprob_KLV: Tensor, labels_KL: Tensor) -> Tensor:
    """(K, L) float32: of each label, 0 where there is none. The defect is here: labels that say "none" become id 0."""
    is_asked_KL = (labels_KL != _IGNORED).float()
    copy_KLV = logprob_KLV.clone()
    labels_KL[labels_KL == _IGNORED] = 0
    return copy_KLV.gather(-1, labels_KL[:, :, None])[:, :, 0] * is_asked_KL


def scores(asked_KL: Tensor, labels_KL: Tensor) -> Tensor:
    """(K,) float32: the sum divided by the number of labels that do not say "none", which by now is all of them."""
    return asked_KL.sum(-1) / (labels_KL != _IGNORED).float().sum(-1)
