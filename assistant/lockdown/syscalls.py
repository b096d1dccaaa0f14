"""What a process may ask of the kernel when it only computes, by name and number.

Whatever is not listed is refused. Numbers from `FIRST_COMMON` on are the same on both machines and younger than every
libc's fallback for them: they are answered with "no such call", so that the fallback is taken.
"""

from dataclasses import dataclass

MACHINES = ("x86_64", "aarch64")
"""The order of the numbers below; what `uname -m` says."""
FIRST_COMMON = 424
"""`pidfd_send_signal`, Linux 5.1 (asm-generic/unistd.h)."""

CLONE_THREAD, CLONE_NAMESPACES = 0x10000, 0x7E020000
O_WRITE = 0o20001103
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC and O_TMPFILE's own bit."""
OWNERLESS_FCNTL = (0, 1, 2, 3, 4, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC. F_SETOWN and F_SETSIG would send signals to others."""
TCGETS, FIONBIO, FIOCLEX = 0x5401, 0x5421, 0x5451
AF_UNIX = 1
PR_SET_NAME = 15


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """Allow a call only where the low 32 bits of its argument at `index`, under `mask`, are one of `values`."""

    index: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF


Rules = dict[str, OnlyIf | None]
"""Allowed calls; None: with any argument."""

OPEN_DESCRIPTORS = (
    *("read", "readv", "pread64", "write", "writev", "lseek", "close", "dup", "fstat"),
    *("poll", "ppoll", "select", "pselect6"),
)
MEMORY = ("mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "membarrier")
THREADS = (
    *("futex", "set_robust_list", "set_tid_address", "rseq", "gettid", "exit", "exit_group"),
    *("sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "getcpu"),
)
SIGNALS = ("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall")
CLOCKS = ("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "times")
ITSELF = (
    *("getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "uname", "sysinfo", "getrusage", "getrlimit"),
    "getrandom",
)


def computing(pid: int | None) -> Rules:
    """Open descriptors, memory, threads and clocks of process `pid` itself; None: one that cannot signal itself."""
    aborting: Rules = {"tgkill": OnlyIf(0, (pid,))} if pid is not None else {}  # abort() ends itself by it
    return {
        **aborting,
        **dict.fromkeys((*OPEN_DESCRIPTORS, *MEMORY, *THREADS, *SIGNALS, *CLOCKS, *ITSELF)),
        "clone": OnlyIf(0, (CLONE_THREAD,), mask=CLONE_THREAD | CLONE_NAMESPACES),
        "fcntl": OnlyIf(1, OWNERLESS_FCNTL),
        "ioctl": OnlyIf(1, (TCGETS,)),
        "prctl": OnlyIf(0, (PR_SET_NAME,)),
        "prlimit64": OnlyIf(0, (0,)),
    }


READING: Rules = {
    "open": OnlyIf(1, (0,), mask=O_WRITE),
    "openat": OnlyIf(2, (0,), mask=O_WRITE),
    **dict.fromkeys(("stat", "lstat", "newfstatat", "statx", "readlink", "readlinkat", "access", "faccessat")),
    **dict.fromkeys(("getdents64", "getcwd")),
}
"""Opening files to read them. Which ones is Landlock's to say."""

TALKING_TO_ITSELF: Rules = {
    **dict.fromkeys(("pipe", "pipe2", "dup2", "dup3", "recvfrom", "alarm", "setitimer", "getitimer")),
    **dict.fromkeys(("epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait")),
    "socketpair": OnlyIf(0, (AF_UNIX,)),
    "sendto": OnlyIf(5, (0,)),  # the length of an address: without one it stays within the pair
    "ioctl": OnlyIf(1, (TCGETS, FIONBIO, FIOCLEX)),
}
"""What an event loop wakes itself up with, and a program's own alarms."""

DEADLY = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "bpf", "perf_event_open", "userfaultfd"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "keyctl", "add_key", "request_key"),
)
"""Nothing that computes ever tries these: whoever does is ended at once."""

NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "access": (21, None), "add_key": (248, 217), "alarm": (37, None), "bpf": (321, 280), "brk": (12, 214),
    "capset": (126, 91), "chroot": (161, 51), "clock_getres": (229, 114), "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115), "clone": (56, 220), "close": (3, 57), "delete_module": (176, 106), "dup": (32, 23),
    "dup2": (33, None), "dup3": (292, 24), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_pwait": (281, 22), "epoll_wait": (232, None), "exit": (60, 93), "exit_group": (231, 94),
    "faccessat": (269, 48), "fcntl": (72, 25), "finit_module": (313, 273), "fstat": (5, 80), "futex": (202, 98),
    "getcpu": (309, 168), "getcwd": (79, 17), "getdents64": (217, 61), "getegid": (108, 177), "geteuid": (107, 175),
    "getgid": (104, 176), "getitimer": (36, 102), "getpid": (39, 172), "getppid": (110, 173), "getrandom": (318, 278),
    "getrlimit": (97, 163), "getrusage": (98, 165), "gettid": (186, 178), "gettimeofday": (96, 169),
    "getuid": (102, 174), "init_module": (175, 105), "ioctl": (16, 29), "kexec_file_load": (320, 294),
    "kexec_load": (246, 104), "keyctl": (250, 219), "lseek": (8, 62), "lstat": (6, None), "madvise": (28, 233),
    "membarrier": (324, 283), "mmap": (9, 222), "mount": (165, 40), "mprotect": (10, 226), "mremap": (25, 216),
    "munmap": (11, 215), "nanosleep": (35, 101), "newfstatat": (262, 79), "open": (2, None), "openat": (257, 56),
    "perf_event_open": (298, 241), "pipe": (22, None), "pipe2": (293, 59), "pivot_root": (155, 41), "poll": (7, None),
    "ppoll": (271, 73), "prctl": (157, 167), "pread64": (17, 67), "prlimit64": (302, 261),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pselect6": (270, 72), "ptrace": (101, 117),
    "read": (0, 63), "readlink": (89, None), "readlinkat": (267, 78), "readv": (19, 65), "recvfrom": (45, 207),
    "request_key": (249, 218), "restart_syscall": (219, 128), "rseq": (334, 293), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121), "sched_getscheduler": (145, 120), "sched_yield": (24, 124), "seccomp": (317, 277),
    "select": (23, None), "sendto": (44, 206), "set_robust_list": (273, 99), "set_tid_address": (218, 96),
    "setitimer": (38, 103), "setns": (308, 268), "sigaltstack": (131, 132), "socketpair": (53, 199), "stat": (4, None),
    "statx": (332, 291), "sysinfo": (99, 179), "tgkill": (234, 131), "time": (201, None), "times": (100, 153),
    "umount2": (166, 39), "uname": (63, 160), "unshare": (272, 97), "userfaultfd": (323, 282), "write": (1, 64),
    "writev": (20, 66),
}  # fmt: skip
"""asm/unistd_64.h and asm-generic/unistd.h of Linux; None where a machine has no such call."""
