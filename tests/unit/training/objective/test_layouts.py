"""One prompt's answers computed as a tree, in padded rows, in one row, one by one: the same numbers."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

from assistant.errors import ConfigError
from tests.unit.training.objective.conftest import bigcode, example, made
from training.objective.attention import tree_mask
from training.objective.batches import TreeBatch, packed_batch, padded_batch, tree_batch
from training.objective.examples import Example
from training.objective.logprob import response_logprobs
from training.objective.tree_attention import tree_sdpa

BOUND = 1e-5
LAYOUTS = [tree_batch, padded_batch, packed_batch]
Layout = Callable[..., TreeBatch]
every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda each: each.__name__)


def scored(model: PreTrainedModel, batch: TreeBatch) -> tuple[Tensor, Tensor]:
    """(totals, gradients), where every answer pulls at the weights with a strength of its own."""
    model.zero_grad()
    logprobs = response_logprobs(model, batch, max_logits=700)
    (logprobs.mean_BK * strength(*logprobs.mean_BK.shape)).sum().backward()
    return logprobs.total_BK.detach(), gradient(model)


def strength(num_prompts: int, num_answers: int) -> Tensor:
    return torch.linspace(-1.0, 1.0, num_prompts)[:, None] + torch.linspace(0.1, 1.0, num_answers)


def gradient(model: nn.Module) -> Tensor:
    return torch.cat([each.grad.flatten() for each in model.parameters() if each.grad is not None])


def one_by_one(model: PreTrainedModel, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    """An oracle: each answer alone, the plain forward, the whole log-softmax, autograd."""
    model.zero_grad()
    totals = torch.zeros(len(examples), max(len(each.responses) for each in examples))
    for b, each in enumerate(examples):
        for k, response in enumerate(each.responses):
            logits = model(input_ids=torch.tensor([[*each.prompt, *response]]), use_cache=False).logits[0]
            behind = logits.log_softmax(-1)[len(each.prompt) - 1 : -1]
            total = sum(behind[t, token] for t, token in enumerate(response))
            (total / len(response) * strength(*totals.shape)[b, k]).backward()
            totals[b, k] = total.item()
    return totals, gradient(model)


@every_layout
def test_every_layout_gives_what_one_by_one_gives(model, examples, layout: Layout) -> None:
    """Log-probabilities and gradients, of three kinds of model, with plain and with fused attention."""
    expected, expected_gradient = one_by_one(model, examples)

    totals, found_gradient = scored(model, layout(examples, pad_id=0))

    assert (totals - expected).abs().max() < BOUND
    assert (found_gradient - expected_gradient).abs().max() < BOUND


@every_layout
@settings(max_examples=15, deadline=None)
@given(lengths=st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=5), min_size=1, max_size=4))
def test_no_lengths_are_special(layout: Layout, lengths: list[list[int]]) -> None:
    """Any number of answers of any lengths, behind prompts of any length."""
    model, examples = made(bigcode()), [example(n, 1 + 3 * n, *each) for n, each in enumerate(lengths)]

    totals, _ = scored(model, layout(examples, pad_id=0))

    assert (totals - one_by_one(model, examples)[0]).abs().max() < BOUND


@every_layout
def test_what_padding_is_made_of_changes_nothing(model, examples, layout: Layout) -> None:
    """No real token sees padding, and no padding is counted."""
    zeros, others = (scored(model, layout(examples, pad_id=pad)) for pad in (0, 17))

    assert torch.equal(zeros[0], others[0])
    assert torch.equal(zeros[1], others[1])


@every_layout
def test_an_answer_is_worth_the_same_beside_a_longer_one(model, layout: Layout) -> None:
    """Padding is not counted among its tokens."""
    short, long = example(0, 4, 3, 2), example(1, 20, 15, 12)

    alone = response_logprobs(model, layout([short], pad_id=0)).mean_BK
    beside = response_logprobs(model, layout([short, long], pad_id=0)).mean_BK

    assert (beside[:1] - alone).abs().max() < BOUND


@every_layout
def test_the_order_of_the_batch_changes_nothing(model, examples, layout: Layout) -> None:
    """Nobody sees their neighbours."""
    order = random.Random(0).sample(range(len(examples)), len(examples))

    straight = response_logprobs(model, layout(examples, pad_id=0)).total_BK
    shuffled = response_logprobs(model, layout([examples[n] for n in order], pad_id=0)).total_BK

    assert (shuffled - straight[order]).abs().max() < BOUND


@every_layout
def test_a_cache_that_the_configuration_asks_for_is_not_made(examples, layout: Layout) -> None:
    """With one, GPTBigCode lets the answers of a packed row see each other, and says nothing."""
    cached, plain = (made(bigcode(use_cache=use_cache)) for use_cache in (True, False))

    totals, _ = scored(cached, layout(examples, pad_id=0))

    assert (totals - one_by_one(plain, examples)[0]).abs().max() < BOUND


@every_layout
def test_layers_that_are_computed_again_see_the_same(model, examples, layout: Layout) -> None:
    """Gradient checkpointing calls them backwards, after the forward has ended."""
    kept = scored(model, layout(examples, pad_id=0))

    model.activation_checkpointing_enable()
    again = scored(model, layout(examples, pad_id=0))

    assert torch.equal(again[0], kept[0])
    assert (again[1] - kept[1]).abs().max() < BOUND


def test_a_tree_is_computed_branch_by_branch() -> None:
    """Without the pairs that its mask forbids: the mask is there for models that do not hand the sizes on."""
    batch = tree_batch([example(0, 3, 2, 5), example(1, 2, 1)], pad_id=0)
    query, key = torch.randn(2, 4, 10, 8), torch.randn(2, 2, 10, 8)
    layer = nn.Module()
    layer.num_key_value_groups, layer.is_causal = 2, True

    masked, _ = tree_sdpa(layer, query, key, key, tree_mask(batch))
    branches, _ = tree_sdpa(layer, query, key, key, None, tree_sizes=batch.sizes)

    assert batch.sizes == ((3, 2, 5), (2, 1))
    assert (branches - masked)[batch.branch_RL >= 0].abs().max() < 1e-6
    assert not branches[batch.branch_RL < 0].any()


def test_a_tree_holds_its_prompt_once(examples) -> None:
    """9 + 5 + 12 + 1 tokens, where padded rows of the same answers take 3 x 21."""
    assert tree_batch(examples[:1], pad_id=0).ids_RL.shape == (1, 27)
    assert padded_batch(examples[:1], pad_id=0).ids_RL.shape == (3, 21)
    assert packed_batch(examples[:1], pad_id=0).ids_RL.shape == (1, 45)


def test_in_a_tree_an_answer_sees_the_prompt_and_itself() -> None:
    """A prompt of two and answers of two and one, written out."""
    seen = tree_mask(tree_batch([example(0, 2, 2, 1)], pad_id=0))[0, 0].int().tolist()

    assert seen == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 0, 0, 1],
    ]


def test_a_prompt_with_one_answer_needs_no_mask() -> None:
    """Causal attention is right as it is, and fast."""
    assert tree_batch([example(0, 4, 3), example(1, 2, 5)], pad_id=0).tree_RL is None


def test_a_batch_moves_whole(examples) -> None:
    """Every tensor of it; what is not there stays so."""
    there = padded_batch(examples, pad_id=0).to("meta")

    assert there.tree_RL is None
    assert {each.device.type for each in (there.ids_RL, there.reward_BK, there.answer_N)} == {"meta"}


def _by_lengths(module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: None, **more: Any) -> tuple:
    """What FlashAttention computes on sequences of varying lengths, by hand; without lengths it is causal."""
    assert mask is None
    repeat = query.shape[1] // key.shape[1]
    key, value = (each.repeat_interleave(repeat, dim=1) for each in (key, value))
    bounds = more["cu_seq_lens_q"].tolist() if "cu_seq_lens_q" in more else [0, query.shape[2]]
    parts = [
        nn.functional.scaled_dot_product_attention(
            *(each[:, :, start:stop] for each in (query, key, value)), is_causal=True, scale=more["scaling"]
        )
        for start, stop in pairwise(bounds)
    ]
    return torch.cat(parts, dim=2).transpose(1, 2), None


@pytest.fixture
def by_lengths(config) -> PreTrainedModel:
    AttentionInterface.register("flash_by_hand", _by_lengths)
    AttentionMaskInterface.register("flash_by_hand", lambda *_, **__: None)
    model = made(config)
    model.config._attn_implementation = "flash_by_hand"  # set otherwise, it would be looked for on the hub
    return model


@pytest.mark.parametrize("layout", [padded_batch, packed_batch], ids=lambda each: each.__name__)
def test_flash_attention_is_told_where_packed_sequences_begin(by_lengths, examples, layout: Layout) -> None:
    """Outright: GPTBigCode's blocks never see the positions from which others would work it out."""
    totals, _ = scored(by_lengths, layout(examples, pad_id=0))

    by_lengths.config._attn_implementation = "eager"
    assert (totals - one_by_one(by_lengths, examples)[0]).abs().max() < BOUND


def test_flash_attention_refuses_a_tree(by_lengths, examples) -> None:
    """It takes no mask; to leave the mask away would let answers see each other."""
    with pytest.raises(ConfigError, match="flash_by_hand cannot take the mask"):
        response_logprobs(by_lengths, tree_batch(examples, pad_id=0))


@pytest.mark.parametrize("layout", [tree_batch, packed_batch], ids=lambda each: each.__name__)
def test_attention_that_is_not_known_refuses_what_needs_a_mask(examples, layout: Layout) -> None:
    """Packing is exact, or it is not done."""
    model = made(bigcode())
    model.config._attn_implementation = "flex_attention"

    with pytest.raises(ConfigError, match="flex_attention cannot take"):
        response_logprobs(model, layout(examples, pad_id=0))
