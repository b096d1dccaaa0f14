"""The published recipe as it is measured against, its defects included."""

import math
from types import SimpleNamespace

import pytest
import torch

from tests.unit.training.objective.conftest import bigcode, made
from training.bench.rrhf import asked_logprobs, padded_rows, rrhf_loss, scores
from training.objective.batches import padded_batch
from training.objective.examples import Example
from training.objective.logprob import response_logprobs
from training.objective.losses import rank_loss

UNEVEN = Example(
    prompt=(4, 5, 6, 7, 8, 9, 10, 11),
    responses=(tuple(range(20, 23)), tuple(range(30, 41))),
    rewards=(2.0, 1.0),
    is_teacher=(True, False),
)


def test_every_score_is_divided_by_the_padded_length() -> None:
    """Uniform over 50 ids, 3 and 11 tokens in rows of 18: where both should be -ln 50, the longer one is lower."""
    rows = padded_rows(UNEVEN, pad_id=0)
    asked = asked_logprobs(torch.full((2, 18, 50), -math.log(50)), rows.labels_KL)

    found = scores(asked, rows.labels_KL)

    assert found.tolist() == pytest.approx([-3 * math.log(50) / 18, -11 * math.log(50) / 18])


def test_apart_from_its_defects_it_computes_what_we_compute() -> None:
    """Answers of one length, and the padded length put right: the same rank loss over all pairs."""
    even = Example(
        prompt=(4, 5), responses=((20, 21), (22, 23), (24, 25)), rewards=(3.0, 2.0, 1.0), is_teacher=(True,) * 3
    )
    model, rows = made(bigcode()), padded_rows(even, pad_id=0)

    theirs = rrhf_loss(model, rows)

    ours = response_logprobs(model, batch := padded_batch([even], pad_id=0))
    ranking = rank_loss(ours.mean_BK, batch.reward_BK, batch.present_BK, weights="equal")
    of_length = 2 / rows.ids_KL.shape[1]
    assert ranking > 0
    assert theirs.item() == pytest.approx(of_length * (ranking - ours.mean_BK[0, 0]).item(), rel=1e-4)


def test_the_labels_are_overwritten() -> None:
    """The one thing that is the cause of the rest."""
    rows = padded_rows(UNEVEN, pad_id=0)
    model = SimpleNamespace(logits=torch.zeros(2, 18, 50))

    rrhf_loss(lambda **_: model, rows)

    assert not (rows.labels_KL == -100).any()
