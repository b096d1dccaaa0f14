"""The process that watches a run, and the one that becomes it. `python -I -m assistant.running.inside`.

A job comes in as a line of JSON on stdin, which stays open: when it closes, all ends. What the program prints goes to
stdout; a report, a line of JSON, to stderr. The program's process gives its rights up before it is the program; it can
leave neither its session nor its group, so that killing the group ends everything it has started.
"""

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from assistant.lockdown import Profile, drop_capabilities, lock_down
from assistant.lockdown.syscalls import OWNERS_AND_TIMES, RUNNING_PROGRAMS

LOOK_S = 0.1
MAX_MORE_TASKS = 64
_FIRST_FREE, _MAX_OPEN = 3, 256
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")
_SETTINGS = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "timezone", "passwd", "group"),
    *("nsswitch.conf", "hosts", "mime.types", "python3", "perl", "gitconfig", "bash.bashrc", "inputrc", "terminfo"),
)


def main() -> None:
    """Run one job."""
    job = json.loads(sys.stdin.readline())
    reason, tell = os.pipe()
    os.set_inheritable(tell, False)
    pid = os.fork()
    if not pid:
        become(job, tell)
    os.close(tell)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)  # the program's output ends with the program
    refusal = os.read(reason, 4096).decode("utf-8", "replace")
    ended = watch(pid, job)
    _, status, usage = os.wait4(pid, 0)
    report = {"refusal": refusal, "ended": ended, "exit_code": os.waitstatus_to_exitcode(status)}
    sys.stderr.write(json.dumps(report | {"cpu_s": usage.ru_utime + usage.ru_stime}) + "\n")


def watch(pid: int, job: dict[str, Any]) -> str:
    """Wait for the end of the program, or end it: why it ended."""
    ending = os.pidfd_open(pid)
    deadline_s = time.monotonic() + job["wall_s"]
    ended = ""
    while not ended:
        ready, _, _ = select.select([ending, sys.stdin], [], [], LOOK_S)
        if ending in ready:
            ended = "itself"
        elif sys.stdin in ready:
            ended = "stopped"
        elif time.monotonic() > deadline_s:
            ended = "timeout"
        elif size_of(job["scratch"]) > job["scratch_bytes"]:
            ended = "disk"
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return ended


def size_of(folder: str) -> int:
    """Bytes of the files below it."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
    return total


def become(job: dict[str, Any], tell: int) -> NoReturn:
    """Give up every right that the program shall not have, then be it. Why that failed goes to `tell`."""
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(1, 2)
        os.dup2(tell, _FIRST_FREE, inheritable=False)
        os.closerange(_FIRST_FREE + 1, _MAX_OPEN)
        tell = _FIRST_FREE
        os.chdir(job["folder"])
        _limit(job)
        drop_capabilities()
        report = lock_down(profile(job))
        if report.missing:
            raise OSError(f"missing: {', '.join(report.missing)}")
        os.execve(job["command"][0], job["command"], job["environment"])  # noqa: S606 - what a person said yes to
    except (OSError, ValueError) as error:
        os.write(tell, str(error).encode() or b"it could not be started")
    finally:
        os._exit(126)


def profile(job: dict[str, Any]) -> Profile:
    """What the program may do."""
    readable = [Path("/etc") / name for name in _SETTINGS] + [Path(name) for name in _DEVICES] + [Path(job["folder"])]
    return Profile(
        readable=tuple(each for each in readable if each.exists()),
        executable=tuple(Path(each) for each in job["places"]),
        writable=(Path(job["scratch"]), Path(os.devnull)),
        max_file_bytes=job["file_bytes"],
        more=RUNNING_PROGRAMS,
        pretended=OWNERS_AND_TIMES,
        is_hostile=True,
    )


def _limit(job: dict[str, Any]) -> None:
    for which, value in (
        (resource.RLIMIT_CPU, job["cpu_s"]),
        (resource.RLIMIT_AS, job["memory_bytes"]),
        (resource.RLIMIT_NOFILE, _MAX_OPEN),
        (resource.RLIMIT_NPROC, _num_tasks() + MAX_MORE_TASKS),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))


def _num_tasks() -> int:
    """Threads of this user's processes: the limit counts them all."""
    total = 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():
                total += len(os.listdir(f"/proc/{name}/task"))
    return total


if __name__ == "__main__":
    main()
