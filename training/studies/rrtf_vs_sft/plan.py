"""Every number of the study, read strictly from TOML."""

from dataclasses import dataclass, field
from pathlib import Path

from training.finetune.recipe import ScheduleRecipe
from training.recipe import ModelRecipe
from training.strict import read_strictly

PLAN = Path(__file__).with_name("plan.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """How many training seeds a group of arms is run with; seed n is the same base model and data in all groups."""

    main: int
    primary: int
    exploring: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BasePlan:
    """How the model is made that all arms of a seed begin with."""

    num_problems: int
    teacher_skill: float
    """Share of right programs among what it reads."""
    batch_pairs: int
    learning_rate: float
    matrix_learning_rate: float
    warmup_steps: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatesPlan:
    """The answers that are ranked."""

    num_problems: int
    num_teachers: int
    teacher_skill: float
    student_temperatures: tuple[float, ...]
    max_new_tokens: int
    max_candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurePlan:
    """How pass@1 is estimated."""

    num_problems: int
    """Of combinations that nothing was trained on."""
    num_seen_problems: int
    """Of combinations that were trained on, with other constants and words."""
    num_samples: int
    temperature: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The study."""

    name: str
    seeds: Seeds
    model: ModelRecipe
    base: BasePlan
    candidates: CandidatesPlan
    measure: MeasurePlan
    schedule: ScheduleRecipe = field(default_factory=ScheduleRecipe)


def measured_file(folder: Path, seed: int, arm: str) -> Path:
    """What an arm scores with a seed."""
    return folder / f"seed-{seed}" / "measured" / f"{arm}.json"


def measured_files(folder: Path) -> list[Path]:
    """All of them that are there."""
    return sorted(folder.glob("seed-*/measured/*.json"))


def read_plan(path: Path = PLAN) -> Plan:
    """Read a plan.

    Raises:
        ConfigError: It cannot be read.
    """
    return read_strictly(path, Plan, example=str(PLAN))
