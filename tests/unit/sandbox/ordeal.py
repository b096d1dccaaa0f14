"""Runs every hostile program, one after the other, and looks after each what it did.

`python -m tests.unit.sandbox.ordeal FOLDER box|bare` prints JSON: a program, so that another user can run it.
"""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from assistant.lockdown import adopt_orphans
from assistant.sandbox.programs import ProgramRunner
from tests.unit.sandbox.hostile import ALL, verdict


def main() -> None:
    """Go through all of them."""
    folder, boxed = Path(sys.argv[1]), sys.argv[2] == "box"
    adopt_orphans()
    with canaries(folder) as places, ProgramRunner(1, boxed=boxed) as runner:
        before, found = state(folder), {}
        right = ALL[0].job(places)
        runner.run_all([right])
        descriptors = num_descriptors()
        for hostile in ALL:
            workers = descendants()
            (results,) = runner.stream([hostile.job(places)])
            found[hostile.name] = {
                "verdict": verdict(results),
                "reason": results.sandbox_error,
                "others": sorted(descendants() - workers),
                "changed": state(folder) != before,
                "descriptors": num_descriptors() - descriptors,
                "next": verdict(runner.run_all([right])[0]),
            }
        print(json.dumps({"tier": str(runner.tier), "found": found}))


@contextlib.contextmanager
def canaries(folder: Path) -> Iterator[dict[str, str]]:
    """Files to be left alone, sockets to be left unheard."""
    for name in ("canary", ".env"):
        (folder / name).write_text("SECRET=1\n")
        (folder / name).chmod(0o666)
        os.utime(folder / name, (1e9, 1e9))
    (folder / "empty").mkdir()
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as named,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        named.bind(str(folder / "socket"))
        abstract.bind("\0cairn-canary-" + str(os.getpid()))
        abstract.listen()
        os.environ["CANARY"] = "x"
        yield {"FOLDER": str(folder), "PORT": str(server.getsockname()[1]), "JUDGE": str(os.getpid())}
        for each in (server, named, abstract):
            each.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                each.recv(1) if each is named else each.accept()
                raise AssertionError("a program has reached a socket")


def state(folder: Path) -> list[object]:
    """Names, contents, modes and times of all that is in a folder."""
    found: list[object] = [(folder.stat().st_mode, folder.stat().st_mtime_ns)]
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found.append((str(path), status.st_mode, status.st_uid, status.st_mtime_ns, status.st_size, content))
    return found


def descendants() -> set[int]:
    """The processes that this one has started, and those that they have started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(ValueError, OSError):
            pid = int(entry.name)
            parents[pid] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found, before = {os.getpid()}, 0
    while len(found) != before:
        before = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


def num_descriptors() -> int:
    """How many this process has open."""
    return len(os.listdir("/proc/self/fd"))


if __name__ == "__main__":
    main()
