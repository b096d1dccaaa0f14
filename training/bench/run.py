"""Both ways of training in turn, each in a process of its own, so that time and memory are its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from assistant.errors import InputError

LENGTHS = {"even": (90,) * 6, "uneven": (40, 180, 90, 60, 140, 30)}
"""Of the six answers, 90 tokens on average: all alike, or as different as answers are."""
WAYS = ("rrhf", "padded", "tree")
PROMPT_TOKENS = 120
_TIMEOUT_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The model and the work; the published recipe's where it says so."""

    vocab_size: int
    hidden_size: int
    num_layers: int
    num_steps: int
    num_threads: int
    step_prompts: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one way took: medians over the rounds, and what it is beside RRHF's recipe in the same round."""

    lengths: str
    way: str
    samples_per_s: float
    cpu_s_per_sample: float
    peak_bytes: int
    resting_bytes: int
    speed_ratio: float
    """Samples per second, by RRHF's."""
    cpu_ratio: float
    """RRHF's processor time per sample, by ours: says the same on a machine that others use."""
    memory_ratio: float
    """Peak, by RRHF's peak; libraries and weights are in both."""


def bench_train(
    setting: Setting, lengths: Sequence[str], rounds: int, progress: Callable[[int], None] = lambda _: None
) -> list[Line]:
    """Measure every way on every kind of answers.

    Args:
        setting: Model and work.
        lengths: Keys of `LENGTHS`.
        rounds: How often; in each the ways take turns, so that all meet the same noise.
        progress: Called with 1 after every trial.

    Raises:
        InputError: A trial ended without a result.
    """
    lines: list[Line] = []
    for kind in lengths:
        costs: list[dict[str, dict[str, float]]] = []
        for _ in range(rounds):
            costs.append({})
            for way in WAYS:
                costs[-1][way] = _trial(setting, way, LENGTHS[kind])
                progress(1)
        lines += [_line(kind, way, costs) for way in WAYS]
    return lines


def _trial(setting: Setting, way: str, response_tokens: tuple[int, ...]) -> dict[str, float]:
    work = {**asdict(setting), "way": way, "prompt_tokens": PROMPT_TOKENS, "response_tokens": response_tokens}
    command = [sys.executable, "-m", "training.bench.trial", json.dumps(work)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)  # noqa: S603
        return json.loads(done.stdout)
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InputError(
            f"the trial of {way} failed: {last}", hint="Choose a smaller model, or fewer threads."
        ) from None
    except subprocess.TimeoutExpired:
        raise InputError(f"the trial of {way} took more than an hour", hint="Choose a smaller model.") from None


def _line(kind: str, way: str, costs: Sequence[dict[str, dict[str, float]]]) -> Line:
    def middle(value: Callable[[dict[str, float], dict[str, float]], float]) -> float:
        return median(value(each[way], each["rrhf"]) for each in costs)

    return Line(
        lengths=kind,
        way=way,
        samples_per_s=middle(lambda one, _: one["samples_per_s"]),
        cpu_s_per_sample=middle(lambda one, _: one["cpu_s_per_sample"]),
        peak_bytes=int(middle(lambda one, _: one["peak_bytes"])),
        resting_bytes=int(middle(lambda one, _: one["resting_bytes"])),
        speed_ratio=middle(lambda one, rrhf: one["samples_per_s"] / rrhf["samples_per_s"]),
        cpu_ratio=middle(lambda one, rrhf: rrhf["cpu_s_per_sample"] / one["cpu_s_per_sample"]),
        memory_ratio=middle(lambda one, rrhf: one["peak_bytes"] / rrhf["peak_bytes"]),
    )
