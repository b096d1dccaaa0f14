"""How often a student's sampled answers pass all tests of their problems, during training."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from transformers import GPTBigCodeForCausalLM

from assistant.prompts import chat_prompt
from assistant.protocol import Message
from assistant.sandbox.programs import Job, ProgramRunner
from training.evaluation.intervals import Estimate, estimate
from training.evaluation.pass_at_k import pass_at_k
from training.families.pipelines.draft import ENTRY_POINT
from training.outcome import Outcome, judge
from training.problems import Problem
from training.sampling import Request, sample
from training.tokenizer import Codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one student does on a set of problems."""

    pass_at_1: Estimate
    by_family: dict[str, float]
    outcomes: dict[str, float]
    """Share of the answers in each outcome class."""
    solved_share: tuple[float, ...]
    """Per problem, the share of its samples that pass: what paired comparisons need."""


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
        pass_at_1=estimate(solved),
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
