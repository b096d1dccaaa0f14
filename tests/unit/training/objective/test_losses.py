"""The losses against the printed formulas, pair by pair, and on numbers worked out by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training.objective.losses import (
    dpo_loss,
    mean_logprob,
    of_answer,
    rank_accuracy,
    rank_loss,
    sft_loss,
    target_answers,
)

Numbers = list[list[float]]


def present(*counts: int) -> Tensor:
    """(B, K) bool: so many answers each."""
    return torch.arange(max(counts)) < torch.tensor(counts)[:, None]


@st.composite
def ranked(draw: st.DrawFn) -> tuple[Tensor, Tensor, Tensor]:
    """(log-probabilities, rewards, presence) of up to four prompts with up to five answers."""
    counts = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    shape = (len(counts), max(counts))
    nats = draw(st.lists(st.floats(-9, 0, width=32), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    rewards = draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0, 3.5]), min_size=len(nats), max_size=len(nats)))
    return torch.tensor(nats).view(shape), torch.tensor(rewards).view(shape), present(*counts)


def by_hand(mean: Tensor, reward: Tensor, there: Tensor, *, gap: bool = True) -> float:
    """The printed formula of L_rank, pair by pair; mean over prompts."""
    per_prompt = []
    for p, r, here in zip(mean.double().tolist(), reward.tolist(), there.tolist(), strict=True):
        pairs = [(i, j) for i in range(len(p)) for j in range(len(p)) if here[i] and here[j] and r[i] > r[j]]
        per_prompt.append(-sum((r[i] - r[j] if gap else 1.0) * min(0.0, p[i] - p[j]) for i, j in pairs))
    return float(np.mean(per_prompt))


@given(ranked())
def test_the_rank_loss_is_the_printed_formula(batch: tuple[Tensor, Tensor, Tensor]) -> None:
    """Over all pairs, weighted by the gap as RRTF prints it, or all alike as RRHF does."""
    assert rank_loss(*batch).item() == pytest.approx(by_hand(*batch), rel=1e-4, abs=1e-5)
    assert rank_loss(*batch, weights="equal").item() == pytest.approx(by_hand(*batch, gap=False), rel=1e-4, abs=1e-5)


def test_a_pair_worked_out_by_hand() -> None:
    """The teacher (3.5) is less likely than the student (1.0) by 0.3 nats per token: 2.5 x 0.3."""
    mean, reward = torch.tensor([[-0.8, -0.5]]), torch.tensor([[3.5, 1.0]])

    assert rank_loss(mean, reward, present(2)).item() == pytest.approx(0.75)
    assert rank_loss(mean, reward, present(2), weights="equal").item() == pytest.approx(0.3)


def test_three_answers_worked_out_by_hand() -> None:
    """Of the pairs 3>2, 3>1, 2>1 the second and third are wrong, by 0.1 and 0.4 nats: 2 x 0.1 + 1 x 0.4."""
    mean, reward = torch.tensor([[-0.5, -0.8, -0.4]]), torch.tensor([[3.0, 2.0, 1.0]])

    assert rank_loss(mean, reward, present(3)).item() == pytest.approx(0.6)
    assert rank_loss(mean, reward, present(3), over_pairs="mean").item() == pytest.approx(0.2)


def test_the_pair_as_printed_is_a_teacher_over_a_student() -> None:
    """Of two teachers (3.5, 2.5) and two students (3, 1) three pairs are left; two are wrong, by 0.2 and 0.1."""
    mean, reward = torch.tensor([[-0.6, -0.4, -0.5, -0.4]]), torch.tensor([[3.5, 3.0, 2.5, 1.0]])
    is_teacher = torch.tensor([[True, False, True, False]])

    loss = rank_loss(mean, reward, present(4), is_teacher_BK=is_teacher, pairs="teacher_over_student")

    assert loss.item() == pytest.approx(0.5 * 0.2 + 2.5 * 0.2 + 1.5 * 0.1)


def test_who_is_a_teacher_must_be_told() -> None:
    """Nobody is one by default."""
    with pytest.raises(ValueError, match="teacher"):
        rank_loss(torch.zeros(1, 2), torch.zeros(1, 2), present(2), pairs="teacher_over_student")


def test_the_gradient_lifts_the_better_and_lowers_the_worse() -> None:
    """By the gap in reward, and only while the order is wrong."""
    mean = torch.tensor([[-0.8, -0.5], [-0.5, -0.8]], requires_grad=True)

    rank_loss(mean, torch.tensor([[3.5, 1.0], [3.5, 1.0]]), present(2, 2)).backward()

    assert mean.grad.tolist() == [[-1.25, 1.25], [0.0, 0.0]]


@given(ranked(), st.floats(-3, 3))
def test_only_differences_count(batch: tuple[Tensor, Tensor, Tensor], shift: float) -> None:
    """All answers more likely, or all rewards higher, is the same ranking."""
    mean, reward, there = batch

    shifted = rank_loss(mean + shift, reward + round(shift), there)

    assert shifted.item() == pytest.approx(rank_loss(*batch).item(), rel=1e-3, abs=1e-4)


@given(ranked())
def test_what_stands_in_the_place_of_an_absent_answer_is_not_read(batch: tuple[Tensor, Tensor, Tensor]) -> None:
    """Not even if it is not a number; neither does it reach a gradient."""
    mean, reward, there = batch
    spoiled = mean.masked_fill(~there, torch.nan).requires_grad_()

    loss = rank_loss(spoiled, reward.masked_fill(~there, 99.0), there)
    loss.backward()

    assert loss.item() == pytest.approx(rank_loss(mean, reward, there).item(), rel=1e-5, abs=1e-6)
    assert torch.equal(spoiled.grad.masked_fill(there, 0.0), torch.zeros_like(mean))


def test_the_rank_loss_is_zero_when_the_order_is_right_or_all_are_equal() -> None:
    """The hinge has no margin: a ranking that is right is left alone."""
    mean = torch.tensor([[-0.1, -0.2]])

    assert rank_loss(mean, torch.tensor([[2.0, 1.0]]), present(2)).item() == 0.0
    assert rank_loss(mean, torch.tensor([[1.0, 1.0]]), present(2)).item() == 0.0


def test_pairs_are_counted_that_stand_right() -> None:
    """Two of three; a tie in likelihood is not right, a tie in reward is no pair."""
    mean, reward = (
        torch.tensor([[-0.1, -0.3, -0.2], [-0.5, -0.5, 0.0]]),
        torch.tensor([[3.0, 2.0, 1.0], [1.0, 1.0, 9.0]]),
    )

    assert [each.item() for each in rank_accuracy(mean, reward, present(3, 2))] == [2, 3]
    assert [each.item() for each in rank_accuracy(mean[:, :1], reward[:, :1], present(1, 1))] == [0, 0]


def test_shapes_that_differ_are_refused() -> None:
    """Broadcasting would hide a mistake."""
    with pytest.raises(ValueError, match="shapes differ"):
        rank_loss(torch.zeros(2, 3), torch.zeros(2, 1), torch.ones(2, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="shapes differ"):
        dpo_loss(torch.zeros(2, 3), torch.zeros(1, 3), torch.zeros(2, 3), present(3, 3), beta=0.1)


def test_the_length_that_divides_is_the_answers_own() -> None:
    """Uniform over 50 ids, 3 and 11 tokens: -ln 50 both; by the padded length of 20, -0.59 and -2.15."""
    tokens = torch.tensor([[3, 11, 0]])

    means = mean_logprob(-math.log(50) * tokens, tokens)

    assert means[0].tolist() == pytest.approx([-math.log(50), -math.log(50), 0.0])


def test_the_fine_tuning_loss_sums_over_a_response_or_averages_over_tokens() -> None:
    """`sum` is nats per response, `mean` nats per token of the step."""
    total, tokens = torch.tensor([-10.0, -2.0]), torch.tensor([5, 1])

    assert sft_loss(total, tokens, "sum").item() == pytest.approx(6.0)
    assert sft_loss(total, tokens, "mean").item() == pytest.approx(2.0)


def test_fine_tuning_is_on_the_best_answer_or_the_best_of_a_teacher() -> None:
    """Where no teacher answered, on the best."""
    is_teacher = torch.tensor([[False, True, True], [False, False, False]])
    total = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    assert of_answer(total, target_answers(is_teacher, "teacher")).tolist() == [2.0, 4.0]
    assert of_answer(total, target_answers(is_teacher, "best")).tolist() == [1.0, 4.0]


def test_dpo_worked_out_by_hand() -> None:
    """Gains of 2 and -1 nats over the reference, beta 0.1: -ln sigmoid(0.3)."""
    total, reference = torch.tensor([[-8.0, -21.0]]), torch.tensor([[-10.0, -20.0]])

    loss = dpo_loss(total, reference, torch.tensor([[3.5, 1.0]]), present(2), beta=0.1)

    assert loss.item() == pytest.approx(-math.log(1 / (1 + math.exp(-0.3))))


@given(ranked(), st.floats(0.01, 1.0))
def test_at_the_reference_dpo_is_ln_2_of_every_prompt_with_a_pair(
    batch: tuple[Tensor, Tensor, Tensor], beta: float
) -> None:
    """Nothing is gained yet, whatever the answers are worth."""
    nats, reward, there = batch
    share = np.mean(
        [
            len({r for r, here in zip(*row, strict=True) if here}) > 1
            for row in zip(reward.tolist(), there.tolist(), strict=True)
        ]
    )

    loss = dpo_loss(nats, nats, reward, there, beta=beta)

    assert loss.item() == pytest.approx(share * math.log(2), abs=1e-5)


@given(ranked(), st.integers(1, 3))
def test_the_parts_of_a_step_add_up_to_it(batch: tuple[Tensor, Tensor, Tensor], cut: int) -> None:
    """Each divided by the prompts and tokens of the whole step, however it is cut."""
    mean, reward, there = batch
    tokens = 1 + torch.arange(mean.numel()).view_as(mean)
    parts = [each.split(cut) for each in (mean, reward, there, tokens)]

    def all_losses(mean: Tensor, reward: Tensor, there: Tensor, tokens: Tensor, **step: int) -> list[Tensor]:
        prompts = {"num_prompts": len(batch[0])}
        return [
            rank_loss(mean, reward, there, **prompts),
            rank_loss(mean, reward, there, over_pairs="mean", **prompts),
            dpo_loss(mean * tokens, mean, reward, there, beta=0.5, **prompts),
            sft_loss(mean[:, 0], tokens[:, 0], "sum", **prompts),
            sft_loss(mean[:, 0], tokens[:, 0], "mean", num_tokens=int(batch_tokens)),
        ]

    batch_tokens = tokens[:, 0].sum()
    whole = all_losses(mean, reward, there, tokens)
    summed = [sum(each) for each in zip(*(all_losses(*part) for part in zip(*parts, strict=True)), strict=True)]
    assert [each.item() for each in summed] == pytest.approx([each.item() for each in whole], rel=1e-4, abs=1e-5)


def test_left_alone_a_loss_is_the_mean_over_what_it_is_given() -> None:
    """The defaults are those of a step in one piece."""
    mean, reward = torch.tensor([[-0.8, -0.5], [-0.5, -0.8]]), torch.tensor([[3.5, 1.0], [3.5, 1.0]])

    assert rank_loss(mean, reward, present(2, 2)) == rank_loss(mean, reward, present(2, 2), num_prompts=2)
    assert rank_loss(mean, reward, present(2, 2), num_prompts=4).item() == pytest.approx(0.75 / 4)
