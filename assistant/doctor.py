"""`cairn doctor`: what is installed, found, fast and missing, and what to do about it."""

import asyncio
import contextlib
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, util

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant import config, paths
from assistant.client import Client
from assistant.errors import CairnError, ConfigError, DaemonError
from assistant.models import local
from assistant.models.memory import check_memory
from assistant.models.opened import OpenModel
from assistant.protocol import Json
from assistant.sandbox import tiers


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    is_good: bool
    found: str
    hint: str = ""


def examine() -> list[Check]:
    """Look at everything, in the order in which one thing needs the other."""
    return [check() for check in CHECKS]


def print_checks(checks: list[Check]) -> None:
    """One line a check, and what to do below it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for check in checks:
        mark = Text("ok", "green") if check.is_good else Text("no", "red")
        table.add_row(mark, check.name, Text(check.found))
        if check.hint:
            table.add_row("", "", Text(check.hint, "dim"))
    Console(highlight=False).print(table)


def check_python() -> Check:
    """The interpreter, and where our packages come from: a folder of the same name can shadow them."""
    where = util.find_spec("assistant")
    return Check(
        "Python",
        sys.version_info >= (3, 11),
        f"{platform.python_version()}, cairn from {where.origin if where else '?'}",
    )


def check_engine() -> Check:
    """llama.cpp's binding."""
    try:
        return Check("llama.cpp", True, f"llama-cpp-python {metadata.version('llama-cpp-python')}")
    except metadata.PackageNotFoundError:
        return Check("llama.cpp", False, "not installed", "pip install llama-cpp-python==0.3.36")


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


def check_machine() -> Check:
    """Cores and memory the engine may use."""
    free = psutil.virtual_memory().available / 2**30
    return Check("machine", True, f"{len(os.sched_getaffinity(0))} cores, {free:.1f} GB of memory free")


def check_settings() -> Check:
    """The settings can be read."""
    try:
        config.load()
    except ConfigError as error:
        return Check("settings", False, str(error), error.hint)
    return Check(
        "settings", True, f"{paths.config_file()}{'' if paths.config_file().exists() else ' (not there: defaults)'}"
    )


def check_builtin() -> Check:
    """The built-in model is the one its manifest describes."""
    wanted = local.manifest()["sha256"]
    found = hashlib.sha256(paths.BUILTIN_MODEL.read_bytes()).hexdigest()
    hint = "" if found == wanted else "install Cairn again"
    return Check("built-in model", found == wanted, f"sha256 {found[:16]}…", hint)


def check_model() -> Check:
    """The chosen model is there, whole, and not too large."""
    try:
        settings = config.load()
        name = settings.model
        path, card = local.describe(name)
        with contextlib.closing(OpenModel(path)) as file:
            check_memory(file, settings.context_tokens)
    except CairnError as error:
        return Check("model", False, str(error), error.hint)
    skill = "fills holes" if card.fim else "cannot fill holes: completions need another model"
    hint = (
        "a demonstration of a few million parameters: choose a real one for real work (README, Models)"
        if name == "builtin"
        else ""
    )
    return Check(
        "model", True, f"{name}: {card.architecture}, {card.context_length_tokens} tokens, {skill} ({path})", hint
    )


async def daemon_health() -> Json | None:
    """Ask the daemon how it is, without starting one."""
    async with Client(paths.socket_path(), start=False) as client:
        return await client.health()


def check_daemon() -> Check:
    """The daemon, if one runs."""
    try:
        health = asyncio.run(daemon_health())
    except DaemonError as error:
        return Check("daemon", False, str(error), error.hint)
    found = f"version {health['version']}, pid {health['pid']}" if health else "not running; any command starts it"
    return Check("daemon", True, f"{found}; log {paths.log_file()}")


CHECKS: tuple[Callable[[], Check], ...] = (
    check_python,
    check_engine,
    check_lock_down,
    check_sandbox,
    check_machine,
    check_settings,
    check_builtin,
    check_model,
    check_daemon,
)
