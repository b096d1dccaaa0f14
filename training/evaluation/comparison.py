"""Two models on the same problems: is one better, or did it have luck?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assistant.errors import InputError
from training.evaluation.intervals import Estimate, bootstrap, mcnemar
from training.evaluation.pass_at_k import chosen_ks
from training.evaluation.scores import Score, solved


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A minus B, paired by problem."""

    k: int
    num_problems: int
    first: float
    second: float
    difference: Estimate
    """pass@k of A minus that of B, with the percentile interval over resampled problems."""
    num_only_first: int
    """Problems that A solves with some sample and B with none."""
    num_only_second: int
    p_value: float | None
    """Exact McNemar; None where there are several samples a problem."""

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def compare(first: Sequence[Score], second: Sequence[Score], *, k: int = 1) -> Comparison:
    """Compare verdicts on the same problems.

    Raises:
        InputError: The problems differ, there are none, or there are fewer than k samples.
    """
    theirs = {score.task_id: score for score in second}
    if {score.task_id for score in first} != theirs.keys():
        raise InputError("the two files judge different problems", hint="compare answers to the same --data")
    if not theirs:
        raise InputError("there are no verdicts to compare", hint="`cairn eval … --results FILE` writes them")
    pairs = [(score, theirs[score.task_id]) for score in first]
    num_samples = [score.num_samples for pair in pairs for score in pair]
    chosen_ks((k,), min(num_samples))
    ours, others = solved([pair[0] for pair in pairs], k), solved([pair[1] for pair in pairs], k)
    only_first = sum(bool(one.num_passed) and not other.num_passed for one, other in pairs)
    only_second = sum(bool(other.num_passed) and not one.num_passed for one, other in pairs)
    return Comparison(
        k=k,
        num_problems=len(pairs),
        first=sum(ours) / len(pairs),
        second=sum(others) / len(pairs),
        difference=bootstrap([one - other for one, other in zip(ours, others, strict=True)]),
        num_only_first=only_first,
        num_only_second=only_second,
        p_value=mcnemar(only_first, only_second) if max(num_samples) == 1 else None,
    )
