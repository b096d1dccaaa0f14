"""Run by test_hostile_inputs: `cairn convert` on every broken input, each in a fork of one warm process.

A line of JSON for each: the exit code, what was printed, whether the target's folder is as it was, the memory it took.
"""

import contextlib
import io
import json
import os
import resource
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from assistant import cli
from tests.unit.convert.broken_checkpoints import Case, write_whole
from tests.unit.convert.hostile_corpus import CORPUS

MOST_BYTES = 256 << 20
MOST_SECONDS = 60
"""A hang ends here; nothing is measured by it."""


def main(scratch: Path) -> None:
    """Convert a whole checkpoint, so that every library is loaded; then every broken one."""
    (scratch / "whole").mkdir()
    write_whole(scratch / "whole")
    code, printed = convert(scratch / "whole", Case(breaks=write_whole, says=""))
    assert code == 0, printed
    for number, (name, case) in enumerate(CORPUS.items()):
        place = scratch / str(number)
        place.mkdir()
        in_fork(prepare, place, case)
        in_fork(report, place, name, case)


def in_fork(work: Callable[..., None], *args: object) -> None:
    """Run something in a child; a fault or a hang ends the child alone."""
    child = os.fork()
    if not child:
        signal.alarm(MOST_SECONDS)
        work(*args)
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)


def prepare(place: Path, case: Case) -> None:
    write_whole(place)
    case.breaks(place)


def report(place: Path, name: str, case: Case) -> None:
    """Print what became of one case."""
    before, old_bytes = snapshot(place / "out"), status_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    resource.setrlimit(resource.RLIMIT_AS, (status_bytes("VmSize") + MOST_BYTES, resource.RLIM_INFINITY))
    if case.most_file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (case.most_file_bytes, resource.RLIM_INFINITY))
    code, printed = convert(place, case)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    found = {
        "name": name,
        "code": code,
        "printed": printed,
        "is_untouched": snapshot(place / "out") == before,
        "peak_bytes": status_bytes("VmHWM") - old_bytes,
    }
    print(json.dumps(found), flush=True)


def convert(place: Path, case: Case) -> tuple[int, str]:
    """Run the command as its script does; return the exit code and stderr."""
    os.chdir(place)
    os.environ.update(case.environ)
    sys.argv = ["cairn", "convert", case.src, case.dst, "--type", case.file_type]
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(io.StringIO()):
        try:
            cli.main()
        except SystemExit as end:
            return int(end.code or 0), printed.getvalue()
    raise AssertionError("the command always ends in an exit code")


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return kind and content of everything in a folder."""
    return {
        path.name: (path.lstat().st_mode, path.read_bytes() if stat.S_ISREG(path.lstat().st_mode) else b"")
        for path in folder.iterdir()
    }


def status_bytes(key: str) -> int:
    """Return a size of this process from the system's own books."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
