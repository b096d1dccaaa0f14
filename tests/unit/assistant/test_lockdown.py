"""Giving rights up: what a locked process cannot do any more, in any thread, and what it still can."""

import json
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.lockdown import landlock, seccomp
from assistant.lockdown.syscalls import DEADLY, NUMBERS, READING, computing

ROOT = Path(__file__).parents[3]

CHILD = """
import ctypes, fcntl, json, os, resource, socket, subprocess, sys, threading, time
from pathlib import Path
from assistant.lockdown import Profile, landlock, lock_down, seccomp
from assistant.lockdown.kernel import prctl
from assistant.lockdown.syscalls import computing

folder = Path(sys.argv[1])
unix, tcp = socket.socket(socket.AF_UNIX), socket.socket()
libc = ctypes.CDLL(None, use_errno=True)
"""
EVERY_THREAD = """
can_start, ends = threading.Event(), []

def attempt():
    {attempt}

def run():
    can_start.wait()
    try:
        attempt()
        ends.append("done")
    except OSError as error:
        ends.append(type(error).__name__)

early = threading.Thread(target=run)
early.start()
lock_down(Profile(max_file_bytes=1 << 20))
can_start.set()
late = threading.Thread(target=run)
late.start()
early.join()
late.join()
run()
print(json.dumps(ends))
"""


