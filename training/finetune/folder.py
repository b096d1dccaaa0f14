"""The folder of a run: what it was made by, and what is whole in it."""

import json
import platform
import shutil
from importlib import metadata
from pathlib import Path

import torch

from assistant.errors import InputError
from training.atomic import write_text
from training.finetune.examples import Prepared
from training.jsonl import read_rows

_PACKAGES = ("cairn-coder", "torch", "transformers", "accelerate", "peft", "tokenizers", "safetensors")
_WHOLE = "whole"
"""A file in a saved state that is written last: a state without it was cut off by a kill."""


class RunFolder:
    """runs/NAME: how it was made, what was noted, the states to go on from, and at its end the checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metrics = folder / "metrics.jsonl"
        self.evaluations = folder / "evaluations.jsonl"
        self.state = folder / "state"
        self.checkpoint = folder / "checkpoint"
        self.reference = folder / "reference.jsonl"
        self.report = folder / "report.html"

    def refuse_another(self, recipe_text: str) -> None:
        """Go on only with the recipe that the run was begun with.

        Raises:
            InputError: It was another.
        """
        begun = self.folder / "recipe.toml"
        if begun.exists() and begun.read_text("utf-8") != recipe_text:
            raise InputError(
                f"{self.folder} was begun with another recipe", hint="Give this one another name, or remove the folder."
            )

    def begin(self, recipe_text: str, seed: int, prepared: Prepared) -> None:
        """Note by what the run is made, and from what."""
        write_text(self.folder / "recipe.toml", recipe_text)
        versions = {name: metadata.version(name) for name in _PACKAGES}
        machine = {"python": platform.python_version(), "seed": seed, "device": _device()}
        write_text(self.folder / "versions.json", json.dumps({**versions, **machine}, indent=1) + "\n")
        data = {"rows": prepared.num_rows, "prompts": len(prepared.examples), "answers": prepared.num_answers}
        write_text(self.folder / "data.json", json.dumps({**data, "left_out": prepared.left_out}, indent=1) + "\n")

    def newest_state(self) -> Path | None:
        """The last state that is whole; those that are not are removed."""
        states = sorted(self.state.glob("checkpoint-*"), key=step_of)
        for each in (each for each in states if not (each / _WHOLE).exists()):
            shutil.rmtree(each)
        return next((each for each in reversed(states) if each.exists()), None)

    def mark_whole(self, step: int) -> None:
        """Say that the state of a step has all its files."""
        (self.state / f"checkpoint-{step}" / _WHOLE).touch()

    def go_back_to(self, state: Path | None) -> None:
        """Leave out what was noted after a state: it will be noted again."""
        step = step_of(state) if state else 0
        for path in (self.metrics, self.evaluations):
            kept = [row for row in read_rows(path) if row["step"] <= step]
            write_text(path, "".join(json.dumps(row) + "\n" for row in kept))


def step_of(state: Path) -> int:
    """The step after which a state was saved."""
    return int(state.name.rpartition("-")[2])


def _device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else f"cpu, {torch.get_num_threads()} threads"
