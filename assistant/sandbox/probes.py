"""The self-test of the fence: programs that try what it must refuse."""

import contextlib
import os
import socket
import tempfile
from collections.abc import Generator
from pathlib import Path

from assistant.sandbox.jobs import Job, request_of, run_on
from assistant.sandbox.process import Worker
from assistant.sandbox.replies import check_fence

ATTEMPTS = {
    "read a file": "open(folder + '/canary').read()",
    "list a folder": "os.listdir(folder)",
    "write a file": "open(folder + '/new', 'w')",
    "write into its own folder": "open('new', 'w')",
    "change a mode": "os.chmod(folder, 0o777)",
    "change a time": "os.utime(folder)",
    "delete a file": "os.unlink(folder + '/canary')",
    "connect over TCP": "socket.create_connection(('127.0.0.1', port), 1)",
    "connect to a Unix socket": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).connect(folder + '/socket')",
    "send from a pair": "socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', folder + '/socket')",
    "start a process": "os.fork() or os._exit(0)",
    "start a program": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "signal the judge": "os.kill(pid, 0)",
    "have others signalled": "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "see variables": "os.environ['PATH']",
    "hold more memory": "bytearray(1 << 30)",
    "grow a file": "grow()",
    "raise a limit": "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))",
    "open many files": "[os.dup(0) for _ in range(64)]",
    "act as root": "os.setuid(0) if os.getuid() else os.chroot('/')",
}
"""A line of Python each, which must raise."""

PROGRAM = """
import fcntl, os, resource, socket, sys

def grow():
    if any(resource.getrlimit(resource.RLIMIT_FSIZE)):
        return
    raise OSError

def probe(folder, port, pid):
    try:
        {attempt}
    except (OSError, MemoryError, KeyError, ValueError):
        return True
    return False
"""

ENDLESS = {
    "sleep for ever": ("import time\ntime.sleep(60)", "timeout"),
    "print for ever": ("while True: print('x' * 4096)", "output_limit"),
    "write results for ever": ("import os\nwhile True: os.write(4, b'x' * 4096)", "output_limit"),
}


def holes(worker: Worker, *, needs_all: bool) -> list[str]:
    """What a program could do that it must not.

    Raises:
        WorkerError: Programs cannot be run at all.
    """
    with _surroundings() as (folder, port):
        arguments = (str(folder), port, os.getpid())
        found: list[str] = []
        for name, attempt in ATTEMPTS.items():
            job = Job(program=PROGRAM.format(attempt=attempt), entry_point="probe", inputs=(arguments,), wall_s=10)
            if run_on(worker, job, needs_all=needs_all).values != ("true",):
                found.append(name)
        for name, (program, end) in ENDLESS.items():
            wall_s = 0.3 if end == "timeout" else 10.0
            if run_on(worker, Job(program=program, wall_s=wall_s), needs_all=needs_all).ended != end:
                found.append(name)
        if {each.name for each in folder.iterdir()} != {"canary", "socket"}:
            found.append("change a folder")
    return found


def layers(worker: Worker) -> tuple[list[str], list[str]]:
    """Which layers the process of an empty program says stand, and which are missing. Raises `WorkerError`."""
    request = request_of(Job(program=""), None, needs_all=False)
    ready = check_fence(worker.run(request).lines.partition(b"\n")[0])
    return ready["ready"], ready["missing"]


@contextlib.contextmanager
def _surroundings() -> Generator[tuple[Path, int]]:
    """A folder with a file and a listening socket, open to all, and a port that listens."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as server:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "canary").write_text("x")
        (folder / "canary").chmod(0o666)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(folder / "socket"))
            (folder / "socket").chmod(0o666)
            yield folder, server.getsockname()[1]
