"""`kill -9` at any moment: the next run goes on, quantises nothing twice, and ends in the same bytes."""

import json
import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NUM_REPORTS = 41
"""Of a whole run: its 40 tensors are small, a slab each, and the end is reported once more."""


@pytest.fixture
def whole(checkpoint: Path, tmp_path: Path) -> dict[str, bytes]:
    """What a run leaves that nothing disturbed."""
    (checkpoint / "LICENSE").write_text("do what you like")
    (checkpoint / "README.md").write_text("# Tiny\n")
    (tmp_path / "whole").mkdir()
    run(checkpoint, tmp_path / "whole" / "m.gguf", "end")
    return contents(tmp_path / "whole")


def run(folder: Path, target: Path, *moments: str) -> list[list[int]]:
    """Convert, killed at each moment in turn; return the positions in the journal after each run."""
    worker = subprocess.run(
        [sys.executable, "-m", "tests.unit.convert.killed_worker", str(folder), str(target), *moments],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1000000000"},
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert not worker.returncode, worker.stderr[-2000:]
    found = [json.loads(line) for line in worker.stdout.splitlines()]
    assert len(found) == len(moments), worker.stderr[-2000:]
    return found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_killed_twenty_times_ends_in_the_same_bytes(
    checkpoint: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    """At twenty random moments; every run adds to the journal, and no piece is ever written a second time."""
    (tmp_path / "out").mkdir()
    moments = sorted(random.Random(9).choices(range(1, NUM_REPORTS), k=20))

    journals = run(checkpoint, tmp_path / "out" / "m.gguf", *(f"report:{moment}" for moment in moments), "end")

    assert contents(tmp_path / "out") == whole
    assert len(journals[-1]) == len(set(journals[-1])) == 40
    for earlier, later in pairwise(journals):
        assert later[: len(earlier)] == earlier
    assert len(journals[0]) < 20


@pytest.mark.parametrize(("event", "count"), [("os.truncate", 2), ("os.rename", 4), ("os.remove", 1)])
def test_a_run_killed_between_two_steps_ends_in_the_same_bytes(
    checkpoint: Path, whole: dict[str, bytes], tmp_path: Path, event: str, count: int
) -> None:
    """Right before the journal begins; before the model, its licence, card and manifest appear; before the tidying."""
    (tmp_path / "out").mkdir()
    moments = [f"event:{event}:{number + 1}" for number in range(count)]

    run(checkpoint, tmp_path / "out" / "m.gguf", *moments, "end")

    assert contents(tmp_path / "out") == whole
    assert sorted(whole) == ["m.LICENSE", "m.README.md", "m.gguf", "m.json"]
