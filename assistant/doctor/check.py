"""What is said of one thing that was looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    is_good: bool
    found: str
    hint: str = ""
    """What to do about it; or what is good to know."""
