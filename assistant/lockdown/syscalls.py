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
TIOCGWINSZ, FIONREAD = 0x5413, 0x541B
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

RUNNING_PROGRAMS: Rules = {
    **TALKING_TO_ITSELF,
    **dict.fromkeys(("fork", "vfork", "execve", "wait4", "waitid", "getpgid", "getpgrp", "getsid", "pause")),
    "clone": OnlyIf(0, (0,), mask=CLONE_NAMESPACES),
    **dict.fromkeys(("open", "openat", "creat", "truncate", "ftruncate", "fallocate", "umask", "chdir", "fchdir")),
    **dict.fromkeys(("mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2")),
    **dict.fromkeys(("link", "linkat", "symlink", "symlinkat", "fsync", "fdatasync", "flock", "statfs", "fstatfs")),
    **dict.fromkeys(("pwrite64", "preadv", "pwritev", "sendfile", "copy_file_range", "splice", "fadvise64")),
    **dict.fromkeys(("readahead", "getdents", "getgroups", "getresuid", "getresgid", "getpriority", "setpriority")),
    **dict.fromkeys(("arch_prctl", "eventfd2", "sched_setaffinity", "rt_sigsuspend", "rt_sigtimedwait")),
    **dict.fromkeys(("rt_sigpending", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr")),
    **dict.fromkeys(("capget", "mincore", "msync", "setrlimit")),
    "ioctl": OnlyIf(1, (TCGETS, FIONBIO, FIOCLEX, TIOCGWINSZ, FIONREAD)),
}
"""Programs of any kind that work with files: which files is Landlock's to say, and without it nothing of this is safe.
No sockets but pairs, no signals, no sessions or groups of their own: whoever watches them finds all of them."""

OWNERS_AND_TIMES = (
    *("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat"),
    *("utime", "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr"),
)
"""Landlock does not refuse these anywhere; copying programs mind when they fail, and not when nothing comes of them."""

DEADLY = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "bpf", "perf_event_open", "userfaultfd"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "keyctl", "add_key", "request_key"),
)
"""Nothing that computes ever tries these: whoever does is ended at once."""

NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "access": (21, None), "add_key": (248, 217), "alarm": (37, None), "arch_prctl": (158, None), "bpf": (321, 280),
    "brk": (12, 214), "capget": (125, 90), "capset": (126, 91), "chdir": (80, 49), "chmod": (90, None),
    "chown": (92, None), "chroot": (161, 51), "clock_getres": (229, 114), "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115), "clone": (56, 220), "close": (3, 57), "copy_file_range": (326, 285),
    "creat": (85, None), "delete_module": (176, 106), "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_pwait": (281, 22), "epoll_wait": (232, None),
    "eventfd2": (290, 19), "execve": (59, 221), "exit": (60, 93), "exit_group": (231, 94), "faccessat": (269, 48),
    "fadvise64": (221, 223), "fallocate": (285, 47), "fchdir": (81, 50), "fchmod": (91, 52), "fchmodat": (268, 53),
    "fchown": (93, 55), "fchownat": (260, 54), "fcntl": (72, 25), "fdatasync": (75, 83), "fgetxattr": (193, 10),
    "finit_module": (313, 273), "flistxattr": (196, 13), "flock": (73, 32), "fork": (57, None), "fsetxattr": (190, 7),
    "fstat": (5, 80), "fstatfs": (138, 44), "fsync": (74, 82), "ftruncate": (77, 46), "futex": (202, 98),
    "futimesat": (261, None), "getcpu": (309, 168), "getcwd": (79, 17), "getdents": (78, None), "getdents64": (217, 61),
    "getegid": (108, 177), "geteuid": (107, 175), "getgid": (104, 176), "getgroups": (115, 158), "getitimer": (36, 102),
    "getpgid": (121, 155), "getpgrp": (111, None), "getpid": (39, 172), "getppid": (110, 173),
    "getpriority": (140, 141), "getrandom": (318, 278), "getresgid": (120, 150), "getresuid": (118, 148),
    "getrlimit": (97, 163), "getrusage": (98, 165), "getsid": (124, 156), "gettid": (186, 178),
    "gettimeofday": (96, 169), "getuid": (102, 174), "getxattr": (191, 8), "init_module": (175, 105), "ioctl": (16, 29),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "lchown": (94, None),
    "lgetxattr": (192, 9), "link": (86, None), "linkat": (265, 37), "listxattr": (194, 11), "llistxattr": (195, 12),
    "lseek": (8, 62), "lsetxattr": (189, 6), "lstat": (6, None), "madvise": (28, 233), "membarrier": (324, 283),
    "mincore": (27, 232), "mkdir": (83, None), "mkdirat": (258, 34), "mmap": (9, 222), "mount": (165, 40),
    "mprotect": (10, 226), "mremap": (25, 216), "msync": (26, 227), "munmap": (11, 215), "nanosleep": (35, 101),
    "newfstatat": (262, 79), "open": (2, None), "openat": (257, 56), "pause": (34, None), "perf_event_open": (298, 241),
    "pipe": (22, None), "pipe2": (293, 59), "pivot_root": (155, 41), "poll": (7, None), "ppoll": (271, 73),
    "prctl": (157, 167), "pread64": (17, 67), "preadv": (295, 69), "prlimit64": (302, 261),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pselect6": (270, 72), "ptrace": (101, 117),
    "pwrite64": (18, 68), "pwritev": (296, 70), "read": (0, 63), "readahead": (187, 213), "readlink": (89, None),
    "readlinkat": (267, 78), "readv": (19, 65), "recvfrom": (45, 207), "rename": (82, None), "renameat": (264, 38),
    "renameat2": (316, 276), "request_key": (249, 218), "restart_syscall": (219, 128), "rmdir": (84, None),
    "rseq": (334, 293), "rt_sigaction": (13, 134), "rt_sigpending": (127, 136), "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137),
    "sched_getaffinity": (204, 123), "sched_getparam": (143, 121), "sched_getscheduler": (145, 120),
    "sched_setaffinity": (203, 122), "sched_yield": (24, 124), "seccomp": (317, 277), "select": (23, None),
    "sendfile": (40, 71), "sendto": (44, 206), "set_robust_list": (273, 99), "set_tid_address": (218, 96),
    "setitimer": (38, 103), "setns": (308, 268), "setpriority": (141, 140), "setrlimit": (160, 164),
    "setxattr": (188, 5), "sigaltstack": (131, 132), "socketpair": (53, 199), "splice": (275, 76), "stat": (4, None),
    "statfs": (137, 43), "statx": (332, 291), "symlink": (88, None), "symlinkat": (266, 36), "sysinfo": (99, 179),
    "tgkill": (234, 131), "time": (201, None), "times": (100, 153), "truncate": (76, 45), "umask": (95, 166),
    "umount2": (166, 39), "uname": (63, 160), "unlink": (87, None), "unlinkat": (263, 35), "unshare": (272, 97),
    "userfaultfd": (323, 282), "utime": (132, None), "utimensat": (280, 88), "utimes": (235, None), "vfork": (58, None),
    "wait4": (61, 260), "waitid": (247, 95), "write": (1, 64), "writev": (20, 66),
}  # fmt: skip
"""asm/unistd_64.h and asm-generic/unistd.h of Linux; None where a machine has no such call."""
