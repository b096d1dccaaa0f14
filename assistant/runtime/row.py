"""What a batch is made of. On its own, so that the scheduler and its tests need no llama.cpp."""

from typing import NamedTuple


class Row(NamedTuple):
    """Consecutive tokens of one sequence."""

    sequence: int
    position: int
    """Of the first token."""
    ids: list[int]
    num_wanted: int
    """The logits of so many of its last tokens are wanted."""
