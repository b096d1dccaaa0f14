"""A prompt with its ranked answers, as token ids: what every objective is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A prompt and its K answers, best first.

    Raises:
        ValueError: Nothing to learn from, or fields that do not fit together.
    """

    prompt: tuple[int, ...]
    responses: tuple[tuple[int, ...], ...]
    """Each ends with what ends an answer, as a rule the end-of-text token."""
    rewards: tuple[float, ...]
    """No unit; higher is better."""
    is_teacher: tuple[bool, ...]

    def __post_init__(self) -> None:
        if not len(self.responses) == len(self.rewards) == len(self.is_teacher) > 0:
            raise ValueError("responses, rewards and is_teacher must be of one length, and not empty")
        if not self.prompt or not all(self.responses):
            raise ValueError("a prompt and its responses have tokens")
        if any(worse > better for better, worse in pairwise(self.rewards)):
            raise ValueError("the best answer comes first")


def demonstration(prompt: Sequence[int], response: Sequence[int]) -> Example:
    """A prompt with the one answer that is to be given."""
    return Example(prompt=tuple(prompt), responses=(tuple(response),), rewards=(0.0,), is_teacher=(True,))
