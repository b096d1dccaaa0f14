"""Which file a piece of an answer is about: its fence says so, the line above it, or a comment on its first line."""

import re
from collections.abc import Sequence
from pathlib import PurePath

from assistant.respect import language_of

_PATH = re.compile(r"[\w.@+~\-\[\]()$/ ]*[\w\]+)-]")
_DECORATION = " \t*_#`'\"<>"
_COMMENT = re.compile(
    r"\s*(?:#|//|--|;+|%|/\*|<!--)\s*(?P<said>(?:file(?:name)?|path)\s*:\s*)?`?(?P<path>[^\s`]+)`?\s*(?:\*/|-->)?\s*"
)
_SAID = re.compile(r"(?:file(?:name)?|path)\s*:\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s:=\"'{},]+")
_QUOTED = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def path_of_fence(info: str) -> str | None:
    """The path in what stands behind the three ticks: `python src/a.py`, `python:src/a.py`, `src/a.py`, `title="…"`."""
    words = [word for word in _BETWEEN.split(info) if word]
    return next((word for word in words if is_path(word)), None)


def path_above(lines: Sequence[str]) -> str | None:
    """The path in the last line that is not blank: alone, or the only one in ticks in a line that ends in ":"."""
    line = next((line.strip() for line in reversed(lines) if line.strip()), "")
    alone = _SAID.sub("", line.rstrip(":").strip(_DECORATION).removesuffix(":"), count=1).strip(_DECORATION)
    if is_path(alone):
        return alone
    quoted = {one or other for one, other in _QUOTED.findall(line)}
    paths = [each for each in quoted if is_path(each)]
    return paths[0] if len(paths) == 1 and line.rstrip("*_ ").endswith(":") else None


def path_in_comment(line: str) -> str | None:
    """The path that is all that a comment says."""
    match = _COMMENT.fullmatch(line)
    return match["path"] if match and (is_path(match["path"]) or match["said"]) else None


def is_path(text: str) -> bool:
    """Whether a text reads as the path of a file: the name tells a language, or there are folders and a suffix."""
    if not text or "://" in text or " " in text or not _PATH.fullmatch(text):
        return False
    path = PurePath(text)
    return bool(language_of(path)) or ("/" in text and bool(re.search(r"\.[A-Za-z]\w*$|^\.\w", path.name)))
