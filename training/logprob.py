"""Log-probabilities of responses. Nothing handed in is changed: masks are read, never written."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from transformers import GPTBigCodeForCausalLM

IGNORED = -100

Pair = tuple[Sequence[int], Sequence[int]]
"""(prompt, response) ids; the response ends with end-of-text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseLogprob:
    """Per row of a batch of N pairs, over response tokens alone."""

    total_N: Tensor
    """(N,) float32, nats."""
    num_tokens_N: Tensor
    """(N,) int64."""

    @property
    def mean_N(self) -> Tensor:
        """(N,) float32, nats per response token: length-normalised, so that answers of all lengths compare."""
        return self.total_N / self.num_tokens_N


def padded(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Rows padded on the right: ids (N, L) and labels (N, L) int64, labels -100 on prompts and padding.

    On the right, causal attention keeps padding out of every real position, so no attention mask is needed.
    """
    length = max(len(prompt) + len(response) for prompt, response in pairs)
    ids_NL = torch.zeros(len(pairs), length, dtype=torch.int64)
    label_NL = torch.full((len(pairs), length), IGNORED)
    for row, (prompt, response) in enumerate(pairs):
        end = len(prompt) + len(response)
        ids_NL[row, :end] = torch.tensor([*prompt, *response])
        label_NL[row, len(prompt) : end] = torch.tensor(response)
    return ids_NL, label_NL


def response_logprob(model: GPTBigCodeForCausalLM, pairs: Sequence[Pair]) -> ResponseLogprob:
    """Log-probability of every response given its prompt. Logits are made at response positions alone.

    Source: PanGu-Coder2 (arXiv:2307.14936), the p_i of step 3. (RRHF's published code divides by the padded length:
    it overwrites the labels it later counts.)
    """
    ids_NL, label_NL = padded(pairs)
    hidden_NLD = model.transformer(input_ids=ids_NL[:, :-1]).last_hidden_state
    target_NL = label_NL[:, 1:]
    asked_NL = target_NL != IGNORED
    nats_T = functional.cross_entropy(model.lm_head(hidden_NLD[asked_NL]), target_NL[asked_NL], reduction="none")
    rows_T = asked_NL.nonzero()[:, 0]
    total_N = torch.zeros(len(pairs)).index_add(0, rows_T, -nats_T)
    return ResponseLogprob(total_N=total_N, num_tokens_N=asked_NL.sum(1))
