"""Iterated rounds: sample with the new model, test and rank, train on that, measure; as long as it gets better.

Each round is made of the stages that stand alone elsewhere, and goes on where it was stopped. A model answers as it
would be served: converted, in an engine process.
"""

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError, EngineError
from training.answering.stage import Named, Sampling, answer_tasks
from training.asking.patience import Manners
from training.atomic import write_folder, write_text
from training.evaluation.answering import Drawing
from training.evaluation.run import Asked, run
from training.evaluation.suites import of_tasks
from training.finetune.loading import folder_of
from training.finetune.recipe import FinetuneRecipe
from training.finetune.run import finetune
from training.finetune.saving import merge
from training.jsonl import append_rows, read_rows
from training.ranking.stage import rank_answers
from training.rows import to_json
from training.tables import read_tasks

_MANNERS = Manners(width=8)


def run_rounds(recipe: FinetuneRecipe, recipe_text: str, runs_dir: Path) -> Path:
    """Go through the rounds; return the best model, as a checkpoint.

    `rounds.jsonl` has pass@1 on the held-out problems before the first round (0) and after each. The first round that
    does not keep up with the best so far is the last.

    Raises:
        CairnError: The recipe cannot be followed here.
    """
    if not recipe.rounds.problems or not recipe.evaluation.problems:
        raise ConfigError(
            "rounds need problems to learn from and others to be measured by",
            hint="Add problems = FILE to [rounds] and to [evaluation].",
        )
    folder = runs_dir / recipe.name
    write_text(folder / "recipe.toml", recipe_text)
    model = folder_of(recipe.model.base)
    rows = [_measured(0, model, recipe, folder)]
    for number in range(1, recipe.rounds.num_rounds + 1):
        model = _trained(number, model, recipe, recipe_text, folder)
        rows.append(_measured(number, model, recipe, folder))
        if has_fallen(rows):
            break
    return _published(best(rows), folder)


def best(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of the best round; of equals the earliest."""
    return max(rows, key=lambda row: row["pass_at_1"]["value"])


def has_fallen(rows: list[dict[str, Any]]) -> bool:
    """Whether the last round is worse than the best."""
    return rows[-1]["pass_at_1"]["value"] < best(rows)["pass_at_1"]["value"]


def _trained(number: int, student: Path, recipe: FinetuneRecipe, recipe_text: str, folder: Path) -> Path:
    """One round: what the student says of the next problems, ranked and learned; the model that comes out."""
    here = folder / f"round-{number}"
    ranked = _ranked(number, student, recipe, folder, here)
    learned = replace(
        recipe,
        name="training",
        model=replace(recipe.model, base=str(student)),
        data=replace(recipe.data, ranked=(str(ranked),)),
    )
    checkpoint = finetune(learned, f"# Round {number}, from {student}\n{recipe_text}", here)
    return checkpoint if recipe.adapter.kind == "none" else _merged(checkpoint, here / "merged")


def _ranked(number: int, student: Path, recipe: FinetuneRecipe, folder: Path, here: Path) -> Path:
    """The student's and the teachers' answers to the problems of a round, ranked by the tests."""
    rounds = recipe.rounds
    problems, answers, ranked = (here / f"{each}.jsonl" for each in ("problems", "answers", "ranked"))
    if ranked.exists():
        return ranked
    _write_tasks(problems, number, recipe)
    named = [Named(role="student", source=str(_served(number - 1, student, recipe, folder)), preset=recipe.data.preset)]
    named += [Named(role="teacher", source=each) for each in rounds.teachers]
    sampling = Sampling(
        temperatures=(rounds.temperature,),
        num_each=rounds.num_answers,
        max_tokens=rounds.max_new_tokens,
        seed=recipe.seed,
    )
    asyncio.run(answer_tasks(read_tasks(problems), named, answers, sampling, _MANNERS))
    rank_answers(problems=problems, answers=answers, out=ranked, max_candidates=recipe.data.max_candidates)
    return ranked


def _write_tasks(path: Path, number: int, recipe: FinetuneRecipe) -> None:
    """The problems of a round: the next ones of the file."""
    rounds = recipe.rounds
    first = (number - 1) * rounds.num_problems
    tasks = read_tasks(Path(rounds.problems))[first : first + rounds.num_problems]
    if not tasks:
        raise ConfigError(f"no problems are left for round {number}", hint=f"Add rows to {rounds.problems}.")
    write_text(path, "".join(json.dumps(to_json(task)) + "\n" for task in tasks))


def _merged(adapter: Path, out: Path) -> Path:
    return out if out.exists() else merge(adapter, out)


def _served(number: int, checkpoint: Path, recipe: FinetuneRecipe, folder: Path) -> Path:
    """The model of a round as a GGUF file. Training and converting meet on disk alone: it is a process of its own."""
    gguf = folder / f"round-{number}.gguf"
    if not gguf.exists():
        command = [sys.executable, "-m", "assistant", "convert", str(checkpoint), str(gguf)]
        done = subprocess.run([*command, "--type", recipe.rounds.gguf_type], capture_output=True, text=True)  # noqa: S603
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
            hint = f"Try it alone: cairn convert {checkpoint} OUT.gguf"
            raise EngineError(f"round {number} cannot be converted: {said[0]}", hint=hint)
    return gguf


def _measured(number: int, checkpoint: Path, recipe: FinetuneRecipe, folder: Path) -> dict[str, Any]:
    """The row of a round, measured unless it is there."""
    rows = folder / "rounds.jsonl"
    for row in read_rows(rows):
        if row["round"] == number:
            return row
    what = recipe.evaluation
    drawing = Drawing(
        num_samples=what.num_samples,
        temperature=what.temperature,
        max_tokens=what.max_new_tokens,
        seed=recipe.seed,
    )
    asked = Asked(
        source=str(_served(number, checkpoint, recipe, folder)),
        preset=recipe.data.preset,
        drawing=drawing,
        width=_MANNERS.width,
        save=folder / f"held-out-{number}.jsonl",
    )
    problems = of_tasks(read_tasks(Path(what.problems)))[: what.num_problems]
    found = run("held out", lambda _runner: problems, asked, ks=(1,), results=None, num_workers=2).as_json()
    row = {"round": number, "checkpoint": str(checkpoint), "pass_at_1": found["pass_at_k"]["1"]}
    append_rows(rows, [row | {"outcomes": found["outcomes"]}])
    return row


def _published(row: dict[str, Any], folder: Path) -> Path:
    """The best model under a name that does not depend on which it was."""

    def fill(beside: Path) -> None:
        shutil.copytree(row["checkpoint"], beside, dirs_exist_ok=True)

    write_folder(folder / "checkpoint", fill)
    return folder / "checkpoint"
