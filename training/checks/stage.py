"""`cairn train test`: problems in, the same problems with checks out. Rows are appended as tasks are done."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from training.bar import bar
from training.checks.making import Making, with_checks
from training.execution.engines import open_engine
from training.execution.plans import Engine, carry_out, together
from training.execution.tables import chunks
from training.jsonl import append_rows, read_rows
from training.rows import Task, from_json, to_json
from training.tables import answers_by_task, read_tasks


def make_checks(
    *,
    problems: Path,
    out: Path,
    answers: Path | None = None,
    num_generated: int = 8,
    min_votes: int = 3,
    seed: int = 0,
    workers: int = 2,
    engine: str = "local",
    address: str = "",
) -> dict[str, object]:
    """Write `out`: every task of `problems` with the checks that hold; tasks that it has are left alone.

    Args:
        problems: Rows of `Task`.
        out: Rows of `Task`, appended in the order of `problems`.
        answers: Rows of `Sampled`; teachers' asserts and agreement come from these.
        num_generated: Inputs generated for a task.
        min_votes: Distinct answers that must agree where there is no reference.
        seed: Of the generated inputs.
        workers: Of the local pool.
        engine: "local" or "ray".
        address: Of a running Ray cluster.

    Returns:
        What `summary` says of `out`.

    Raises:
        InputError: A file is missing or has rows of another form.
        SandboxError: Programs cannot be fenced in here.
    """
    making = Making(num_generated=num_generated, min_votes=min_votes, seed=seed)
    with open_engine(engine, workers=workers, address=address) as opened:
        check_tasks(problems, answers, out, making, opened)
    return summary(from_json(row, Task) for row in read_rows(out))


def check_tasks(problems: Path, answers: Path | None, out: Path, making: Making, engine: Engine) -> None:
    """The stage with an engine at hand."""
    by_task = answers_by_task(answers) if answers else {}
    done = {row["id"] for row in read_rows(out)}
    tasks = [task for task in read_tasks(problems) if task.id not in done]
    with bar("test", len(tasks)) as advance:
        for chunk in chunks(tasks):
            made = carry_out(together([with_checks(task, by_task.get(task.id, ()), making) for task in chunk]), engine)
            append_rows(out, [to_json(task) for task in made if task])
            advance(len(chunk))


def summary(tasks: Iterable[Task]) -> dict[str, object]:
    """How many tasks have checks, and where those came from."""
    methods: Counter[str] = Counter()
    trust: Counter[str] = Counter()
    count = with_strong = refused = 0
    for task in tasks:
        count += 1
        with_strong += any(check.trust == "strong" for check in task.checks)
        refused += int(task.provenance.details.get("refused_checks", 0))
        origins = [each.provenance or task.provenance for each in task.checks]
        methods.update(str(each.details.get("method", each.stage)) for each in origins)
        trust.update(each.trust for each in task.checks)
    return {
        "num_tasks": count,
        "num_with_strong_checks": with_strong,
        "checks_by_method": dict(sorted(methods.items())),
        "checks_by_trust": dict(sorted(trust.items())),
        "num_refused_checks": refused,
    }
