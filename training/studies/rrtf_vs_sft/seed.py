"""One seed: its base model, its ranked answers, its arms, and what each of them scores. What is there stays."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import tomlkit
import torch

from training.atomic import write_text
from training.finetune.recipe import DataRecipe, FinetuneRecipe, ModelRecipe, ObjectiveRecipe
from training.finetune.run import finetune
from training.jsonl import read_rows
from training.studies.rrtf_vs_sft.arms import BASE, BY_NAME, Arm
from training.studies.rrtf_vs_sft.base import PRESET, make_base
from training.studies.rrtf_vs_sft.candidates import class_counts, make_ranking
from training.studies.rrtf_vs_sft.measure import measure
from training.studies.rrtf_vs_sft.plan import Plan, measured_file
from training.studies.rrtf_vs_sft.rrhf import train_rrhf


def run_arms(plan: Plan, folder: Path, seed: int, names: Sequence[str]) -> None:
    """Train and measure these arms, and what they begin with, as far as that is not done."""
    torch.set_num_threads(plan.schedule.num_threads)
    for name in names:
        out = measured_file(folder, seed, name)
        if not out.exists():
            found = _measured(plan, folder / f"seed-{seed}", seed, BY_NAME[name])
            write_text(out, json.dumps(found))


def _measured(plan: Plan, folder: Path, seed: int, arm: Arm) -> dict[str, Any]:
    checkpoint = _checkpoint(plan, folder, seed, arm)
    found = {"arm": arm.name, "seed": seed, **measure(checkpoint, plan, seed)}
    if arm.ranking:
        ranked = _ranked(plan, folder, seed, arm)
        found |= {"student_classes": class_counts(ranked), "num_ranked": len(read_rows(ranked))}
        found["training"] = _course(checkpoint.parent / "metrics.jsonl")
    return found


def _checkpoint(plan: Plan, folder: Path, seed: int, arm: Arm) -> Path:
    """The arm's; trained if it is not there."""
    if arm.name == BASE:
        make_base(plan, seed, folder / BASE / "checkpoint")
        return folder / BASE / "checkpoint"
    checkpoint = folder / arm.name / "checkpoint"
    if checkpoint.exists():
        return checkpoint
    recipe = recipe_of(plan, arm, seed, _checkpoint(plan, folder, seed, BY_NAME[arm.start]))
    recipe = replace(recipe, data=replace(recipe.data, ranked=(str(_ranked(plan, folder, seed, arm)),)))
    if arm.has_length_bug:
        return train_rrhf(recipe, folder / arm.name)
    return finetune(recipe, tomlkit.dumps(asdict(recipe)), folder)


def recipe_of(plan: Plan, arm: Arm, seed: int, start: Path) -> FinetuneRecipe:
    """The arm as what `cairn train sft | rrtf | dpo` takes."""
    data = {
        "preset": PRESET,
        "max_candidates": plan.candidates.max_candidates,
        "max_tokens": plan.model.context_tokens,
    }
    return FinetuneRecipe(
        name=arm.name,
        method=arm.method,
        seed=seed,
        model=ModelRecipe(base=str(start)),
        data=DataRecipe(**{**data, **arm.data}),
        objective=ObjectiveRecipe(**arm.objective),
        schedule=plan.schedule,
    )


def _ranked(plan: Plan, folder: Path, seed: int, arm: Arm) -> Path:
    assert arm.ranking
    student = _checkpoint(plan, folder, seed, BY_NAME[arm.ranking.student])
    return make_ranking(arm.ranking, plan.candidates, seed, student, folder)


def _course(metrics: Path) -> dict[str, list[float]]:
    """How losses and rank accuracy went; empty where nothing was noted."""
    rows = read_rows(metrics)
    return {key: [row[key] for row in rows if key in row] for key in ("rank_loss", "sft_loss", "rank_accuracy")}
