"""The estimator of pass@k, the one copy."""

from math import prod

from assistant.errors import InputError


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """Unbiased estimate that one of k samples passes, from `num_correct` of `num_samples`.

    Raises:
        ValueError: k is larger than the number of samples: there is no unbiased estimate then.

    Source: Chen et al. 2021 (arXiv:2107.03374), 1 - C(n-c, k) / C(n, k), as a product that does not overflow.
    """
    if k > num_samples:
        raise ValueError(f"pass@{k} needs at least {k} samples, got {num_samples}")
    if num_samples - num_correct < k:
        return 1.0
    return 1.0 - prod(1.0 - k / each for each in range(num_samples - num_correct + 1, num_samples + 1))


def chosen_ks(asked: tuple[int, ...], num_samples: int) -> tuple[int, ...]:
    """The k to report: those asked for, or 1, 10 and 100 as far as there are samples.

    Args:
        asked: Empty for the usual ones.
        num_samples: Of the problem that has fewest.

    Raises:
        InputError: One asked for is larger than the number of samples.
    """
    too_large = [k for k in asked if k > num_samples]
    if too_large:
        raise InputError(
            f"pass@{max(too_large)} cannot be estimated from {num_samples} samples a problem",
            hint=f"ask for a smaller --k, or draw at least {max(too_large)} samples",
        )
    return tuple(sorted(set(asked))) or tuple(k for k in (1, 10, 100) if k <= num_samples)
