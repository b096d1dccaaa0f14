"""The warm interpreter that forks a process for every program. Run as a script, alone or in a box of bubblewrap.

It never sees a job: a fork shares its memory, so what it knew every later program could find. On its control socket
come the limits and three descriptors; the child's pid and pidfd go back, then how it ended. When that closes all ends.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # the interpreter was started without site-packages

from assistant.lockdown import adopt_orphans
from assistant.sandbox import child
from assistant.sandbox.fence import Fence
from assistant.sandbox.wire import ENDED, LIMITS, STARTED

sys.path.pop(0)

WARM = (
    *(
        "abc",
        "array",
        "bisect",
        "bz2",
        "calendar",
        "cmath",
        "collections",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
    ),
    *("enum", "fractions", "functools", "hashlib", "heapq", "io", "itertools", "json", "lzma", "math", "numbers"),
    *("operator", "queue", "random", "re", "statistics", "string", "textwrap", "threading", "time", "traceback"),
    *("typing", "unicodedata", "zlib"),
)
"""What programs import most, and what needs shared libraries that lie where no program may read."""


def serve(control: socket.socket) -> None:
    """One program after another until the control socket closes."""
    for _ in range(child.FIRST_FREE):
        os.open(os.devnull, os.O_RDONLY)  # a child puts its own descriptors under these numbers
    fence = Fence()
    gc.collect()
    gc.freeze()  # a child's collection then touches, and so copies, none of this
    control.send(json.dumps({"pid": os.getpid()}).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, LIMITS.size, 3)
        if not message:
            return
        cpu_s, memory_bytes, needs_all = LIMITS.unpack(message)
        pid = os.fork()
        if not pid:
            child.run(descriptors, cpu_s, memory_bytes, fence, needs_all=needs_all)
        for each in descriptors:
            os.close(each)
        if not attend(control, pid):
            return


def attend(control: socket.socket, pid: int) -> bool:
    """Report the child, wait for its end, end what it left; False: nobody is there any more to be told."""
    ending = os.pidfd_open(pid)
    try:
        socket.send_fds(control, [STARTED.pack(pid)], [ending])
        ready, _, _ = select.select([ending, control], [], [])
    except BrokenPipeError:
        ready = [control]
    end(pid)
    _, status, usage = os.wait4(pid, 0)
    os.close(ending)
    left_others = end_orphans()
    if control in ready and not is_open(control):
        return False
    with contextlib.suppress(BrokenPipeError):
        seconds = usage.ru_utime + usage.ru_stime
        control.send(ENDED.pack(status, usage.ru_maxrss << 10, seconds, left_others))
    return True


def end(pid: int) -> None:
    """End a child and its group, in whatever state they are."""
    for each in (os.killpg, os.kill):
        with contextlib.suppress(OSError):  # it has ended, or has not yet made its own group
            each(pid, signal.SIGKILL)


def end_orphans() -> bool:
    """End every process that a child has left behind; whether there was one."""
    there_were = False
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                there_were = True
                continue
        except ChildProcessError:
            return there_were
        there_were = True
        for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            end(int(pid))


def is_open(control: socket.socket) -> bool:
    """Nothing is sent while a program runs: what is readable then is the end."""
    return bool(control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))


def main() -> None:
    """Warm up, then serve."""
    adopt_orphans()
    for name in WARM:
        with contextlib.suppress(ImportError):  # a distributor may have left it out
            importlib.import_module(name)
    serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
