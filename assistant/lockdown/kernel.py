"""System calls that Python has no names for, by ctypes: a failed one raises `OSError`."""

import ctypes
import os
from typing import Any

_libc: Any = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def syscall(number: int, *arguments: int | bytes) -> int:
    """Make the system call `number`; integers are passed as 64 bits, bytes as a pointer to them."""
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_word, arguments)))


def prctl(option: int, value: int) -> None:
    """Change one attribute of this process or thread."""
    _checked(_libc.prctl(ctypes.c_int(option), *map(_word, (value, 0, 0, 0))))


def _word(argument: int | bytes) -> Any:
    return argument if isinstance(argument, bytes) else ctypes.c_ulong(argument)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
