"""Recipes: TOML read into frozen data. Every number a run depends on is here, none is hidden in the code."""

from dataclasses import dataclass, field
from pathlib import Path

from training.objective.losses import Reduction
from training.strict import read_strictly


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusRecipe:
    """What is collected and what is refused."""

    distribution_cap_chars: int = 3_000_000
    """At most so much of any one distribution; the standard library is taken whole."""
    min_file_chars: int = 400
    max_file_chars: int = 200_000
    held_out_share: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecipe:
    """The shape of the student: a GPTBigCode with one key/value head."""

    vocab_size: int = 4096
    hidden_size: int = 256
    num_layers: int = 6
    num_heads: int = 4
    context_tokens: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainRecipe:
    """How the student learns to continue and to fill in."""

    num_steps: int = 1000
    batch_blocks: int = 8
    learning_rate: float = 2e-3
    """Peak, of AdamW: embeddings, biases, norms."""
    matrix_learning_rate: float = 0.02
    """Peak, of Muon: the matrices inside the blocks."""
    warmup_steps: int = 20
    max_grad_norm: float = 1.0
    fim_rate: float = 0.5
    spm_rate: float = 0.5
    editor_hole_rate: float = 0.5
    """Of the FIM documents, the share whose holes are cut as an editor leaves them."""
    log_every_steps: int = 10
    evaluate_every_steps: int = 200
    checkpoint_every_s: float = 180.0
    num_threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructRecipe:
    """How the pretrained student learns to answer a docstring with code."""

    num_problems: int = 3000
    """Generated problems, from training combinations only."""
    num_epochs: int = 2
    batch_pairs: int = 16
    replay_blocks: int = 2
    """Pretraining blocks mixed into every step, so that completion is kept."""
    learning_rate: float = 1e-3
    matrix_learning_rate: float = 0.01
    warmup_steps: int = 20
    max_lifted_pairs: int = 2000
    max_pair_tokens: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class RrtfRecipe:
    """How the instructed student learns the ranking of answers."""

    num_problems: int = 600
    student_temperatures: tuple[float, ...] = (0.8, 0.8, 1.2)
    teacher_noise: float = 0.4
    """How often the noisy one of the two program teachers errs."""
    max_candidates: int = 4
    max_new_tokens: int = 160
    drop_when_student_beats_teacher: bool = True
    """Rule (a) of the paper."""
    lambda_rank: float = 1.0
    reduction: Reduction = "sum"
    """Of the fine-tuning loss over the tokens of a response: `sum` as printed, or `mean`."""
    num_epochs: int = 2
    batch_prompts: int = 8
    replay_blocks: int = 1
    lambda_replay: float = 10.0
    """Weight of the replayed blocks (nats per token) against a fine-tuning loss in nats per response."""
    learning_rate: float = 3e-4
    matrix_learning_rate: float = 0.003
    warmup_steps: int = 10
    max_grad_norm: float = 1.0
    eval_problems: int = 200
    eval_samples: int = 5
    eval_temperature: float = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole run, from source files to a ranked student."""

    name: str
    seed: int = 0
    corpus: CorpusRecipe = field(default_factory=CorpusRecipe)
    model: ModelRecipe = field(default_factory=ModelRecipe)
    pretrain: PretrainRecipe = field(default_factory=PretrainRecipe)
    instruct: InstructRecipe = field(default_factory=InstructRecipe)
    rrtf: RrtfRecipe = field(default_factory=RrtfRecipe)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        ConfigError: The file is missing or no TOML, a key is unknown, or a value is of the wrong kind.
    """
    return read_strictly(path, Recipe, example="training/recipes/builtin-cpu.toml")
