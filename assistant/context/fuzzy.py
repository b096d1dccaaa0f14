"""Which of many paths somebody means who has typed a few letters of one. Pure; for tens of thousands use a thread."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz, process

MAX_TYPED = 100


def best_paths(typed: str, paths: Sequence[str], limit: int = 10) -> list[str]:
    """The paths that have the typed letters in this order, best first; where none has, those that look like it.

    A match in the name counts more than one in the folders, and a short path more than a long one.
    """
    typed = typed[:MAX_TYPED]
    if not typed:
        return sorted(paths, key=lambda path: (path.count("/"), path))[:limit]
    in_order = re.compile("".join(f"(?>[^\0]*?{re.escape(letter)})" for letter in typed), re.IGNORECASE)
    fitting = [path for path in paths if in_order.match(path)] or paths
    wanted = typed.lower()
    near = process.extract(wanted, fitting, scorer=fuzz.WRatio, processor=str.lower, limit=50, score_cutoff=50)
    return sorted((path for path, _, _ in near), key=lambda path: _rank(wanted, path.lower()))[:limit]


def _rank(typed: str, path: str) -> tuple[bool, bool, bool, float, int, str]:
    name = path.rpartition("/")[2]
    alike = fuzz.ratio(typed.rpartition("/")[2], name)
    return not path.startswith(typed), not name.startswith(typed), typed not in path, -alike, len(path), path
