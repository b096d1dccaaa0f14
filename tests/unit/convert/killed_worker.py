"""Run by test_killed_runs: converts a checkpoint and kills itself, with -9, at a moment it is told.

Usage: FOLDER TARGET MOMENTS. A moment is `report:N`, at the N-th report of progress, or `event:NAME:N`, right before
the N-th such call of the system (an audit event, such as `os.rename`); `end` lets the run finish. Each is a fork. After
every run it prints the positions in the journal as a line of JSON.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from convert.conversion import convert_checkpoint
from convert.partial_file import JOURNAL


def main(folder: Path, target: Path, moments: list[str]) -> None:
    """Run once for each moment."""
    for moment in moments:
        kind, _, rest = moment.partition(":")
        child = os.fork()
        if not child:
            journal: list[list[int]] = [[]]
            run(folder, target, progress=reporting(target, kind, rest, journal))
            print(json.dumps(journal[-1]), flush=True)
            os._exit(0)
        is_killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert is_killed == (kind != "end"), f"the moment {moment} never came"
        if is_killed:
            print(json.dumps(positions(target)), flush=True)


def run(folder: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    convert_checkpoint(folder, target, "Q4_K_M", name="tiny", progress=progress)


def reporting(target: Path, kind: str, rest: str, journal: list[list[int]]) -> Callable[[int, int], None]:
    """Return what hears about the progress; and set the trap."""
    reports = 0
    if kind == "event":
        name, _, number = rest.partition(":")
        sys.addaudithook(trap(name, int(number)))

    def report(done_bytes: int, total_bytes: int) -> None:
        nonlocal reports
        reports += 1
        if kind == "report" and reports == int(rest):
            os.kill(os.getpid(), signal.SIGKILL)
        if kind == "end" and done_bytes == total_bytes:
            journal.append(positions(target))

    return report


def trap(name: str, number: int) -> Callable[[str, tuple], None]:
    left = number

    def hook(event: str, arguments: tuple) -> None:
        nonlocal left
        if event == name:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def positions(target: Path) -> list[int]:
    """Return where the journalled pieces lie."""
    journal = target.with_name(target.name + JOURNAL)
    lines = journal.read_text().splitlines()[1:] if journal.is_file() else []
    return [int(line.split()[0]) for line in lines]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
