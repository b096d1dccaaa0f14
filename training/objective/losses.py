"""The losses of RRTF and of what it is compared with, as pure functions of log-probabilities and rewards.

Each is a sum over its prompts (or tokens) divided by how many the whole step holds. By default that is what is handed
in. When a step is accumulated from micro-batches, hand in the number of the step: the parts then add up to the whole.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Reduction = Literal["sum", "mean"]
Weights = Literal["gap", "equal"]
Pairs = Literal["all", "teacher_over_student"]
Target = Literal["teacher", "best"]


def mean_logprob(total_BK: Tensor, num_tokens_BK: Tensor) -> Tensor:
    """Length-normalised log-probability: answers of all lengths compare.

    Args:
        total_BK: (B, K) float32, nats, summed over the response.
        num_tokens_BK: (B, K) int64, response tokens; prompt and padding excluded.

    Returns:
        (B, K) float32, nats per response token; 0 where there is no answer.

    Source: PanGu-Coder2 (arXiv:2307.14936), p_i. (RRHF's published code divides by the padded length.)
    """
    return total_BK / num_tokens_BK.clamp(min=1)


def ranked_pairs(
    reward_BK: Tensor, present_BK: Tensor, is_teacher_BK: Tensor | None = None, pairs: Pairs = "all"
) -> Tensor:
    """Which answer is to be likelier than which.

    Returns:
        (B, K, K) bool: of the ordered pair (i, j) both exist and i has the higher reward; with `teacher_over_student`
        i is also a teacher's and j is not.
    """
    pair_BKK = (reward_BK[:, :, None] > reward_BK[:, None, :]) & present_BK[:, :, None] & present_BK[:, None, :]
    if pairs == "all":
        return pair_BKK
    if is_teacher_BK is None:
        raise ValueError("who is a teacher must be told")
    return pair_BKK & is_teacher_BK[:, :, None] & ~is_teacher_BK[:, None, :]


def rank_loss(
    mean_BK: Tensor,
    reward_BK: Tensor,
    present_BK: Tensor,
    *,
    is_teacher_BK: Tensor | None = None,
    pairs: Pairs = "all",
    weights: Weights = "gap",
    over_pairs: Reduction = "sum",
    num_prompts: int | None = None,
) -> Tensor:
    """Of two answers to a prompt, the better-rewarded one should be likelier.

    Args:
        mean_BK: (B, K) float32, nats per response token.
        reward_BK: (B, K) float32, no unit, higher is better.
        present_BK: (B, K) bool, False where a prompt has fewer than K answers.
        is_teacher_BK: (B, K) bool, for `teacher_over_student`.
        pairs: `all` ranked pairs, or only those with a teacher above a student, as RRTF prints it.
        weights: A pair counts by its `gap` in reward (RRTF), or all count the `equal` 1 (RRHF).
        over_pairs: The `sum` over a prompt's pairs, as printed, grows with K squared; the `mean` does not.
        num_prompts: Of the whole step, if this is only a part of it.

    Returns:
        () float32: hinge without a margin, weighted, reduced over pairs, mean over the prompts.

    Raises:
        ValueError: The shapes differ.

    Source: PanGu-Coder2 (arXiv:2307.14936), L_rank; RRHF (arXiv:2304.05302).
    """
    _check_shapes(mean_BK, reward_BK, present_BK)
    pair_BKK = ranked_pairs(reward_BK, present_BK, is_teacher_BK, pairs)
    shortfall_BKK = (mean_BK[:, None, :] - mean_BK[:, :, None]).clamp(min=0)
    gap_BKK = reward_BK[:, :, None] - reward_BK[:, None, :] if weights == "gap" else torch.ones_like(shortfall_BKK)
    return _over_prompts(gap_BKK * shortfall_BKK, pair_BKK, over_pairs, num_prompts)


def rank_accuracy(mean_BK: Tensor, reward_BK: Tensor, present_BK: Tensor) -> tuple[Tensor, Tensor]:
    """Count the ranked pairs, and those in which the better-rewarded answer is the likelier one.

    Returns:
        () int64 and () int64: right pairs, all pairs. Counts add up over batches, shares do not.
    """
    pair_BKK = ranked_pairs(reward_BK, present_BK)
    right_BKK = pair_BKK & (mean_BK[:, :, None] > mean_BK[:, None, :])
    return right_BKK.sum(), pair_BKK.sum()


def target_answers(is_teacher_BK: Tensor, target: Target) -> Tensor:
    """Which answer fine-tuning is on: the best of all, or of the teachers' where a teacher answered.

    Args:
        is_teacher_BK: (B, K) bool, answers best first.
        target: `teacher` as RRTF prints it, `best` as RRHF does.

    Returns:
        (B,) int64.

    Source: PanGu-Coder2 (arXiv:2307.14936), L_ft; RRHF (arXiv:2304.05302).
    """
    return is_teacher_BK.int().argmax(1) if target == "teacher" else is_teacher_BK.new_zeros(len(is_teacher_BK)).long()


def of_answer(value_BK: Tensor, answer_B: Tensor) -> Tensor:
    """One value of each prompt: (B, K) of any dtype and (B,) int64 to (B,)."""
    return value_BK.gather(1, answer_B[:, None])[:, 0]


def sft_loss(
    total_B: Tensor,
    num_tokens_B: Tensor,
    reduction: Reduction,
    *,
    num_prompts: int | None = None,
    num_tokens: int | None = None,
) -> Tensor:
    """Fine-tuning loss on one answer to each prompt.

    Args:
        total_B: (B,) float32, nats, summed over the response.
        num_tokens_B: (B,) int64, response tokens.
        reduction: `sum` over a response and mean over prompts, as printed; `mean` over all tokens of the step.
        num_prompts: Of the whole step, if this is only a part of it; read by `sum`.
        num_tokens: Tokens of the whole step's target answers; read by `mean`.

    Returns:
        () float32: nats per response (`sum`) or per token (`mean`).

    Source: PanGu-Coder2 (arXiv:2307.14936), L_ft.
    """
    if reduction == "sum":
        return -total_B.sum() / (len(total_B) if num_prompts is None else num_prompts)
    return -total_B.sum() / (num_tokens_B.sum() if num_tokens is None else num_tokens)


def dpo_loss(
    total_BK: Tensor,
    reference_BK: Tensor,
    reward_BK: Tensor,
    present_BK: Tensor,
    *,
    beta: float,
    num_prompts: int | None = None,
) -> Tensor:
    """Direct preference optimisation over all ranked pairs of a prompt; with K = 2 as published.

    Args:
        total_BK: (B, K) float32, nats, summed over the response.
        reference_BK: (B, K) float32, the same by the model that training began with; no gradient.
        reward_BK: (B, K) float32, no unit: only its order is read.
        present_BK: (B, K) bool.
        beta: Per nat: how dear it is to leave the reference.
        num_prompts: Of the whole step, if this is only a part of it.

    Returns:
        () float32: -log sigmoid(beta x margin), mean over a prompt's pairs, mean over the prompts.

    Raises:
        ValueError: The shapes differ.

    Source: Rafailov et al. 2023 (arXiv:2305.18290), equation 7.
    """
    _check_shapes(total_BK, reference_BK, reward_BK, present_BK)
    gain_BK = beta * (total_BK - reference_BK)
    loss_BKK = -functional.logsigmoid(gain_BK[:, :, None] - gain_BK[:, None, :])
    return _over_prompts(loss_BKK, ranked_pairs(reward_BK, present_BK), "mean", num_prompts)


def _over_prompts(value_BKK: Tensor, pair_BKK: Tensor, over_pairs: Reduction, num_prompts: int | None) -> Tensor:
    total_B = torch.where(pair_BKK, value_BKK, 0.0).sum((1, 2))
    per_prompt_B = total_B / pair_BKK.sum((1, 2)).clamp(min=1) if over_pairs == "mean" else total_B
    return per_prompt_B.sum() / (len(per_prompt_B) if num_prompts is None else num_prompts)


def _check_shapes(first: Tensor, *others: Tensor) -> None:
    if any(other.shape != first.shape for other in others):
        raise ValueError(f"shapes differ: {', '.join(str(tuple(each.shape)) for each in (first, *others))}")
