"""Start a run, take what it prints, and say how it ended."""

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.errors import CairnError
from assistant.running.probes import ATTEMPTS, PROBE
from assistant.running.snippet import Snippet, places
from assistant.sanitize import sanitize

WALL_S = 30.0
CPU_S = 30
MEMORY_BYTES = 1 << 30
FILE_BYTES = 64 << 20
SCRATCH_BYTES = 256 << 20
OUTPUT_BYTES = 256 << 10
_CHUNK = 8192
_PROBE_S = 10.0
_held: list[bool] = []
"""Whether the lock-down held when it was attacked, once a process."""

HINT = "it needs Linux 5.13 or later with Landlock and seccomp; copy the block and run it yourself, if you trust it"


class RunError(CairnError):
    """The block was not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run."""

    output: str
    """What it printed, sanitised, at most `OUTPUT_BYTES` of it."""
    ended: Literal["itself", "timeout", "output", "disk", "stopped"]
    exit_code: int
    """Below zero: the signal that ended it."""
    cpu_s: float

    @property
    def note(self) -> str:
        """How it ended, in a few words."""
        reasons = {
            "timeout": "ended: it took too long",
            "output": f"ended: it printed more than {OUTPUT_BYTES >> 10} KB",
            "disk": f"ended: it wrote more than {SCRATCH_BYTES >> 20} MB",
            "stopped": "stopped",
        }
        return reasons.get(self.ended) or ("done" if self.exit_code == 0 else f"exit code {self.exit_code}")


async def run(snippet: Snippet, *, wall_s: float = WALL_S) -> Outcome:
    """Run a block. Cancelling ends it.

    Args:
        snippet: What a person said yes to.
        wall_s: How long it may take, in seconds.

    Raises:
        RunError: The lock-down does not hold here, or the folder holds more than a project; nothing was run.
    """
    _check_folder(snippet.folder)
    await check_lock()
    return await _run(snippet, wall_s)


async def check_lock() -> None:
    """Attack the lock-down with a program that tries what none may do, once a process. Raises `RunError`."""
    if _held:
        return
    with tempfile.TemporaryDirectory(prefix="cairn-probe-") as name:
        folder = Path(name)
        (folder / "project").mkdir()
        (folder / "canary").write_text("x")
        code = PROBE.format(attempts=ATTEMPTS, outside=str(folder), parent=os.getpid())
        outcome = await _run(Snippet(language="python", code=code, folder=folder / "project"), _PROBE_S)
    if outcome.output.strip() != "holds":
        raise RunError(f"code cannot be run safely here: {outcome.output.strip() or outcome.note}", hint=HINT)
    _held.append(True)


def _check_folder(folder: Path) -> None:
    """A run may read its folder: it must not be one that holds everything of a person."""
    if Path.home().resolve().is_relative_to(folder.resolve()):
        raise RunError(
            f"{folder} is no project: it holds all of your files", hint="start the chat in a project's folder"
        )


async def _run(snippet: Snippet, wall_s: float) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="cairn-run-", ignore_cleanup_errors=True) as name:
        scratch = Path(name).resolve()
        (scratch / snippet.file_name).write_text(snippet.code, encoding="utf-8", errors="replace")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "assistant.running.inside"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        try:
            process.stdin.write((json.dumps(_job(snippet, scratch, wall_s)) + "\n").encode())
            output, is_whole = await _taken(process.stdout, process.stdin)
            report = await process.stderr.read()
        finally:
            process.stdin.close()
            await process.wait()
    return _outcome(output, report, is_whole=is_whole)


async def _taken(source: asyncio.StreamReader, control: asyncio.StreamWriter) -> tuple[bytes, bool]:
    """What is printed, up to the limit; what prints more is ended. Whether it was all."""
    taken = bytearray()
    is_whole = True
    while chunk := await source.read(_CHUNK):  # to the end, also of what is too much: a full pipe would never close
        kept = chunk[: OUTPUT_BYTES - len(taken)]
        taken += kept
        if len(kept) < len(chunk):
            is_whole = False
            control.close()
    return bytes(taken), is_whole


def _outcome(output: bytes, report: bytes, *, is_whole: bool) -> Outcome:
    try:
        said = json.loads(report)
    except ValueError:
        raise RunError(
            f"the run could not be watched: {sanitize(report.decode('utf-8', 'replace'))[-300:]}", hint=HINT
        ) from None
    if said["refusal"]:
        raise RunError(f"code cannot be run safely here: {said['refusal']}", hint=HINT)
    return Outcome(
        output=sanitize(output.decode("utf-8", "replace").replace("\r\n", "\n")),
        ended=said["ended"] if is_whole else "output",
        exit_code=said["exit_code"],
        cpu_s=said["cpu_s"],
    )


def _job(snippet: Snippet, scratch: Path, wall_s: float) -> dict[str, Any]:
    home = str(scratch)
    environment = {"HOME": home, "TMPDIR": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    environment |= {"PYTHONPATH": str(snippet.folder), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "TERM": "dumb"}
    return {
        "command": snippet.command(scratch),
        "folder": str(snippet.folder),
        "scratch": home,
        "places": [str(each) for each in places()],
        "environment": environment,
        "wall_s": wall_s,
        "cpu_s": CPU_S,
        "memory_bytes": MEMORY_BYTES,
        "file_bytes": FILE_BYTES,
        "scratch_bytes": SCRATCH_BYTES,
    }