def run_child(code: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run `code` after `CHILD` in a process of its own; `folder` is its to play with."""
    command = [sys.executable, "-c", CHILD + code, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)


def answer(code: str, folder: Path):
    """What the child prints last, as JSON."""
    child = run_child(code, folder)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def walls(tmp_path_factory) -> str:
    """Which walls this kernel offers, by trying."""
    code = "print(json.dumps(str(lock_down(Profile(max_file_bytes=1 << 20)))))"
    return answer(code, tmp_path_factory.mktemp("walls"))


@pytest.fixture
def seccomp_here(walls) -> None:
    """Skip where the kernel, or the container, offers no seccomp."""
    if "seccomp" not in walls.partition("missing")[0]:
        pytest.skip(f"the lock-down offered here: {walls}")


@pytest.fixture
def landlock_here(walls) -> None:
    """Skip where the kernel, or the container, offers no Landlock."""
    if "Landlock" not in walls.partition("missing")[0]:
        pytest.skip(f"the lock-down offered here: {walls}")


@pytest.fixture
def folder(tmp_path):
    """A file, and a listening Unix socket."""
    (tmp_path / "file").write_text("content")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        yield tmp_path


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket()",
        "socket.socketpair()",
        "unix.connect(str(folder / 'socket'))",
        "tcp.connect(('127.0.0.1', 9))",
        "tcp.bind(('127.0.0.1', 0))",
        "os.fork() or os._exit(0)",
        "subprocess.run(['/bin/true'])",
        "os.execv('/bin/true', ['true'])",
        "open(folder / 'new', 'w')",
        "open(folder / 'file', 'a')",
        "open(folder / 'file')",
        "open('/etc/passwd')",
        "os.listdir('/')",
        "os.stat(folder)",
        "os.unlink(folder / 'file')",
        "os.rename(folder / 'file', folder / 'new')",
        "os.chmod(folder / 'file', 0)",
        "os.truncate(folder / 'file', 0)",
        "os.mkdir(folder / 'new')",
        "os.kill(os.getppid(), 0)",
        "fcntl.fcntl(tcp, fcntl.F_SETOWN, os.getppid())",
        "resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
        "prctl(4, 1)",
    ],
)
@pytest.mark.usefixtures("seccomp_here")
def test_whatever_is_not_computing_is_refused_in_every_thread(attempt, folder) -> None:
    """The thread that locked down, one that was there before and one that came later: all get "not permitted"."""
    ends = answer(EVERY_THREAD.format(attempt=attempt), folder)

    assert ends == ["PermissionError"] * 3
    assert (folder / "file").read_text() == "content"
    assert not (folder / "new").exists()


@pytest.mark.usefixtures("seccomp_here")
def test_what_only_an_attacker_tries_ends_the_process(folder) -> None:
    """No library probes for ptrace or mount: there is nothing to be answered."""
    child = run_child("lock_down(Profile(max_file_bytes=0)); libc.ptrace(0, 0, 0, 0)", folder)

    assert child.returncode == -signal.SIGSYS


@pytest.mark.usefixtures("seccomp_here")
def test_computing_goes_on(folder) -> None:
    """Memory, threads, clocks, randomness and the pipes that are open already."""
    code = """
lock_down(Profile(max_file_bytes=0))
numbers = []
threads = [threading.Thread(target=lambda: numbers.append(len(bytearray(32 << 20)))) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
time.sleep(0.001)
print(json.dumps([sum(numbers) >> 20, len(os.urandom(8)), time.monotonic() > 0]))
"""
    assert answer(code, folder) == [128, 8, True]


@pytest.mark.usefixtures("seccomp_here")
def test_a_failed_assertion_of_a_library_still_ends_it(folder) -> None:
    """`abort` is a signal to oneself."""
    assert run_child("lock_down(Profile(max_file_bytes=0)); os.abort()", folder).returncode == -signal.SIGABRT


@pytest.mark.usefixtures("seccomp_here")
def test_an_open_file_grows_to_its_limit_and_no_further(folder) -> None:
    """A log is no way to fill a disk."""
    code = """
log = open(folder / "log", "wb", buffering=0)
lock_down(Profile(max_file_bytes=4096))
try:
    while log.write(bytes(1000)): pass
except OSError as error:
    print(json.dumps(error.strerror))
"""
    assert answer(code, folder) == "File too large"
    assert (folder / "log").stat().st_size == 4096


@pytest.mark.usefixtures("seccomp_here", "landlock_here")
def test_a_readable_folder_is_read_and_nothing_else(folder) -> None:
    """Not its neighbours, and not for writing."""
    (folder / "open").mkdir()
    (folder / "open" / "file").write_text("readable")
    code = """
lock_down(Profile(readable=(folder / "open",), max_file_bytes=1 << 20))
ends = [(folder / "open" / "file").read_text()]
for path, mode in ((folder / "file", "r"), (folder / "open" / "file", "a"), (folder / "open" / "new", "w")):
    try:
        open(path, mode)
    except PermissionError:
        ends.append("refused")
print(json.dumps(ends))
"""
    assert answer(code, folder) == ["readable", "refused", "refused", "refused"]


@pytest.mark.usefixtures("landlock_here")
def test_landlock_stands_without_seccomp(folder) -> None:
    """Files and, where the kernel is new enough, TCP."""
    code = """
prctl(38, 1)
landlock.only_read(())
ends = []
for act in (lambda: open(folder / "file"), lambda: open(folder / "new", "w"), lambda: tcp.connect(("127.0.0.1", 9))):
    try:
        act()
    except OSError as error:
        ends.append(type(error).__name__)
print(json.dumps(ends))
"""
    files = ["PermissionError", "PermissionError"]
    tcp = "PermissionError" if landlock.version() >= landlock.FIRST_WITH_TCP else "ConnectionRefusedError"
    assert answer(code, folder) == [*files, tcp]


@pytest.mark.usefixtures("seccomp_here", "landlock_here")
def test_a_listable_folder_shows_names_and_no_more(folder) -> None:
    """Files may be readable one by one, within a folder whose other files are not."""
    code = """
lock_down(Profile(readable=(folder / "file",), listable=(folder,), max_file_bytes=0))
ends = [sorted(os.listdir(folder)), (folder / "file").read_text()]
try:
    open(folder / "socket")
except PermissionError:
    ends.append("refused")
print(json.dumps(ends))
"""
    assert answer(code, folder) == [["file", "socket"], "content", "refused"]


@pytest.mark.usefixtures("seccomp_here")
def test_walls_are_made_ready_once_and_built_by_every_child(folder) -> None:
    """The parent stays as free as it was."""
    code = """
from assistant.lockdown import Walls
walls, ends = Walls(Profile(readable=(folder,), max_file_bytes=0)), []
for _ in range(3):
    pid = os.fork()
    if not pid:
        walls.build()
        try:
            socket.socket()
        except PermissionError:
            os._exit(7)
    ends.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
socket.socket().close()
print(json.dumps(ends))
"""
    assert answer(code, folder) == [7, 7, 7]


@pytest.mark.usefixtures("seccomp_here")
def test_what_a_hostile_program_tries_is_refused_and_does_not_end_it(folder) -> None:
    """So that its verdict is its own; and it cannot even signal itself."""
    code = """
lock_down(Profile(max_file_bytes=0, is_hostile=True))
pid = os.getpid()
print(json.dumps([libc.ptrace(0, 0, 0, 0), libc.mount(None, None, None, 0, None), libc.tgkill(pid, pid, 0)]))
"""
    assert answer(code, folder) == [-1, -1, -1]


@pytest.mark.usefixtures("seccomp_here")
def test_a_pair_of_sockets_reaches_nobody_else(folder) -> None:
    """An event loop wakes itself up with one; an address would lead out of it."""
    code = """
from assistant.lockdown.syscalls import TALKING_TO_ITSELF
lock_down(Profile(max_file_bytes=0, more=TALKING_TO_ITSELF))
one, other = socket.socketpair(type=socket.SOCK_DGRAM)
one.send(b"x")
ends = [other.recv(1).decode()]
try:
    one.sendto(b"x", str(folder / "socket"))
except PermissionError:
    ends.append("refused")
print(json.dumps(ends))
"""
    assert answer(code, folder) == ["x", "refused"]


@pytest.mark.usefixtures("seccomp_here")
def test_capabilities_are_given_up(folder) -> None:
    """Root keeps its name and nothing else."""
    code = """
from assistant.lockdown import drop_capabilities
drop_capabilities()
lines = Path("/proc/self/status").read_text().splitlines()
print(json.dumps([line.split()[1].strip("0") for line in lines if line.startswith(("CapEff", "CapPrm", "CapInh"))]))
"""
    assert answer(code, folder) == ["", "", ""]


@pytest.mark.usefixtures("seccomp_here")
def test_a_wall_that_cannot_be_built_is_named(folder) -> None:
    """As in a container whose own rules forbid both: the program runs on, and knows."""
    code = """
prctl(38, 1)
seccomp.allow_only({**computing(os.getpid()), "prctl": None})
report = lock_down(Profile(max_file_bytes=1 << 20))
print(json.dumps([report.applied, report.missing, str(report)]))
"""
    applied, missing, text = answer(code, folder)

    assert applied == []
    assert [reason.partition(" ")[0] for reason in missing] == ["Landlock", "seccomp"]
    assert text == f"nothing; missing: {missing[0]}, {missing[1]}"


CALLS = {"x86_64": {"socket": 41, "execve": 59, "fork": 57}, "aarch64": {"socket": 198, "execve": 221}}
"""Not in the table, because nothing needs them."""


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_both_machines_have_the_same_rules(machine, column) -> None:
    """The filter, run by hand: listed calls pass, others are refused, younger ones are unknown, and the rest kills."""
    program = seccomp.filter_program({**computing(7), **READING}, machine)
    numbers = {name: pair[column] for name, pair in NUMBERS.items() if pair[column] is not None}
    architecture = seccomp.ARCHITECTURES[column]

    def end(number: int, *arguments: int, architecture: int = architecture) -> int:
        return verdict(program, struct.pack("=IIQ6Q", number, architecture, 0, *arguments, *[0] * (6 - len(arguments))))

    assert end(numbers["read"]) == seccomp.ALLOW
    assert {end(number) for number in CALLS[machine].values()} == {seccomp.REFUSE}
    assert end(435) == seccomp.NO_SUCH_CALL  # clone3: its flags lie in memory, where no filter sees them
    assert {end(numbers[name]) for name in DEADLY} == {seccomp.KILL_PROCESS}
    assert end(numbers["read"], architecture=0x40000003) == seccomp.KILL_PROCESS
    assert end(numbers["read"] | seccomp.X32_CALLS) == seccomp.KILL_PROCESS
    assert end(numbers["clone"], 0x3D0F00) == seccomp.ALLOW  # the flags of pthread_create
    assert end(numbers["clone"], 17) == seccomp.REFUSE  # of fork
    assert end(numbers["clone"], 0x3D0F00 | 0x10000000) == seccomp.REFUSE  # a thread in a user namespace of its own
    assert [end(numbers["tgkill"], pid, pid, 6) for pid in (7, 8)] == [seccomp.ALLOW, seccomp.REFUSE]
    assert [end(numbers["openat"], 0, 0, flags) for flags in (0o2000000, 0o2000001, 0o100)] == [
        seccomp.ALLOW,
        seccomp.REFUSE,
        seccomp.REFUSE,
    ]


def verdict(program: bytes, data: bytes) -> int:
    """A machine for the five instructions that the filter is made of."""
    accumulator, at = 0, 0
    while True:
        code, skip_if, skip_else, operand = struct.unpack_from("=HBBI", program, 8 * at)
        at += 1
        match code:
            case seccomp.LOAD:
                (accumulator,) = struct.unpack_from("=I", data, operand)
            case seccomp.AND:
                accumulator &= operand
            case seccomp.IF_EQUAL:
                at += skip_if if accumulator == operand else skip_else
            case seccomp.IF_AT_LEAST:
                at += skip_if if accumulator >= operand else skip_else
            case _:
                assert code == seccomp.RETURN
                return operand
