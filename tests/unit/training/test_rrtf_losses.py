"""What the RRTF stage makes of the objective."""

from copy import deepcopy

import pytest
import torch

from training.objective.batches import padded_batch
from training.objective.examples import Example, demonstration
from training.objective.logprob import response_logprobs
from training.recipe import RrtfRecipe
from training.rrtf import losses


def test_the_losses_change_nothing_that_is_handed_in(student) -> None:
    """Rewards, ids and weights are read, never written."""
    batch = [
        Example(prompt=(5, 6), responses=((7, 0), (8, 9, 0)), rewards=(3.5, 1.0), is_teacher=(True, False)),
        demonstration((5,), (7, 7, 0)),
    ]
    before, weights = deepcopy(batch), deepcopy(student.state_dict())

    ranking, sft = losses(student, batch, RrtfRecipe())
    (ranking + sft).backward()

    assert batch == before
    assert all(torch.equal(value, weights[name]) for name, value in student.state_dict().items())


def test_the_best_answer_of_every_prompt_is_the_one_fine_tuned_on(student) -> None:
    """The fine-tuning loss reads the first answer of each prompt, however many each has."""
    batch = [
        Example(prompt=(5, 6), responses=((7, 0), (8, 9, 0)), rewards=(3.5, 1.0), is_teacher=(True, False)),
        demonstration((5,), (7, 7, 0)),
    ]

    _, sft = losses(student, batch, RrtfRecipe())

    alone = [demonstration((5, 6), (7, 0)), demonstration((5,), (7, 7, 0))]
    best = response_logprobs(student, padded_batch(alone, pad_id=0))
    assert sft.item() == pytest.approx(-best.total_BK.mean().item(), rel=1e-5)
