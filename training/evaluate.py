"""pass@k with intervals: how often a sampled answer passes all tests of its problem."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from transformers import GPTBigCodeForCausalLM

from assistant.prompts import chat_prompt
from assistant.protocol import Message
from assistant.sandbox.programs import Job, ProgramRunner
from training.families.pipelines.draft import ENTRY_POINT
from training.outcome import Outcome, judge
from training.problems import Problem
from training.sampling import Request, sample
from training.tokenizer import Codec

_RESAMPLES = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over problems with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one student does on a set of problems."""

    pass_at_1: Estimate
    by_family: dict[str, float]
    outcomes: dict[str, float]
    """Share of the answers in each outcome class."""
    solved_share: tuple[float, ...]
    """Per problem, the share of its samples that pass: what paired comparisons need."""


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """Unbiased estimate that one of k samples passes, from `num_correct` of `num_samples`.

    Raises:
        ValueError: k is larger than the number of samples.

    Source: Chen et al. 2021 (arXiv:2107.03374), 1 - C(n-c, k) / C(n, k).
    """
    if k > num_samples:
        raise ValueError(f"pass@{k} needs at least {k} samples, got {num_samples}")
    if num_samples - num_correct < k:
        return 1.0
    return float(1.0 - np.prod(1.0 - k / np.arange(num_samples - num_correct + 1, num_samples + 1)))


def bootstrap(values: Sequence[float], *, seed: int = 0) -> Estimate:
    """Mean and percentile interval over resampled problems. It knows nothing of the spread between training seeds."""
    sample_P = np.asarray(values, dtype=np.float64)
    draws_RP = np.random.default_rng(seed).integers(0, len(sample_P), (_RESAMPLES, len(sample_P)))
    low, high = np.percentile(sample_P[draws_RP].mean(1), [2.5, 97.5])
    return Estimate(mean=float(sample_P.mean()), low=float(low), high=float(high))


def prompt_ids(codec: Codec, problem: Problem) -> tuple[int, ...]:
    """The prompt of a problem, as a chat would send it."""
    return tuple(codec.encode_prompt(chat_prompt([Message(role="user", content=problem.docstring)])))


def evaluate(
    model: GPTBigCodeForCausalLM,
    codec: Codec,
    problems: Sequence[Problem],
    runner: ProgramRunner,
    *,
    num_samples: int,
    temperature: float,
    max_new_tokens: int,
    seed: int = 0,
) -> Evaluation:
    """Sample answers to every problem and test them."""
    asked = [problem for problem in problems for _ in range(num_samples)]
    requests = [Request(prompt=prompt_ids(codec, problem), temperature=temperature) for problem in asked]
    texts = sample(model, codec, requests, max_new_tokens=max_new_tokens, seed=seed)
    outcomes = outcomes_of(asked, texts, runner)
    passed: defaultdict[str, int] = defaultdict(int)
    for problem, outcome in zip(asked, outcomes, strict=True):
        passed[problem.id] += outcome is Outcome.PASSES_ALL
    solved = [pass_at_k(num_samples, passed[problem.id], 1) for problem in problems]
    return Evaluation(
        pass_at_1=bootstrap(solved),
        by_family=_by_family(problems, solved),
        outcomes={each.name: outcomes.count(each) / len(outcomes) for each in Outcome},
        solved_share=tuple(solved),
    )


def outcomes_of(problems: Sequence[Problem], texts: Sequence[str], runner: ProgramRunner) -> list[Outcome]:
    """The verdict on one answer for each problem."""
    pairs = list(zip(problems, texts, strict=True))
    results = runner.run_all([Job(program=text, entry_point=ENTRY_POINT, inputs=each.inputs) for each, text in pairs])
    return [judge(result, problem.expected) for (problem, _), result in zip(pairs, results, strict=True)]


def _by_family(problems: Sequence[Problem], solved: Sequence[float]) -> dict[str, float]:
    shares: defaultdict[str, list[float]] = defaultdict(list)
    for problem, share in zip(problems, solved, strict=True):
        shares[problem.family].append(share)
    return {family: sum(each) / len(each) for family, each in shares.items()}
