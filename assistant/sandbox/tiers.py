"""How well programs are fenced on this system, found out by trying; and what happens where that is not well enough.

| tier | where | what |
|---|---|---|
| T3 | T2, and bubblewrap that works | T2 within one box: no network, no other processes, no other files |
| T2 | Linux 5.13 or later on x86-64 or ARM64 | limits, Landlock, seccomp; before 6.12 only seccomp stops signals |
| T1 | macOS, Windows | refused: use Linux, WSL 2 or a container. No layer of ours has been built for them |
| T0 | anything else, or a hole in a layer | refused |
| none | as T1 or T0, insisted upon | whatever stands; the report says what does not |
"""

import functools
import os
import platform
import subprocess
from dataclasses import dataclass, replace
from typing import Literal

from assistant.errors import CairnError
from assistant.sandbox import box, probes
from assistant.sandbox.process import Worker, WorkerError

Name = Literal["T3", "T2", "T1", "T0", "none"]
REFUSAL_HINT = (
    "Run it on Linux 5.13 or later (WSL 2 or a container that permits Landlock and seccomp will do), or pass "
    "i_accept_running_model_code_unsandboxed, which is recorded."
)


class SandboxError(CairnError):
    """The fence around programs failed: nothing can be said about the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A report to be kept with every result. Fields are JSON values."""

    name: Name
    layers: tuple[str, ...] = ()
    holes: tuple[str, ...] = ()
    """What programs can do, or which layer is missing."""
    accepted: bool = False
    """Whether somebody insisted on running programs all the same."""
    bubblewrap: str | None = None
    """The program that makes the box."""
    system: str = ""

    @property
    def is_safe(self) -> bool:
        """Whether programs may be run without anybody insisting."""
        return self.name in ("T3", "T2")

    def __str__(self) -> str:
        text = f"{self.name}: {', '.join(self.layers) or 'nothing'}"
        return f"{text}; holes: {', '.join(self.holes)}" if self.holes else text


def tier(*, boxed: bool | None = None, i_accept_running_model_code_unsandboxed: bool = False) -> Tier:
    """Try the fence on this system.

    Args:
        boxed: In bubblewrap; None: where it works.
        i_accept_running_model_code_unsandboxed: Report holes instead of refusing.

    Raises:
        SandboxError: There is a hole, and nobody insisted.
    """
    found = examine(boxed=boxed)
    if found.is_safe:
        return found
    if not i_accept_running_model_code_unsandboxed:
        raise SandboxError(
            f"programs of a model cannot be run safely here: {', '.join(found.holes)}", hint=REFUSAL_HINT
        )
    return replace(found, name="none", accepted=True)


def examine(*, boxed: bool | None = None) -> Tier:
    """The same, without refusing. Found out once in a process for each identity."""
    return _examined(boxed, os.geteuid() if os.name == "posix" else 0)


@functools.cache
def _examined(boxed: bool | None, user: int) -> Tier:
    system = f"{platform.platform()}, Python {platform.python_version()}, user {user}"
    if platform.system() != "Linux":
        name: Name = "T1" if platform.system() in ("Darwin", "Windows") else "T0"
        return Tier(name=name, holes=(f"no fence was built for {platform.system()}",), system=system)
    program = box.bubblewrap() if boxed is not False else None
    if program:
        in_box = _tried(program, system)
        if in_box.layers or boxed:  # a box that cannot be made is no hole in it
            return in_box
    if boxed:
        return Tier(name="T0", holes=("bubblewrap is not installed",), system=system)
    return _tried(None, system)


def _tried(program: str | None, system: str) -> Tier:
    worker = Worker(program)
    try:
        layers, missing = probes.layers(worker)
        found = (*missing, *probes.holes(worker, needs_all=False))
    except WorkerError as error:
        return Tier(name="T0", holes=(str(error),), bubblewrap=program, system=system)
    finally:
        worker.close()
    if program:
        layers.append(_version(program))
    safe: Name = "T3" if program else "T2"
    return Tier(name="T0" if found else safe, layers=tuple(layers), holes=found, bubblewrap=program, system=system)


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
