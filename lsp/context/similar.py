"""How much two pieces of text have in common. Pure."""

import re
from collections import Counter
from functools import lru_cache

SAME = 0.9
"""Two pieces that share so much are one: the newer takes the place of the older (llama.vim's constant)."""
ECHO = 0.5
"""What shares so much with the text around the cursor is left out: the model would repeat it (llama.vim's, too)."""

_WORD = re.compile(r"\w+")


def dice(one: str, other: str) -> float:
    """Dice coefficient of the words of two texts, repetitions counted: 0 nothing in common, 1 the same words."""
    ours, theirs = _words(one), _words(other)
    total = ours.total() + theirs.total()
    return 2 * (ours & theirs).total() / total if total else 0.0


@lru_cache(256)
def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))
