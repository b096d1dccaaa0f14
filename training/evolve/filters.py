"""Which rewritten problems are none: each filter by its name, in the order in which they are tried.

Sources: the elimination rules of WizardLM (arXiv:2304.12244, section 3.2), the marker words of PanGu-Coder2
(arXiv:2307.14936, figure 2), and what went wrong in public sets that were made this way.
"""

import re
from collections.abc import Callable

from rapidfuzz import fuzz, utils

from training.evolve.heuristics import FRAME, HEURISTICS
from training.evolve.languages import names_another_language

MIN_CHARS = 20
MAX_CHARS = 4000
MAX_TIMES = 4.0
"""As long as its parent, at most, and no shorter than one part in so many: it was asked for about the same length."""
SLACK_CHARS = 200
"""A parent of a few words may become a few lines."""
NO_GAIN = 95.0
"""Similarity of 0 to 100 from which on two problems are the same."""
COPIED = 88.0
"""Similarity from which on a sentence of ours is in the answer."""

Filter = Callable[[str, str], bool]
"""Parent's and child's text to whether the child is to be left out."""

_MARKERS = re.compile(
    r"#?\b(?:given|rewritten|new|original|evolved)[ _-](?:task|prompt|test question)\b", re.IGNORECASE
)
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|afraid)|sorry,|i apologi[sz]e|i (?:can(?:no|')t|could not|won't)|as an ai\b"
    r"|as a language model)",
    re.IGNORECASE,
)
_LEAKED_ANSWER = re.compile(
    r"^[#*\s]*(?:correct(?:ed)? (?:code|version|solution)|solution|answer|reference (?:code|solution)|explanation)\b"
    r"[*\s]*(?::|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CHATTER = re.compile(
    r"^(?:sure|certainly|of course|okay|here(?:'s| is)|below is|i(?:'ve| have))\b[^\n]*[:!]\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_NO_FUNCTION = re.compile(
    r"\b(?:web ?(?:page|site|app)\w*|gui|tkinter|mobile app|database|rest api|command[- ]line (?:tool|app\w*)"
    r"|standard input|stdin|neural network|scrap(?:e|ing)|essay)\b",
    re.IGNORECASE,
)
_FUNCTION = re.compile(r"\b(?:functions?|methods?|def|returns?|lambda)\b", re.IGNORECASE)
_WORDS = re.compile(r"\w\w+")
_MIN_SENTENCE_CHARS = 30
"""Of ours; what is shorter anybody may say."""


def _sentences() -> list[str]:
    """What is ours in the prompt, sentence by sentence."""
    frame = FRAME.format(way="", task="").replace("#Given Task#", "").replace("#Rewritten Task#", "")
    pieces = re.split(r"[.;:\n]\s*", "\n".join([frame, *HEURISTICS.values()]))
    return [utils.default_process(piece) for piece in pieces if len(piece) >= _MIN_SENTENCE_CHARS]


_OURS = _sentences()


def has_copied(_parent: str, child: str) -> bool:
    """A sentence of the prompt came back, word for word or nearly."""
    said = utils.default_process(child)
    return any(len(said) >= len(ours) and fuzz.partial_ratio(ours, said, score_cutoff=COPIED) for ours in _OURS)


def has_no_gain(parent: str, child: str) -> bool:
    """The same problem, or the same words in another order."""
    return (
        max(
            fuzz.ratio(parent, child, processor=utils.default_process),
            fuzz.token_sort_ratio(parent, child, processor=utils.default_process),
        )
        >= NO_GAIN
    )


def is_too_short(parent: str, child: str) -> bool:
    """Too little for a problem, or so much less than the parent's that something of it is missing."""
    return len(child) < max(MIN_CHARS, len(parent) / MAX_TIMES)


def is_too_long(parent: str, child: str) -> bool:
    """A text that has got out of hand."""
    return len(child) > min(MAX_CHARS, len(parent) * MAX_TIMES + SLACK_CHARS)


def is_not_function(_parent: str, child: str) -> bool:
    """It asks for something that no test can call, or never speaks of a function or of what is returned."""
    return _NO_FUNCTION.search(child) is not None or _FUNCTION.search(child) is None


FILTERS: dict[str, Filter] = {
    "empty": lambda _, child: len(_WORDS.findall(child)) < 3,
    "refusal": lambda _, child: _REFUSAL.search(child[:200]) is not None,
    "leaked_marker": lambda _, child: _MARKERS.search(child) is not None,
    "copied_prompt": has_copied,
    "leaked_answer": lambda _, child: _LEAKED_ANSWER.search(child) is not None,
    "chatter": lambda _, child: _CHATTER.search(child) is not None,
    "too_short": is_too_short,
    "too_long": is_too_long,
    "no_gain": has_no_gain,
    "other_language": lambda parent, child: names_another_language(child) and not names_another_language(parent),
    "not_function": is_not_function,
}
"""The first that applies is the reason."""


def why_not(parent: str, child: str) -> str:
    """The name of the filter that leaves the child out; empty if none does."""
    return next((name for name, leaves_out in FILTERS.items() if leaves_out(parent, child)), "")
