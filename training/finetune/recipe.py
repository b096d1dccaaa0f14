"""What a fine-tuning depends on: every number of a run, read strictly from TOML."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.errors import ConfigError
from training.objective.losses import Reduction
from training.strict import read_strictly

Method = Literal["sft", "rrtf", "dpo"]
EXAMPLE = "training/recipes/finetune/families-tiny.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecipe:
    """Where training begins."""

    base: str = ""
    """A folder as `transformers` writes it, or a hub id that is in the local cache."""
    attention: Literal["eager", "sdpa", "tree_sdpa", "flash_attention_2"] = "sdpa"
    """`tree_sdpa` computes of a tree only what is seen; `training.objective.tree_attention`."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the computation. Trained weights are kept in float32; frozen ones, below an adapter, in this."""
    gradient_checkpointing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterRecipe:
    """Low-rank matrices that are trained in place of the weights (LoRA; over NF4 weights, QLoRA)."""

    kind: Literal["none", "lora", "qlora"] = "none"
    r: int = 16
    alpha: float = 32.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ("c_attn", "c_proj", "c_fc")
    """Names of linear layers; these are all of GPTBigCode's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecipe:
    """Which answers are learned from, and how they are laid out."""

    ranked: tuple[str, ...] = ()
    """Files of rows as `cairn train rank` writes them."""
    preset: str = "pangu-coder2"
    """How a task is put to the model: one of `training.presets`, the one that it will be asked by."""
    answers: Literal["all", "passing", "own_passing"] = "all"
    """`passing`: those that pass all tests; `own_passing`: the student's of these (rejection-sampling fine-tuning)."""
    max_candidates: int = 4
    """Of a prompt: the best, the worst and even steps between."""
    max_tokens: int = 2048
    """Of a prompt with one answer; longer answers are left out and counted."""
    layout: Literal["tree", "padded"] = "tree"
    """`tree`: the prompt once, its answers behind it; `padded`: a row for each answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveRecipe:
    """What is minimised."""

    target: Literal["teacher", "best", "random_teacher"] = "teacher"
    """Which answer fine-tuning is on."""
    reduction: Reduction = "sum"
    """Of the fine-tuning loss over the tokens of an answer: `sum` as RRTF prints it, or `mean`."""
    rank: Literal["pair", "k_way", "rrhf"] = "k_way"
    """`pair`: one teacher and one student, as printed; `k_way`: all pairs; `rrhf`: all, without the gaps' weights."""
    over_pairs: Reduction = "sum"
    lambda_rank: float = 1.0
    """0 leaves the same training without the rank loss: the control."""
    beta: float = 0.1
    """DPO: per nat, how dear it is to leave the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRecipe:
    """How long, how fast, in what portions."""

    num_epochs: int = 3
    batch_prompts: int = 8
    """Of an optimizer step, over all processes."""
    micro_batch_prompts: int = 8
    """Of one process at a time; the rest is accumulated, exactly."""
    learning_rate: float = 3e-4
    scheduler: Literal["constant", "linear", "cosine"] = "cosine"
    warmup_steps: int = 10
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    log_every_steps: int = 10
    save_every_steps: int = 100
    num_threads: int = 2
    """Of the processor, where there is no accelerator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRecipe:
    """Held-out problems that are answered and tested during the training."""

    problems: str = ""
    """Rows of problems with checks; without them nothing is measured."""
    num_problems: int = 100
    num_samples: int = 1
    temperature: float = 0.0
    max_new_tokens: int = 256
    every_steps: int = 100
    """Also before the first step and after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsRecipe:
    """Sampling with the new model, ranking, and training again."""

    problems: str = ""
    """Rows of problems with checks; each round takes the next of them."""
    num_rounds: int = 3
    num_problems: int = 500
    """Of a round."""
    num_answers: int = 4
    """Of the student, to each problem."""
    temperature: float = 0.8
    teachers: tuple[str, ...] = ()
    """Sources as `cairn train sample --teacher` takes them."""
    max_new_tokens: int = 256
    gguf_type: str = "Q8_0"
    """As what the model is served while it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneRecipe:
    """A whole fine-tuning."""

    name: str
    method: Method = "rrtf"
    seed: int = 0
    model: ModelRecipe = field(default_factory=ModelRecipe)
    adapter: AdapterRecipe = field(default_factory=AdapterRecipe)
    data: DataRecipe = field(default_factory=DataRecipe)
    objective: ObjectiveRecipe = field(default_factory=ObjectiveRecipe)
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)
    evaluation: EvaluationRecipe = field(default_factory=EvaluationRecipe)
    rounds: RoundsRecipe = field(default_factory=RoundsRecipe)


def read_finetune_recipe(path: Path, method: Method | None = None) -> FinetuneRecipe:
    """Read a recipe; with `method`, one of that method.

    Raises:
        ConfigError: It cannot be read, is of another method, or asks for what cannot be.
    """
    recipe = read_strictly(path, FinetuneRecipe, example=EXAMPLE)
    if method and recipe.method != method:
        raise ConfigError(f"the recipe is for {recipe.method}", hint=f"Use `cairn train {recipe.method}`.")
    _check(recipe)
    return recipe


def _check(recipe: FinetuneRecipe) -> None:
    schedule, flash = recipe.schedule, recipe.model.attention == "flash_attention_2"
    _positive("data", recipe.data, "max_candidates", "max_tokens")
    _positive("adapter", recipe.adapter, "r", "alpha")
    _positive("schedule", schedule, "num_epochs", "batch_prompts", "micro_batch_prompts", "learning_rate")
    _positive("schedule", schedule, "log_every_steps", "save_every_steps", "num_threads")
    _positive("evaluation", recipe.evaluation, "num_problems", "num_samples", "max_new_tokens", "every_steps")
    _positive("rounds", recipe.rounds, "num_rounds", "num_problems", "num_answers", "max_new_tokens")
    if not recipe.model.base:
        raise ConfigError("the recipe names no model", hint='Add base = "FOLDER" to [model].')
    if recipe.objective.target == "random_teacher" and recipe.method != "sft":
        raise ConfigError("a random teacher is a target of sft alone", hint='Write target = "teacher" or "best".')
    if flash and recipe.data.layout == "tree":
        raise ConfigError("flash_attention_2 takes no tree", hint='Write layout = "padded" into [data], or use sdpa.')
    if flash and recipe.model.precision == "float32":
        raise ConfigError("flash_attention_2 has no float32", hint='Write precision = "bfloat16" into [model].')


def _positive(table: str, values: Any, *names: str) -> None:
    for name in names:
        if getattr(values, name) <= 0:
            raise ConfigError(f"{table}.{name} is {getattr(values, name)}", hint=f"Give {table}.{name} more than 0.")
