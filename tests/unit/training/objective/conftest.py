"""Three kinds of model, small enough for a test, and answers of all lengths."""

import random

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GPTBigCodeConfig,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
)

from training.objective.examples import Example

VOCABULARY = 61
_LLAMA = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "bos_token_id": 0,
    "eos_token_id": 0,
}


def bigcode(**more: object) -> PretrainedConfig:
    """Multi-query attention, learned positions, tied embeddings, biases; no dropout."""
    shape = {"vocab_size": VOCABULARY, "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 4}
    silent = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "bos_token_id": 0, "eos_token_id": 0}
    return GPTBigCodeConfig(**shape, **silent, **more)


def llama() -> PretrainedConfig:
    """Grouped queries, rotary positions, an output projection of its own."""
    return LlamaConfig(**_LLAMA)


def qwen2() -> PretrainedConfig:
    """The same with biases and tied embeddings."""
    return Qwen2Config(**_LLAMA, tie_word_embeddings=True)


def made(config: PretrainedConfig, attention: str = "sdpa") -> PreTrainedModel:
    """The model of a configuration, always with the same weights."""
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(config, attn_implementation=attention).train()


@pytest.fixture(params=[bigcode, llama, qwen2], ids=lambda make: make.__name__)
def config(request: pytest.FixtureRequest) -> PretrainedConfig:
    """Of each kind."""
    return request.param()


@pytest.fixture(params=["eager", "sdpa", "tree_sdpa"])
def model(request: pytest.FixtureRequest, config: PretrainedConfig) -> PreTrainedModel:
    """Each kind with plain attention, with fused, and with ours."""
    return made(config, request.param)


def example(seed: int, num_prompt_tokens: int, *lengths: int) -> Example:
    """Random tokens; the rewards fall, and the first answer is a teacher's."""
    rng = random.Random(seed)
    return Example(
        prompt=tuple(rng.choices(range(1, VOCABULARY), k=num_prompt_tokens)),
        responses=tuple(tuple(rng.choices(range(1, VOCABULARY), k=length)) for length in lengths),
        rewards=tuple(float(len(lengths) - k) for k in range(len(lengths))),
        is_teacher=tuple(k == 0 for k in range(len(lengths))),
    )


@pytest.fixture
def examples() -> list[Example]:
    """Up to four answers, of one token and of twelve, behind prompts of one token and of fourteen."""
    return [example(0, 9, 5, 12, 1), example(1, 3, 7), example(2, 1, 2, 8, 4, 4), example(3, 14, 3, 3)]
