"""From ranked answers to gradients: what must come out the same, and what is refused."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from transformers import AttentionInterface, GPTBigCodeConfig, GraniteConfig, PreTrainedModel

from assistant.errors import ConfigError
from tests.unit.training.objective.conftest import VOCABULARY, bigcode, example, made
from training.objective.batches import TreeBatch, packed_batch, padded_batch, tree_batch
from training.objective.checking import check_attention
from training.objective.examples import Example, demonstration
from training.objective.logprob import response_logprobs
from training.objective.losses import Reduction, of_answer, rank_loss, sft_loss, target_answers

EXAMPLES = [example(seed, 3 + seed, *lengths) for seed, lengths in enumerate([(4, 9, 2), (7, 3)] * 4)]


def rrtf(model: nn.Module, batch: TreeBatch, reduction: Reduction, *, prompts: int, tokens: int) -> Tensor:
    """The whole objective as a trainer puts it together, of a part of a step."""
    logprobs = response_logprobs(model, batch)
    target = target_answers(batch.is_teacher_BK, "teacher")
    total, num_tokens = of_answer(logprobs.total_BK, target), of_answer(logprobs.num_tokens_BK, target)
    sft = sft_loss(total, num_tokens, reduction, num_prompts=prompts, num_tokens=tokens)
    return rank_loss(logprobs.mean_BK, batch.reward_BK, batch.present_BK, num_prompts=prompts) + sft


def gradient(
    model: PreTrainedModel, examples: list[Example], size: int, reduction: Reduction, layout: Callable = tree_batch
) -> Tensor:
    """Of a step over all examples, in micro-batches of so many."""
    model.zero_grad()
    tokens = sum(len(each.responses[0]) for each in examples)
    for start in range(0, len(examples), size):
        batch = layout(examples[start : start + size], pad_id=0)
        rrtf(model, batch, reduction, prompts=len(examples), tokens=tokens).backward()
    return torch.cat([each.grad.flatten() for each in model.parameters() if each.grad is not None])


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("size", [1, 3])
def test_a_step_is_the_same_however_it_is_cut(model, reduction: Reduction, size: int) -> None:
    """One batch of eight, eight of one, or three, three and two: prompts count alike, and so do tokens."""
    whole = gradient(model, EXAMPLES, 8, reduction)

    assert (gradient(model, EXAMPLES, size, reduction) - whole).abs().max() < 1e-5


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_with_equal_rewards_rrtf_is_fine_tuning(model, reduction: Reduction) -> None:
    """Nothing is ranked: what is left is the loss on the first answers, alone or beside others."""
    tied = [
        Example(
            prompt=each.prompt, responses=each.responses, rewards=(1.0,) * len(each.rewards), is_teacher=each.is_teacher
        )
        for each in EXAMPLES
    ]
    alone = [demonstration(each.prompt, each.responses[0]) for each in EXAMPLES]

    assert (gradient(model, tied, 8, reduction) - gradient(model, alone, 8, reduction)).abs().max() < 1e-5


def test_a_step_in_bfloat16_goes_where_that_of_float32_goes() -> None:
    """Softmax, sums and losses are in float32: what is left is the rounding of the matrices."""
    single, half = made(bigcode()), made(bigcode()).bfloat16()

    one, other = (gradient(each, EXAMPLES, 8, "sum").float() for each in (single, half))

    assert torch.cosine_similarity(one, other, dim=0) > 0.99
    assert response_logprobs(half, tree_batch(EXAMPLES, pad_id=0)).total_BK.dtype == torch.float32


def test_the_forward_of_what_wraps_the_model_is_the_one_that_runs(examples) -> None:
    """What DDP and FSDP2 do happens in there; past it, every process would train alone and say nothing."""

    class Wrapper(nn.Module):
        def __init__(self, module: nn.Module) -> None:
            super().__init__()
            self.module, self.num_calls = module, 0

        def forward(self, **inputs):
            self.num_calls += 1
            return self.module(**inputs)

    bare = made(bigcode())
    wrapped = Wrapper(bare)
    batch = tree_batch(examples, pad_id=0)

    assert torch.equal(response_logprobs(wrapped, batch).total_BK, response_logprobs(bare, batch).total_BK)
    assert wrapped.num_calls == 1


def test_the_model_is_left_as_it_was(model, examples) -> None:
    """Weights are read, and the output projection gives logits again, also when the forward has failed."""
    batch, weights = tree_batch(examples, pad_id=0), {name: each.clone() for name, each in model.state_dict().items()}
    ids = torch.tensor([[1, 2, 3]])
    before = model(ids).logits

    response_logprobs(model, batch).total_BK.sum().backward()
    with pytest.raises(IndexError):
        response_logprobs(model, padded_batch([demonstration((1,), (VOCABULARY,) * 2)], pad_id=0))

    assert torch.equal(model(ids).logits, before)
    assert all(torch.equal(each, weights[name]) for name, each in model.state_dict().items())


def test_a_model_that_scales_its_logits_is_refused(examples) -> None:
    """Granite divides them behind the projection: log-probabilities made before that are not its own."""
    granite = made(
        GraniteConfig(
            vocab_size=VOCABULARY,
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=1,
            num_attention_heads=4,
            logits_scaling=8.0,
        )
    )

    with pytest.raises(ConfigError, match="GraniteForCausalLM or its wrapper changes") as refusal:
        response_logprobs(granite, tree_batch(examples, pad_id=0))
    assert "output_dtype float32" in refusal.value.hint


@pytest.mark.parametrize("layout", [tree_batch, padded_batch, packed_batch], ids=lambda each: each.__name__)
def test_attention_that_is_right_is_trusted(model, examples, layout) -> None:
    """Whatever the layout; and the model trains on with the attention it came with."""
    attention = model.config._attn_implementation

    assert check_attention(model, examples, layout(examples, pad_id=0)) < 1e-5
    assert model.config._attn_implementation == attention
    assert model.training


def test_dropout_is_no_fault_of_the_attention(examples) -> None:
    """It is off while the two are compared."""
    model = made(GPTBigCodeConfig.from_dict({**bigcode().to_dict(), "resid_pdrop": 0.5}))

    assert check_attention(model, examples, tree_batch(examples, pad_id=0)) < 1e-5


def _one_token_off(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **more) -> tuple:
    """Fused attention with a mistake at a border: everybody sees one token too many."""
    repeat = query.shape[1] // key.shape[1]
    key, value = (each.repeat_interleave(repeat, dim=1) for each in (key, value))
    seen = torch.ones(query.shape[2], query.shape[2], dtype=torch.bool).tril(1)
    seen = seen if mask is None else seen & (mask | mask.roll(1, -1))
    attended = nn.functional.scaled_dot_product_attention(query, key, value, seen, scale=more["scaling"])
    return attended.transpose(1, 2), None


def test_attention_that_is_wrong_is_refused(config, examples) -> None:
    """Numbers that are only a little off, and no error: so it has been with StarCoder."""
    AttentionInterface.register("sdpa_off_by_one", _one_token_off)
    model = made(config)
    model.config._attn_implementation = "sdpa_off_by_one"

    with pytest.raises(ConfigError, match="sdpa_off_by_one attention is off by"):
        check_attention(model, examples, padded_batch(examples, pad_id=0))


def test_examples_that_do_not_fit_together_are_refused() -> None:
    """Best first, one reward and one author each, and something to learn."""
    good = {"prompt": (1,), "responses": ((2,), (3,)), "rewards": (2.0, 1.0), "is_teacher": (True, False)}

    wrong = [{"rewards": (1.0, 2.0)}, {"rewards": (1.0,)}, {"prompt": ()}, {"responses": ((2,), ())}]

    assert Example(**good).responses == ((2,), (3,))
    for each in wrong:
        with pytest.raises(ValueError, match=r"must be|have tokens|comes first"):
            Example(**{**good, **each})
