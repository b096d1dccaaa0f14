"""The interpreter, llama.cpp as it was built, and the machine under both."""

import json
import os
import platform
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Any

import psutil

from assistant import paths
from assistant.doctor.check import Check
from assistant.models.machine import memory_limit
from assistant.sandbox import tiers

BUILT_IN = {"avx": "AVX", "avx2": "AVX2", "fma": "FMA", "f16c": "F16C", "avx512f": "AVX512", "asimddp": "DOTPROD"}
"""What a processor says it can do, in /proc/cpuinfo, and llama.cpp's name for having been built to use it."""
REBUILD = "pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python=="
LITTLE_DISK_BYTES = 2 << 30


def check_python() -> Check:
    """The interpreter, and where our packages come from: a folder of the same name can shadow them."""
    where = util.find_spec("assistant")
    return Check(
        "Python",
        sys.version_info >= (3, 11),
        f"{platform.python_version()} on {platform.system()} {platform.release()}, cairn from "
        f"{where.origin if where else '?'}",
    )


def check_engine() -> Check:
    """llama.cpp's binding, and how the library in it was built: loaded in a process that has nothing to lose."""
    try:
        version = metadata.version("llama-cpp-python")
    except metadata.PackageNotFoundError:
        return Check("llama.cpp", False, "not installed", "install Cairn again")
    built = built_library()
    if "error" in built:
        return Check("llama.cpp", False, f"{version} cannot be loaded: {built['error']}", f"{REBUILD}{version}")
    where = "GPU and CPU" if built["has_gpu"] else "CPU"
    return Check("llama.cpp", True, f"llama-cpp-python {version} for {where}: {' '.join(built['features'])}")


@cache
def built_library() -> dict[str, Any]:
    """`features` and `has_gpu` of the library, or the `error` that loading it ended with."""
    command = [sys.executable, "-I", "-m", "assistant.runtime.build"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own program)
    if done.returncode == 0:
        return json.loads(done.stdout)
    signalled = f"signal {-done.returncode}; it may be built for another processor" if done.returncode < 0 else ""
    return {"error": signalled or done.stderr.strip()[-200:]}


def check_processor() -> Check:
    """Cores, and what they can do that llama.cpp was not built to use."""
    flags = processor_flags()
    can = [name for flag, name in BUILT_IN.items() if flag in flags]
    unused = [name for name in can if name not in built_library().get("features", can)]
    hint = f"llama.cpp was built without {', '.join(unused)}, which this processor has" if unused else ""
    return Check(
        "processor", True, f"{len(os.sched_getaffinity(0))} cores, {' '.join(can) or platform.machine()}", hint
    )


def processor_flags() -> set[str]:
    """What the first core says it can do; empty where the system does not tell."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text("utf-8", "replace").splitlines() if info.exists() else []:
        if line.startswith(("flags", "Features")):
            return set(line.partition(":")[2].split())
    return set()


def check_memory() -> Check:
    """How much there is, how much is free, and whether less is allowed."""
    memory = psutil.virtual_memory()
    found = f"{_gb(memory.available)} of {_gb(memory.total)} free"
    limit = memory_limit()
    return Check("memory", True, f"{found}; this control group may use {_gb(limit)}" if limit else found)


def check_disk() -> Check:
    """Room for models."""
    folder = next(place for place in (paths.models_dir(), *paths.models_dir().parents) if place.is_dir())
    free = shutil.disk_usage(folder).free
    hint = "" if free > LITTLE_DISK_BYTES else "a model for real work takes one to ten GB"
    return Check("disk", True, f"{_gb(free)} free for models, in {paths.models_dir()}", hint)


def check_lock_down() -> Check:
    """What the engine gives up once its model is loaded: tried, in a process that has nothing to lose."""
    command = [sys.executable, "-I", "-m", "assistant.lockdown"]
    trial = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own program)
    found = trial.stdout.strip() or trial.stderr.strip()[-200:]
    if not trial.returncode:
        return Check("lock-down", True, f"the engine on the CPU gets no network, files or programs, by {found}")
    hint = "Linux 5.13 has what it needs; until then take models only from people you trust"
    return Check("lock-down", False, f"the engine is not confined: {found}", hint)


def check_sandbox() -> Check:
    """What stands around programs that a model has written: tried, with programs that mean harm."""
    tier = tiers.examine()
    return Check("sandbox", tier.is_safe, str(tier), "" if tier.is_safe else tiers.REFUSAL_HINT)


def _gb(num_bytes: int) -> str:
    return f"{num_bytes / 2**30:.1f} GB"
