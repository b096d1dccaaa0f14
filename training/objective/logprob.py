"""Log-probabilities of responses. Nothing handed in is changed: masks are read, never written."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assistant.errors import ConfigError
from training.objective.attention import attention_inputs
from training.objective.batches import TreeBatch
from training.objective.head import MAX_LOGITS, token_logprobs
from training.objective.losses import mean_logprob


class ResponseLogprobs(NamedTuple):
    """Of B prompts with up to K answers, over response tokens alone."""

    total_BK: Tensor
    """(B, K) float32, nats; 0 where there is no answer."""
    num_tokens_BK: Tensor
    """(B, K) int64."""
    present_BK: Tensor
    """(B, K) bool."""

    @property
    def mean_BK(self) -> Tensor:
        """(B, K) float32, nats per response token."""
        return mean_logprob(self.total_BK, self.num_tokens_BK)


def response_logprobs(model: nn.Module, batch: TreeBatch, *, max_logits: int = MAX_LOGITS) -> ResponseLogprobs:
    """Log-probability of every response given its prompt.

    The forward that is called is that of `model` as it is handed in, wrapped by whatever (DDP, FSDP2, PEFT, autocast):
    called on the bare model inside, DDP would train every process alone and say nothing. Only the output projection
    does something else for the time of the call: it answers with log-probabilities where it would have with logits.

    Args:
        model: A causal language model of `transformers`, bare or wrapped.
        batch: On the model's device.
        max_logits: How many logits exist at a time.

    Raises:
        ConfigError: The model's attention cannot take this layout, or it changes its logits behind the projection.
    """
    inner = causal_lm(model)
    head = inner.get_output_embeddings()
    assert isinstance(head, nn.Module)
    inputs = attention_inputs(batch, inner.config, inner.dtype)
    with _answering(head, batch, max_logits) as answers:
        logprob_N = model(input_ids=batch.ids_RL, **inputs).logits
    if logprob_N is not answers[0] and not torch.equal(logprob_N, answers[0]):
        raise ConfigError(
            f"{type(inner).__name__} or its wrapper changes what the output projection says",
            hint="Scaled or capped logits cannot be trained on; FSDP2 needs output_dtype float32.",
        )
    total_M = logprob_N.new_zeros(batch.present_BK.numel()).index_add(0, batch.answer_N, logprob_N)
    return ResponseLogprobs(total_M.view_as(batch.present_BK), batch.num_tokens_BK, batch.present_BK)


def causal_lm(model: nn.Module) -> PreTrainedModel:
    """The model of `transformers` inside of its wrappers: the outermost one that has an output projection."""
    for module in model.modules():
        if isinstance(module, PreTrainedModel) and module.get_output_embeddings() is not None:
            return module
    raise ValueError(f"no causal language model in a {type(model).__name__}")


@contextmanager
def _answering(head: nn.Module, batch: TreeBatch, max_logits: int) -> Iterator[list[Tensor]]:
    """Let the output projection give the (N,) log-probabilities of the batch's response tokens; note them in the list.

    Its `forward` is exchanged and not the module, so that hooks around it (FSDP2 gathers weights in them) still run.
    """
    logits_of = head.forward
    own = vars(head).get("forward")
    answers: list[Tensor] = []

    def answer(hidden_RLD: Tensor) -> Tensor:
        hidden_ND = hidden_RLD.flatten(0, 1)[batch.source_N]
        answers.append(token_logprobs(logits_of, hidden_ND, batch.token_N, max_logits))
        return answers[-1]

    head.forward = answer
    try:
        yield answers
    finally:
        del head.forward
        if own is not None:
            head.forward = own
