"""The tests of a repository, run once in a box, and with what they called its functions.

The tests are the user's own, yet they run where nothing can be harmed: without a network, on a copy.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from assistant.sandbox import box, values
from training.repository.modules import import_root

TESTS_S = 900.0
TMP_BYTES = 256 << 20
MAX_RECORD_BYTES = 256 << 20
_RECORDER = Path(__file__).with_name("recorder.py")
_ASK = "import sys; print(sys.base_prefix)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A function to look at."""

    name: str
    """Module and function."""
    file: Path
    """Below the repository."""
    line: int
    """Its first, decorators included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that a test made."""

    arguments: tuple[Any, ...]
    result: str | None
    """Canonical JSON; None if it raised, or returned what has no built-in type."""
    test: str
    """pytest's name of the test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What became of a run of the tests."""

    calls: dict[str, list[Call]]
    """By function."""
    summary: str
    """pytest's last line."""


def record_calls(repository: Path, targets: Iterable[Target], python: Path, tests: Sequence[str] = ()) -> Record:
    """Run the tests of `repository`, a folder that may be written to, with its interpreter: all, or `tests`.

    Raises:
        InputError: There is no bubblewrap, the interpreter has no pytest, or the tests do not run.
    """
    with tempfile.TemporaryDirectory(prefix="cairn-tests-") as name:
        beside = Path(name)
        _lay_out(beside, repository, targets)
        said = _run([*_command(beside, repository, python), *tests])
        return Record(calls=_read(beside / "calls.jsonl"), summary=said)


def _lay_out(beside: Path, repository: Path, targets: Iterable[Target]) -> None:
    shutil.copy(_RECORDER, beside / "cairn_recorder.py")
    shutil.copy(values.__file__, beside / "cairn_values.py")
    places = [[str((repository / each.file).resolve()), each.line, each.name] for each in targets]
    (beside / "targets.json").write_text(json.dumps(places), encoding="utf-8")


def _command(beside: Path, repository: Path, python: Path) -> list[str]:
    bubblewrap = box.bubblewrap()
    if not bubblewrap:
        raise InputError("the tests of a repository run in bubblewrap only", hint="Install the package `bubblewrap`.")
    environment = {
        **box.ENVIRONMENT,
        "PYTHONPATH": f"{import_root(repository)}:{repository}:{beside}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/tmp",  # noqa: S108 - the box's own
        **({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if python == Path(sys.executable) else {}),  # ours, not the tests'
        "CAIRN_TARGETS": str(beside / "targets.json"),
        "CAIRN_CALLS": str(beside / "calls.jsonl"),
    }
    boxed = [*box.empty_box(bubblewrap, environment, tmp_bytes=TMP_BYTES), "--die-with-parent", *box.system_files()]
    for folder in _prefixes(python):
        boxed += ["--ro-bind", folder, folder]
    for folder in (str(repository), str(beside)):
        boxed += ["--bind", folder, folder]
    pytest = [
        str(python),
        "-m",
        "pytest",
        "-p",
        "cairn_recorder",
        "-p",
        "no:cacheprovider",
        "-q",
        "-o",
        "addopts=",
        "--continue-on-collection-errors",
    ]
    return [*boxed, "--chdir", str(repository), *pytest]


def _prefixes(python: Path) -> list[str]:
    """Where an interpreter and its packages lie, as far as that is not in /usr; no package is imported to learn it."""
    try:
        found = subprocess.run([python, "-I", "-S", "-c", _ASK], capture_output=True, text=True, timeout=60)  # noqa: S603
        found.check_returncode()
    except (OSError, subprocess.SubprocessError):
        raise InputError(f"{python} is no Python that runs", hint="Name one by --python.") from None
    environment = python.parent.parent
    prefixes = [found.stdout.strip(), *([str(environment)] if (environment / "pyvenv.cfg").exists() else [])]
    return [each for each in prefixes if not Path(each).is_relative_to("/usr")]


def _run(command: Sequence[str]) -> str:
    """Its last line."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TESTS_S)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise InputError(
            f"the tests ran for {TESTS_S:.0f} s and did not end", hint="Name a quicker part of them: --tests FOLDER."
        ) from None
    lines = [line.strip("= ") for line in ended.stdout.splitlines() if line.strip("= ")]
    if lines and re.search(r"\b[0-9]+ passed\b", lines[-1]):
        return lines[-1]
    said = next((line for line in [*reversed(lines), *reversed(ended.stderr.splitlines())] if line), "")
    hint = "Its own environment may be needed: --python REPOSITORY/.venv/bin/python, with pytest in it."
    raise InputError(f"the tests of the repository do not run: {said[:200]}", hint=hint)


def _read(file: Path) -> dict[str, list[Call]]:
    if file.stat().st_size > MAX_RECORD_BYTES:
        raise InputError("the tests make too many calls to be recorded", hint="Name a part of them: --tests FOLDER.")
    calls: dict[str, list[Call]] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        arguments = tuple(values.decoded(each) for each in json.loads(row["arguments"]))
        calls.setdefault(row["function"], []).append(
            Call(arguments=arguments, result=_sorted(row["result"]), test=row["test"])
        )
    return calls


def _sorted(text: str | None) -> str | None:
    """Written in order, compared in canonical form."""
    return None if text is None else values.canonical_text(values.decoded(json.loads(text)))
