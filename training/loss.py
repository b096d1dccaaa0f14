"""The two losses of RRTF, as pure functions of log-probabilities and rewards."""

from typing import Literal

from torch import Tensor

Reduction = Literal["sum", "mean"]


def rank_loss(mean_logprob_BK: Tensor, reward_BK: Tensor, present_BK: Tensor) -> Tensor:
    """Of two answers to a prompt, the better-rewarded one should be likelier.

    Args:
        mean_logprob_BK: (B, K) float32, nats per response token, prompt and padding excluded.
        reward_BK: (B, K) float32, no unit, higher is better.
        present_BK: (B, K) bool, False where a prompt has fewer than K answers.

    Returns:
        () float32: reward-gap-weighted hinge, summed over pairs, mean over the B prompts.

    Raises:
        ValueError: The shapes differ.

    Source: PanGu-Coder2 (arXiv:2307.14936), L_rank; over all pairs, as in RRHF (arXiv:2304.05302).
    """
    if not mean_logprob_BK.shape == reward_BK.shape == present_BK.shape:
        raise ValueError(f"shapes differ: {mean_logprob_BK.shape}, {reward_BK.shape} and {present_BK.shape}")
    gap_BKK = (reward_BK[:, :, None] - reward_BK[:, None, :]).clamp(min=0)
    shortfall_BKK = (mean_logprob_BK[:, None, :] - mean_logprob_BK[:, :, None]).clamp(min=0)
    both_BKK = present_BK[:, :, None] & present_BK[:, None, :]
    return (gap_BKK * shortfall_BKK * both_BKK).sum((1, 2)).mean()


def sft_loss(total_logprob_B: Tensor, num_tokens_B: Tensor, reduction: Reduction) -> Tensor:
    """Fine-tuning loss on the best answer to each prompt.

    Args:
        total_logprob_B: (B,) float32, nats, summed over the response.
        num_tokens_B: (B,) int64, response tokens.
        reduction: `sum` over a response and mean over prompts, as printed; `mean` over all tokens of the batch.

    Returns:
        () float32: nats per response (`sum`) or per token (`mean`).

    Source: PanGu-Coder2 (arXiv:2307.14936), L_ft.
    """
    if reduction == "sum":
        return -total_logprob_B.mean()
    return -total_logprob_B.sum() / num_tokens_B.sum()
