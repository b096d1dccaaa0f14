"""The losses of RRTF against plain numpy."""

from copy import deepcopy

import numpy as np
import pytest
import torch

from training.logprob import response_logprob
from training.loss import rank_loss, sft_loss
from training.recipe import RrtfRecipe
from training.rrtf import RankedPrompt, losses


def oracle_rank_loss(mean_logprob: list[list[float]], reward: list[list[float]]) -> float:
    """The printed formula, pair by pair."""
    per_prompt = []
    for logprobs, rewards in zip(mean_logprob, reward, strict=True):
        total = 0.0
        for better, r_better in zip(logprobs, rewards, strict=True):
            for worse, r_worse in zip(logprobs, rewards, strict=True):
                if r_better > r_worse:
                    total -= (r_better - r_worse) * min(0.0, better - worse)
        per_prompt.append(total)
    return float(np.mean(per_prompt))


def test_the_rank_loss_is_the_printed_formula() -> None:
    """Reward-gap-weighted hinge over all ordered pairs, mean over prompts."""
    logprob, reward = [[-0.5, -0.2, -1.0], [-0.3, -0.9, -0.1]], [[3.5, 1.0, 0.0], [3.5, 3.0, 2.0]]

    loss = rank_loss(torch.tensor(logprob), torch.tensor(reward), torch.ones(2, 3, dtype=torch.bool))

    assert loss.item() == pytest.approx(oracle_rank_loss(logprob, reward), rel=1e-6)


def test_an_absent_answer_ranks_nowhere() -> None:
    """A padded candidate adds nothing, whatever stands in its place."""
    logprob, reward = torch.tensor([[-0.5, -0.2, 9.0]]), torch.tensor([[3.5, 1.0, -7.0]])

    loss = rank_loss(logprob, reward, torch.tensor([[True, True, False]]))

    assert loss.item() == pytest.approx(oracle_rank_loss([[-0.5, -0.2]], [[3.5, 1.0]]), rel=1e-6)


def test_the_rank_loss_is_zero_when_the_order_is_right() -> None:
    """The hinge has no margin: a ranking that is right is left alone."""
    loss = rank_loss(torch.tensor([[-0.1, -0.2]]), torch.tensor([[2.0, 1.0]]), torch.ones(1, 2, dtype=torch.bool))

    assert loss.item() == 0.0


def test_shapes_that_differ_are_refused() -> None:
    """Broadcasting would hide a mistake."""
    with pytest.raises(ValueError, match="shapes differ"):
        rank_loss(torch.zeros(2, 3), torch.zeros(2, 1), torch.ones(2, 3, dtype=torch.bool))


def test_the_fine_tuning_loss_sums_over_a_response_or_averages_over_tokens() -> None:
    """`sum` is nats per response, `mean` nats per token of the batch."""
    total, tokens = torch.tensor([-10.0, -2.0]), torch.tensor([5, 1])

    assert sft_loss(total, tokens, "sum").item() == pytest.approx(6.0)
    assert sft_loss(total, tokens, "mean").item() == pytest.approx(2.0)


def test_response_logprobs_are_those_of_a_plain_log_softmax(student) -> None:
    """The logits at prompt and padding positions play no part."""
    pair = ((5, 6, 7), (8, 9, 0))

    logprob = response_logprob(student, [pair])

    with torch.no_grad():
        logits = student(input_ids=torch.tensor([[5, 6, 7, 8, 9, 0]])).logits[0].double().numpy()
    log_softmax = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = log_softmax[2, 8] + log_softmax[3, 9] + log_softmax[4, 0]
    assert logprob.total_N.item() == pytest.approx(expected, rel=1e-5)
    assert logprob.mean_N.item() == pytest.approx(expected / 3, rel=1e-5)


def test_padding_does_not_change_the_mean_logprob(student) -> None:
    """An answer scores the same alone as beside a longer one: it is divided by its own length."""
    short, long = ((5, 6), (7, 0)), ((5, 6, 7, 8), tuple(range(10, 40)))

    alone = response_logprob(student, [short]).mean_N
    together = response_logprob(student, [short, long]).mean_N

    assert together[0].item() == pytest.approx(alone[0].item(), rel=1e-5)


def test_the_losses_change_nothing_that_is_handed_in(student) -> None:
    """Rewards, ids and weights are read, never written."""
    batch = [
        RankedPrompt(prompt=(5, 6), responses=((7, 0), (8, 9, 0)), rewards=(3.5, 1.0)),
        RankedPrompt(prompt=(5,), responses=((7, 7, 0),), rewards=(3.5,)),
    ]
    before, weights = deepcopy(batch), deepcopy(student.state_dict())

    ranking, sft = losses(student, batch, RrtfRecipe())
    (ranking + sft).backward()

    assert batch == before
    assert all(torch.equal(value, weights[name]) for name, value in student.state_dict().items())


def test_the_best_answer_of_every_prompt_is_the_one_fine_tuned_on(student) -> None:
    """The fine-tuning loss reads the first answer of each prompt, however many each has."""
    batch = [
        RankedPrompt(prompt=(5, 6), responses=((7, 0), (8, 9, 0)), rewards=(3.5, 1.0)),
        RankedPrompt(prompt=(5,), responses=((7, 7, 0),), rewards=(3.5,)),
    ]

    _, sft = losses(student, batch, RrtfRecipe())

    best = response_logprob(student, [((5, 6), (7, 0)), ((5,), (7, 7, 0))])
    assert sft.item() == pytest.approx(-best.total_N.mean().item(), rel=1e-5)
