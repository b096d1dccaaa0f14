"""Measures a model on held-out problems before, while and after it learns."""

import time
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from training.finetune.folder import RunFolder
from training.finetune.heldout import HeldOut
from training.finetune.trainer import RankingTrainer
from training.finetune.watching import Watcher
from training.jsonl import append_rows, read_rows


class Examiner(TrainerCallback):
    """Appends a row to `evaluations.jsonl` every so many steps.

    Sharded weights are gathered layer by layer, in all processes: then all of them answer, and one judges.
    """

    def __init__(
        self, trainer: RankingTrainer, held_out: HeldOut, folder: RunFolder, watcher: Watcher, every_steps: int
    ) -> None:
        self._trainer = trainer
        self._held_out = held_out
        self._folder = folder
        self._watcher = watcher
        self._every_steps = every_steps

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Where it begins."""
        self._examine(state)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Now and then, and where it ends."""
        if state.global_step % self._every_steps == 0 or state.global_step == state.max_steps:
            self._examine(state)

    def _examine(self, state: TrainerState) -> None:
        if not (state.is_world_process_zero or self._trainer.is_fsdp_enabled):
            return
        if any(row["step"] == state.global_step for row in read_rows(self._folder.evaluations)):
            return
        model = self._trainer.model_wrapped if self._trainer.is_fsdp_enabled else self._trainer.model
        assert model is not None
        answers = self._held_out.answers(model)
        if state.is_world_process_zero:
            row = self._held_out.judged(answers)
            append_rows(self._folder.evaluations, [{"step": state.global_step, "time_s": round(time.time(), 1), **row}])
            self._watcher.examined(state.global_step, row)
