"""One file of a public form to `problems.jsonl`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from assistant.sandbox.programs import ProgramRunner
from training.atomic import write_text
from training.importing import codealpaca, humaneval, mbpp
from training.importing.asserts import Draft
from training.importing.confirm import confirm
from training.rows import to_json

_FORMS: dict[str, tuple[Callable[[Path], list[Draft]], str]] = {
    "codealpaca": (codealpaca.drafts, codealpaca.LICENCE),
    "humaneval": (humaneval.drafts, humaneval.LICENCE),
    "mbpp": (mbpp.drafts, mbpp.LICENCE),
}


def import_file(file: Path, form: str, out: Path, num_workers: int) -> dict[str, Any]:
    """Write the tasks of `file`, one of "codealpaca", "humaneval", "mbpp", to `out`; say how many checks are what.

    Raises:
        InputError: The file is not of that form, or holds nothing.
        SandboxError: The fence failed.
    """
    read, licence = _FORMS[form]
    drafts = read(file)
    if not drafts:
        raise InputError(f"{file} holds no tasks of the form {form}", hint="name a file of that data set")
    with ProgramRunner(num_workers) as runner:
        imported = confirm(drafts, runner, source=file.name, licence=licence)
    write_text(out, "".join(json.dumps(to_json(task)) + "\n" for task in imported.tasks))
    checks = [check for task in imported.tasks for check in task.checks]
    return {
        "out": str(out),
        "problems": len(imported.tasks),
        "with_reference": sum(bool(task.reference) for task in imported.tasks),
        "with_strong_checks": sum(any(c.trust == "strong" for c in task.checks) for task in imported.tasks),
        "strong_checks": sum(check.trust == "strong" for check in checks),
        "weak_checks": sum(check.trust == "weak" for check in checks),
        "refuted_by_reference": imported.refuted,
        "licence": licence,
    }
