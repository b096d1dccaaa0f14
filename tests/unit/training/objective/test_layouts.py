"""One prompt's answers computed as a tree, in padded rows, in one row, one by one: the same numbers."""

import random

import pytest
import torch
from torch import nn
from transformers import (
    AutoModelForCausalLM,
    GPTBigCodeConfig,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
)

from training.objective.batches import TreeBatch, packed_batch, padded_batch, tree_batch
from training.objective.examples import Example
from training.objective.logprob import response_logprobs

VOCABULARY = 61
BOUND = 1e-5


def bigcode() -> PretrainedConfig:
    return GPTBigCodeConfig(
        vocab_size=VOCABULARY, n_positions=64, n_embd=32, n_layer=2, n_head=4, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
    )


def llama() -> PretrainedConfig:
    return LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )


def qwen2() -> PretrainedConfig:
    return Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
    )


@pytest.fixture(params=[bigcode, llama, qwen2], ids=lambda make: make.__name__)
def config(request: pytest.FixtureRequest) -> PretrainedConfig:
    return request.param()


@pytest.fixture(params=["eager", "sdpa"])
def model(request: pytest.FixtureRequest, config: PretrainedConfig) -> PreTrainedModel:
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(config, attn_implementation=request.param).train()


def example(seed: int, prompt: int, *lengths: int) -> Example:
    """Of so many tokens; rewards fall, the first answer is a teacher's."""
    rng = random.Random(seed)
    return Example(
        prompt=tuple(rng.choices(range(1, VOCABULARY), k=prompt)),
        responses=tuple(tuple(rng.choices(range(1, VOCABULARY), k=length)) for length in lengths),
        rewards=tuple(float(len(lengths) - k) for k in range(len(lengths))),
        is_teacher=tuple(k == 0 for k in range(len(lengths))),
    )


EXAMPLES = [example(0, 9, 5, 12, 1), example(1, 3, 7), example(2, 1, 2, 8, 4, 4), example(3, 14, 3, 3)]


def scored(model: PreTrainedModel, batch: TreeBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """(totals, gradients) of a weighted sum of the totals, so that every answer pulls at the weights by its own."""
    model.zero_grad()
    logprobs = response_logprobs(model, batch, max_logits=700)
    weights = torch.linspace(0.1, 1.0, logprobs.total_BK.shape[1])
    (logprobs.mean_BK * weights).sum().backward()
    return logprobs.total_BK.detach(), gradient(model)


def gradient(model: nn.Module) -> torch.Tensor:
    return torch.cat([each.grad.flatten() for each in model.parameters() if each.grad is not None])


def one_by_one(model: PreTrainedModel) -> tuple[torch.Tensor, torch.Tensor]:
    """An independent oracle: each answer alone, plain forward, full log-softmax, autograd."""
    model.zero_grad()
    totals = torch.zeros(len(EXAMPLES), 4)
    for b, each in enumerate(EXAMPLES):
        for k, response in enumerate(each.responses):
            logits = model(input_ids=torch.tensor([[*each.prompt, *response]]), use_cache=False).logits[0]
            behind = logits.log_softmax(-1)[len(each.prompt) - 1 : -1]
            total = sum(behind[t, token] for t, token in enumerate(response))
            (total / len(response) * torch.linspace(0.1, 1.0, 4)[k]).backward()
            totals[b, k] = total.item()
    return totals, gradient(model)


@pytest.mark.parametrize("layout", [tree_batch, padded_batch, packed_batch], ids=lambda each: each.__name__)
def test_every_layout_gives_what_one_by_one_gives(model: PreTrainedModel, layout) -> None:
    """Log-probabilities and gradients of three kinds of model, with plain and with fused attention."""
    expected, expected_gradient = one_by_one(model)

    totals, found_gradient = scored(model, layout(EXAMPLES, pad_id=0))

    assert (totals - expected).abs().max() < BOUND
    assert (found_gradient - expected_gradient).abs().max() < BOUND
