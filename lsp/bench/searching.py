"""What a search of the workspace's index costs, with Python's own files as the workspace."""

import random
import sysconfig
import time
from pathlib import Path

from lsp.bench.measured import Measured
from lsp.context.files import read_text
from lsp.context.index import Index

SEARCHES = 200


def searched(num_files: int) -> Measured:
    """The 25 lines around a random line of a random file are looked for in the others."""
    draw = random.Random(0)
    texts = _texts(num_files, draw)
    index = Index()
    for path, text in texts.items():
        index.update(path, text)
    took_ms: list[float] = []
    for path in draw.choices(list(texts), k=SEARCHES):
        lines = texts[path].split("\n")
        at = draw.randrange(len(lines))
        started_s = time.perf_counter()
        index.search("\n".join(lines[max(0, at - 20) : at + 5]), exclude=path)
        took_ms.append((time.perf_counter() - started_s) * 1e3)
    name = f"search of {len(index):,} files, {index.n_bytes >> 20} MB"
    return Measured(name=name, bound_ms=10.0, ours_ms=took_ms)


def _texts(num_files: int, draw: random.Random) -> dict[str, str]:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib")}
    paths = sorted({path for folder in folders for path in Path(folder).rglob("*.py")})
    draw.shuffle(paths)
    return {str(path): text for path in paths[:num_files] if (text := read_text(path))}
