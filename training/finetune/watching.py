"""What a run notes while it trains: metrics as rows, TensorBoard's files and lines; and which state is whole."""

from typing import Any

from tensorboardX import SummaryWriter
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from training.finetune.folder import RunFolder
from training.progress import Reporter

_NOTED = (
    "loss",
    "rank_loss",
    "sft_loss",
    "dpo_loss",
    "rank_accuracy",
    "mean_response_tokens",
    "grad_norm",
    "learning_rate",
)


class Watcher(TrainerCallback):
    """Notes metrics, in the main process alone."""

    def __init__(self, stage: str, folder: RunFolder) -> None:
        self._stage = stage
        self._folder = folder
        self._reporter: Reporter | None = None
        self._board: SummaryWriter | None = None

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Open the files."""
        if state.is_world_process_zero:
            done = state.global_step
            self._reporter = Reporter(self._stage, state.max_steps, self._folder.metrics, done=done)
            self._reporter.__enter__()
            self._board = SummaryWriter(str(self._folder.folder / "tensorboard"), purge_step=done + 1)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Move the bar."""
        if self._reporter:
            self._reporter.advance(state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Note the values of a step."""
        values = {name: logs[name] for name in _NOTED if logs and name in logs}
        if self._reporter and self._board and "loss" in values:
            self._reporter.record(state.global_step, **values)
            for name, value in values.items():
                self._board.add_scalar(f"train/{name}", value, state.global_step)

    def examined(self, step: int, row: dict[str, Any]) -> None:
        """Show a measurement."""
        assert self._reporter
        assert self._board
        for name, value in {**row["pass_at_1"], "mean_answer_tokens": row["mean_answer_tokens"]}.items():
            self._board.add_scalar(f"held_out/{name}", value, step)
        shown = row["pass_at_1"]
        self._reporter.say(f"step {step}: pass@1 {shown['value']:.1%} [{shown['low']:.1%}, {shown['high']:.1%}]")

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Say that the state is whole."""
        if state.is_world_process_zero:
            self._folder.mark_whole(state.global_step)

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Close the files."""
        if self._reporter and self._board:
            self._reporter.__exit__(None, None, None)
            self._board.close()
