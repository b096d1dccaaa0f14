"""The arms: what differs between them, and what each is compared with. Everything else is the same for all."""

from dataclasses import dataclass, field
from typing import Any, Literal

Group = Literal["main", "exploring"]
Kept = Literal["all", "own", "near_misses"]
BASE = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A file of ranked answers."""

    name: str
    student: str = BASE
    """The arm that answers."""
    draw: int = 0
    """Which portion of problems."""
    skill: float | None = None
    """Of the teachers; None as in the plan."""
    kept: Kept = "all"
    """`own`: the student's alone; `near_misses`: of the student's those that ran and were wrong, and the teachers'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A way to train."""

    name: str
    title: str
    group: Group = "main"
    start: str = BASE
    """The arm whose checkpoint it begins with."""
    ranking: Ranking | None = None
    method: Literal["sft", "rrtf", "dpo"] = "sft"
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    """What differs from the default of `DataRecipe`."""
    objective: dict[str, Any] = field(default_factory=dict[str, Any])
    """And of `ObjectiveRecipe`."""
    control: str = ""
    """What it is compared with: the same answers, order, reduction, clipping and steps without what it adds."""
    has_length_bug: bool = False
    """RRHF as published: every score divided by the padded length (`training.bench.rrhf`)."""


MAIN = Ranking(name="main")
OWN = Ranking(name="own", kept="own")
NEAR_MISSES = Ranking(name="near-misses", kept="near_misses")
NOISY = Ranking(name="noisy", skill=0.25)
SECOND = Ranking(name="second", student="ce_only", draw=1)

_RANDOM = {"target": "random_teacher", "reduction": "mean"}
_MEAN = {"reduction": "mean"}
MEAN_RESPONSE_TOKENS = 45
"""Which turns a loss in nats per response into one in nats per token."""

ARMS: tuple[Arm, ...] = (
    Arm(name=BASE, title="base model"),
    Arm(name="sft_random", title="SFT, a random teacher's answer", ranking=MAIN, objective=_RANDOM, control=BASE),
    Arm(
        name="sft_filtered",
        title="SFT, a teacher's answer that passes",
        ranking=MAIN,
        data={"answers": "passing"},
        objective=_RANDOM,
        control="sft_random",
    ),
    Arm(name="ce_only", title="CE only, summed (the control)", ranking=MAIN, control="sft_filtered"),
    Arm(
        name="rrtf_pair",
        title="RRTF, one pair, as printed",
        ranking=MAIN,
        method="rrtf",
        objective={"rank": "pair"},
        control="ce_only",
    ),
    Arm(name="rrtf_k_way", title="RRTF, k-way", ranking=MAIN, method="rrtf", control="ce_only"),
    Arm(name="ce_only_mean", title="CE only, token mean", ranking=MAIN, objective=_MEAN, control="ce_only"),
    Arm(
        name="rrtf_k_way_mean",
        title="RRTF, k-way, token mean, λ in the printed ratio",
        ranking=MAIN,
        method="rrtf",
        objective={**_MEAN, "lambda_rank": 1 / MEAN_RESPONSE_TOKENS},
        control="ce_only_mean",
    ),
    Arm(
        name="rrtf_k_way_mean_1",
        title="RRTF, k-way, token mean, λ 1",
        ranking=MAIN,
        method="rrtf",
        objective=_MEAN,
        control="ce_only_mean",
    ),
    Arm(name="dpo", title="DPO, all pairs, β 0.1", ranking=MAIN, method="dpo", control="ce_only"),
    Arm(name="rft", title="RFT: own answers that pass", ranking=OWN, data={"answers": "own_passing"}, control=BASE),
    Arm(
        name="rrhf_bug",
        title="RRHF, with its length bug",
        ranking=MAIN,
        method="rrtf",
        objective={"rank": "rrhf", "target": "best"},
        control="ce_only_mean",
        has_length_bug=True,
    ),
    Arm(
        name="lambda_5",
        title="λ 5",
        group="exploring",
        ranking=MAIN,
        method="rrtf",
        objective={"lambda_rank": 5.0},
        control="ce_only",
    ),
    Arm(
        name="eight_candidates",
        title="eight candidates",
        group="exploring",
        ranking=MAIN,
        method="rrtf",
        data={"max_candidates": 8},
        control="ce_only",
    ),
    Arm(
        name="near_misses",
        title="near misses only",
        group="exploring",
        ranking=NEAR_MISSES,
        method="rrtf",
        control="ce_only",
    ),
    Arm(name="noisy_ce", title="CE only, teachers right at 25 %", group="exploring", ranking=NOISY, control=BASE),
    Arm(
        name="noisy_k_way",
        title="RRTF, teachers right at 25 %",
        group="exploring",
        ranking=NOISY,
        method="rrtf",
        control="noisy_ce",
    ),
    Arm(
        name="second_ce",
        title="CE only, second round",
        group="exploring",
        start="ce_only",
        ranking=SECOND,
        control="ce_only",
    ),
    Arm(
        name="second_k_way",
        title="RRTF, second round, from CE only",
        group="exploring",
        start="ce_only",
        ranking=SECOND,
        method="rrtf",
        control="second_ce",
    ),
)

BY_NAME = {arm.name: arm for arm in ARMS}
PRIMARY = ("rrtf_k_way", "ce_only")
"""The primary comparison: the first minus the second, on held-out combinations."""
