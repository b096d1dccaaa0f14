"""One row of a sheet."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One quantity: all measurements of ours, and of the peer where it has the same."""

    name: str
    bound_ms: float
    """For the 95th percentile."""
    ours_ms: Sequence[float]
    peer_ms: Sequence[float] = ()
