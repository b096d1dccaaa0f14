"""seccomp: which system calls this process may make, in every thread it has or will have.

The filter is a program of the classic BPF machine over `struct seccomp_data`.

Source: seccomp(2), linux/seccomp.h, linux/filter.h, linux/audit.h.
"""

import ctypes
import errno
import os
import struct
import sys

from assistant.lockdown.kernel import syscall
from assistant.lockdown.syscalls import DEADLY, FIRST_COMMON, MACHINES, NUMBERS, OnlyIf, Rules

SET_MODE_FILTER, FOR_ALL_THREADS = 1, 1

ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
REFUSE = 0x00050000 | errno.EPERM
PRETEND = 0x00050000
NO_SUCH_CALL = 0x00050000 | errno.ENOSYS

LOAD, AND, RETURN = 0x20, 0x54, 0x06
IF_EQUAL, IF_AT_LEAST = 0x15, 0x35

NUMBER_AT, ARCHITECTURE_AT, ARGUMENTS_AT = 0, 4, 16
ARCHITECTURES = (0xC000003E, 0xC00000B7)
"""AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64: in the order of `MACHINES`."""
X32_CALLS = 0x40000000
"""Numbers of x86-64's second set of calls start here: the same calls again, past every rule."""


def allow_only(rules: Rules) -> None:
    """Refuse every system call but those of `rules`, for good. The process must have set no-new-privileges.

    Raises:
        OSError: The kernel has no seccomp filters, a container's rules forbid them, or this machine has no table.
    """
    install(filter_program(rules, this_machine()))


def this_machine() -> str:
    """One of `MACHINES`. Raises `OSError` if it is none."""
    machine = os.uname().machine
    if machine not in MACHINES or sys.maxsize < 1 << 32:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    return machine


def install(program: bytes) -> None:
    """Filter the calls of this process by `program`, for good. Raises `OSError`."""
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    thread = syscall(number_of("seccomp"), SET_MODE_FILTER, FOR_ALL_THREADS, header)
    if thread:
        raise OSError(errno.ESRCH, f"thread {thread} has rules of its own")


def number_of(name: str) -> int:
    """The number of a call that both machines have. Raises `OSError` on another machine."""
    number = NUMBERS[name][MACHINES.index(this_machine())]
    assert number is not None
    return number


def filter_program(rules: Rules, machine: str, *, is_deadly: bool = True, pretended: tuple[str, ...] = ()) -> bytes:
    """The filter for `machine`, instructions of 8 bytes each.

    Args:
        rules: What is allowed.
        machine: One of `MACHINES`.
        is_deadly: Calls of `DEADLY` end the process.
        pretended: Calls that return success without being made.
    """
    column = MACHINES.index(machine)
    program = [
        _load(ARCHITECTURE_AT), _instruction(IF_EQUAL, ARCHITECTURES[column], skip_if=1), _return(KILL_PROCESS),
        _load(NUMBER_AT), _instruction(IF_AT_LEAST, X32_CALLS, skip_else=1), _return(KILL_PROCESS),
    ]  # fmt: skip
    for name, condition in rules.items():
        program += _rule(NUMBERS[name][column], _allow_if(condition) if condition else [_return(ALLOW)])
    for name in pretended:
        program += _rule(NUMBERS[name][column], [_return(PRETEND)])
    for name in DEADLY if is_deadly else ():
        program += _rule(NUMBERS[name][column], [_return(KILL_PROCESS)])
    program += [_instruction(IF_AT_LEAST, FIRST_COMMON, skip_else=1), _return(NO_SUCH_CALL), _return(REFUSE)]
    return b"".join(program)


def _rule(number: int | None, body: list[bytes]) -> list[bytes]:
    """Run `body`, which returns, for the call `number`."""
    return [] if number is None else [_instruction(IF_EQUAL, number, skip_else=len(body)), *body]


def _allow_if(condition: OnlyIf) -> list[bytes]:
    body = [_load(ARGUMENTS_AT + 8 * condition.index), _instruction(AND, condition.mask)]  # both are little-endian
    for value in condition.values:
        body += [_instruction(IF_EQUAL, value, skip_else=1), _return(ALLOW)]
    return [*body, _return(REFUSE)]


def _load(offset: int) -> bytes:
    return _instruction(LOAD, offset)


def _return(action: int) -> bytes:
    return _instruction(RETURN, action)


def _instruction(code: int, operand: int, *, skip_if: int = 0, skip_else: int = 0) -> bytes:
    """`struct sock_filter`: a jump skips so many instructions where its test holds, so many where it does not."""
    return struct.pack("=HBBI", code, skip_if, skip_else, operand)
