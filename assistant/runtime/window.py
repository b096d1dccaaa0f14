"""The window around the cursor: what of a file the model sees, cut so that typing seldom moves its edges.

All but the text near the cursor is the same from one keystroke to the next. So text is cut into segments that are
tokenised on their own and remembered, and the window's left edge moves by quarters of the window, at segments: as long
as it stands, the prompt keeps its beginning and the KV cache its use.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain

Tokenize = Callable[[str], list[int]]

SEGMENT_END = re.compile(r"(?<=[A-Za-z0-9])(?=\n)")
"""Between a word and a line's end every byte-pair tokenizer cuts: ids of both sides join to those of the whole."""
MAX_SEGMENTS = 1 << 15
CHARS_PER_TOKEN = 8
"""More than code has: so many characters for each token of the window are looked at."""
EDGE_STEPS = 4
"""An edge moves by one part in this many."""
SUFFIX_SHARE = 4
"""The suffix gets at most one part in this many of the window."""


class SegmentedTokenizer:
    """Token ids of text of which most was seen before.

    Args:
        tokenize: Ids of a text.
        can_cut: The vocabulary is byte-pair; others join across any place, and are given each text whole.
    """

    def __init__(self, tokenize: Tokenize, *, can_cut: bool) -> None:
        self._can_cut = can_cut

        @lru_cache(MAX_SEGMENTS)
        def ids_of(segment: str) -> tuple[int, ...]:
            return tuple(tokenize(segment))

        self._ids_of = ids_of

    def segments(self, text: str) -> list[tuple[int, ...]]:
        """Ids of each segment of `text`; joined, they are those of the text."""
        parts = SEGMENT_END.split(text) if self._can_cut else [text]
        return [self._ids_of(part) for part in parts if part]


def near_cursor(prefix: str, suffix: str, num_tokens: int) -> tuple[str, str]:
    """The text around a cursor that could fit into `num_tokens`: a long file costs no more than a short one."""
    most = num_tokens * CHARS_PER_TOKEN
    suffix = suffix[: most // SUFFIX_SHARE]
    if len(prefix) > most:
        edge = prefix.find("\n", _edge(len(prefix) - most, most))
        prefix = prefix[edge:] if edge >= 0 else prefix[-most:]
    return prefix, suffix


def fit_hole(
    prefix: list[tuple[int, ...]], suffix: list[tuple[int, ...]], num_tokens: int, *, most_suffix: int | None = None
) -> tuple[list[int], list[int]]:
    """Keep the tokens nearest to the cursor that fit into `num_tokens`.

    Args:
        prefix: Ids of the segments before the cursor.
        suffix: Ids of the segments after it.
        num_tokens: How many may stay, both together.
        most_suffix: How many of the suffix may stay, also where there is room for more.
    """
    kept_suffix = list(chain.from_iterable(suffix))[:most_suffix]
    num_prefix = sum(map(len, prefix))
    if num_prefix + len(kept_suffix) > num_tokens:
        kept_suffix = kept_suffix[: num_tokens // SUFFIX_SHARE]
    room = num_tokens - len(kept_suffix)
    excess = num_prefix - room
    if excess <= 0:
        return list(chain.from_iterable(prefix)), kept_suffix
    num_dropped = _edge(excess, room)
    return _after(prefix, num_dropped, at_most=num_dropped + room // EDGE_STEPS), kept_suffix


def _edge(excess: int, room: int) -> int:
    """The least multiple of a part of `room` that is not below `excess`."""
    step = max(1, room // EDGE_STEPS)
    return -(-excess // step) * step


def _after(segments: list[tuple[int, ...]], start: int, *, at_most: int) -> list[int]:
    """Ids from the first segment on that begins at `start` or later; from `start` itself where that is too far."""
    for begin, rest in _beginnings(segments):
        if start <= begin <= at_most:
            return list(chain.from_iterable(segments[rest:]))
    return list(chain.from_iterable(segments))[start:]


def _beginnings(segments: list[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    begin = 0
    for index, segment in enumerate(segments):
        yield begin, index
        begin += len(segment)
