"""What the seeds say together. The unit is a training seed: problems tell how well one model is known, not others."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from training.evaluation.intervals import Estimate, bootstrap

Solved = Mapping[str, Mapping[int, Sequence[float]]]
"""By arm and seed: the share of its samples that pass, for each problem; the problems are the same for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An arm, or the difference of two."""

    name: str
    by_seed: tuple[float, ...]
    """Means over the problems."""
    seeds: Estimate
    """Mean with the interval over training seeds."""
    problems: Estimate
    """The same mean with the interval over problems, for these very models."""


def of_arm(name: str, solved: Solved) -> Line:
    """pass@1 of an arm."""
    return _line(name, list(solved[name].values()))


def of_difference(name: str, control: str, solved: Solved) -> Line:
    """pass@1 of an arm minus that of its control, seed by seed and problem by problem; of seeds that have both.

    Raises:
        ValueError: No seed has both.
    """
    seeds = [seed for seed in solved[name] if seed in solved[control]]
    if not seeds:
        raise ValueError(f"no seed has {name} and {control}")
    return _line(
        f"{name} - {control}",
        [np.subtract(solved[name][seed], solved[control][seed]).tolist() for seed in seeds],
    )


def over_seeds(values: Sequence[float]) -> Estimate:
    """Mean with its 95 % interval by Student's t; without bounds where there is one seed."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Estimate(value=mean, low=-math.inf, high=math.inf)
    half = float(student_t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / math.sqrt(len(values)))
    return Estimate(value=mean, low=mean - half, high=mean + half)


def _line(name: str, values_SP: Sequence[Sequence[float]]) -> Line:
    by_seed = [float(np.mean(each)) for each in values_SP]
    return Line(
        name=name,
        by_seed=tuple(by_seed),
        seeds=over_seeds(by_seed),
        problems=bootstrap(np.mean(values_SP, axis=0).tolist()),
    )
