"""`transformers.Trainer` with the losses of ranked answers: schedules, processes, FSDP2 and resuming are its own."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import MixedPrecisionPolicy
from transformers import Trainer, TrainerCallback, TrainingArguments

from assistant.errors import ConfigError
from training.finetune.recipe import FinetuneRecipe
from training.finetune.steps import Collator, Item, Losses, StepSize, losses, size_of
from training.objective.logprob import response_logprobs


class RankingTrainer(Trainer):
    """Minimises what the recipe names.

    Every loss of a micro-batch is divided by what its whole step holds, in all processes. So a step is the same however
    it is cut: 1 x 8, 8 x 1, or over two machines.
    """

    loss_is_scaled_for_ga = True
    """Read by the base class: micro-batches are not to be divided once more."""

    def __init__(
        self,
        recipe: FinetuneRecipe,
        model: nn.Module,
        items: list[Item],
        state: Path,
        collate: Collator,
        callbacks: list[TrainerCallback],
    ) -> None:
        self._recipe = recipe
        self._sums: defaultdict[str, float] = defaultdict(float)
        super().__init__(
            model=model,
            args=arguments(recipe, state),
            train_dataset=items,  # pyright: ignore[reportArgumentType] (a list has a length and items, which is all it takes)
            data_collator=collate,
            callbacks=callbacks,
        )

    def create_accelerator_and_postprocess(self) -> None:
        """As the base class; sharded models give log-probabilities, which bfloat16 has too few digits for."""
        super().create_accelerator_and_postprocess()
        if self.is_fsdp_enabled and self._recipe.model.precision == "bfloat16":
            sharding = self.accelerator.state.fsdp_plugin
            assert sharding
            sharding.mixed_precision_policy = MixedPrecisionPolicy(
                param_dtype=torch.bfloat16, reduce_dtype=torch.float32, output_dtype=torch.float32
            )

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Tensor]:
        """The micro-batches of a step in this process, and the size of the step in all of them."""
        samples = list(islice(epoch_iterator, num_batches))
        size = size_of([each["batch"] for each in samples], self._recipe).to(device)
        return samples, self.accelerator.reduce(size, "sum")  # pyright: ignore[reportReturnType]

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """A micro-batch's share of the step's loss; times the processes, whose gradients are averaged."""
        assert isinstance(num_items_in_batch, Tensor)
        found = self.losses(model, inputs, StepSize(*num_items_in_batch))
        for name, value in {**found.parts, **found.counts}.items():
            self._sums[name] += float(value)
        total = found.total * self.accelerator.num_processes
        return (total, None) if return_outputs else total

    def losses(self, model: nn.Module, inputs: dict[str, Any], size: StepSize) -> Losses:
        """Of a micro-batch, each divided by what the whole step holds."""
        batch = inputs["batch"]
        return losses(response_logprobs(model, batch), batch, inputs["reference_BK"], self._recipe, size)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Add every loss by its name, means over the steps since the last time."""
        super().log({**logs, **self._noted()} if "loss" in logs else logs, start_time)

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Not counted: the base class knows other batches."""
        return 0

    def _noted(self) -> dict[str, float]:
        names = sorted(self._sums)
        values = torch.tensor([self._sums[name] for name in names], dtype=torch.float64, device=self.args.device)
        total = dict(zip(names, self.accelerator.reduce(values, "sum").tolist(), strict=True))  # pyright: ignore
        self._sums.clear()
        num_steps = max(1, self.state.global_step - self._noted_step)
        self._noted_step = self.state.global_step
        noted = {name: value / num_steps for name, value in total.items() if name.endswith("_loss")}
        if total["pairs"]:
            noted["rank_accuracy"] = total["right_pairs"] / total["pairs"]
        return {**noted, "mean_response_tokens": total["tokens"] / total["answers"]}

    _noted_step = 0


def arguments(recipe: FinetuneRecipe, state: Path) -> TrainingArguments:
    """The recipe in the words of `transformers`.

    Raises:
        ConfigError: The batch cannot be cut as the recipe says.
    """
    schedule = recipe.schedule
    args = TrainingArguments(
        output_dir=str(state),
        seed=recipe.seed,
        data_seed=recipe.seed,
        use_cpu=not torch.cuda.is_available(),
        bf16=recipe.model.precision == "bfloat16",
        activation_checkpointing=recipe.model.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False},
        num_train_epochs=schedule.num_epochs,
        per_device_train_batch_size=schedule.micro_batch_prompts,
        learning_rate=schedule.learning_rate,
        lr_scheduler_type=schedule.scheduler,
        warmup_steps=schedule.warmup_steps,
        weight_decay=schedule.weight_decay,
        max_grad_norm=schedule.max_grad_norm,
        logging_steps=schedule.log_every_steps,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        save_steps=schedule.save_every_steps,
        save_total_limit=2,
        remove_unused_columns=False,
        label_names=[],
        ddp_find_unused_parameters=False,
        disable_tqdm=True,
        report_to=[],
    )
    at_a_time = schedule.micro_batch_prompts * args.world_size
    if schedule.batch_prompts % at_a_time:
        raise ConfigError(
            f"batch_prompts is {schedule.batch_prompts}, and {at_a_time} are computed at a time",
            hint=f"Make it a multiple of micro_batch_prompts x processes ({args.world_size}).",
        )
    if args.n_gpu > 1:
        raise ConfigError("several GPUs and one process", hint="Start with `accelerate launch -m assistant train …`.")
    args.gradient_accumulation_steps = schedule.batch_prompts // at_a_time
    return args
