"""Whatever is given to `cairn convert`, it says in two lines what is wrong, and leaves everything as it was.

Every case of the corpus runs the real command in a process of its own, with 256 MB of memory to spend.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.convert.hostile_corpus import CORPUS

ROOT = Path(__file__).parents[3]
MOST_BYTES = 256 << 20


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the worker saw, by the case's name."""
    scratch = tmp_path_factory.mktemp("hostile")
    environ = os.environ | {"PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "1"}  # an arena per thread claims 64 MB each
    worker = subprocess.run(
        [sys.executable, "-m", "tests.unit.convert.hostile_worker", str(scratch)],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert not worker.returncode, worker.stderr[-2000:]
    found = [json.loads(line) for line in worker.stdout.splitlines()]
    return {report["name"]: report for report in found}


def test_the_corpus_is_large_enough() -> None:
    """The promise is sixty at least."""
    assert len(CORPUS) >= 60


@pytest.mark.parametrize("name", CORPUS)
def test_a_broken_input_is_refused(name: str, reports: dict[str, dict[str, Any]]) -> None:
    """An error and a hint, exit code 1, nothing written, no old file touched, no hang, no 256 MB."""
    report = reports.get(name)

    assert report is not None, "it hung, or took the process down"
    error, hint = report["printed"].splitlines()
    assert report["code"] == 1
    assert error.startswith("error: ")
    assert CORPUS[name].says.lower() in report["printed"].lower()
    assert hint.startswith("hint: ")
    assert "this is a bug" not in hint
    assert len(hint) > len("hint: ")
    assert report["is_untouched"]
    assert report["peak_bytes"] < MOST_BYTES
