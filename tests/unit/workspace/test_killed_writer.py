"""kill -9 at random moments while edits are applied and undone: real processes, real files."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from assistant.workspace import Workspace
from tests.unit.workspace.killed_writer import NAMES, content

NUM_KILLS = 50


def version(root: Path, name: str) -> int | None:
    """The number of the version that a file holds; None where there is no file. Fails for a torn one."""
    try:
        found = (root / name).read_bytes()
    except FileNotFoundError:
        return None
    number = int(found[len(name) : found.index(b"\n")])
    assert found == content(name, number), f"{name} is torn"
    return number


def kill_at(moment_s: float, root: Path, journal: Path, first: int) -> None:
    """Let a writer write, and kill it."""
    command = [sys.executable, "-m", "tests.unit.workspace.killed_writer", root, journal, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(moment_s)
        writer.send_signal(signal.SIGKILL)


def test_no_kill_tears_a_file_or_loses_what_was_before(tmp_path) -> None:
    """After each of 50: whole files, no litter, the change that was cut short undone, the others in turn."""
    root, journal = tmp_path / "project", tmp_path / "undo.db"
    root.mkdir()
    moments = random.Random(8)
    num_cut_short = 0
    for round_ in range(NUM_KILLS):
        first = round_ * 100_000 % 900_000 + 1
        kill_at(moments.uniform(0, 0.06), root, journal, first)
        seen = {name: version(root, name) for name in NAMES}

        with Workspace(root, journal) as workspace:
            num_cut_short += len(workspace.recover())
            assert {name: version(root, name) for name in NAMES} == seen
            assert {path.name for path in root.rglob(".cairn-*")} == set()
            while workspace.last_change() is not None:
                change = workspace.undo()
                for record in change.records:
                    there = root / record.path
                    assert there.exists() == bool(record.before)
        assert os.listdir(root) == []

    assert num_cut_short >= NUM_KILLS // 5  # else it was not killed while writing
