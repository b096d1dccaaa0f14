"""One way of training, alone in a process: steps on random answers, timed, and the peak of its memory.

python -m training.bench.trial '{"way": "tree", …}'
"""

import json
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from transformers import GPTBigCodeConfig, GPTBigCodeForCausalLM, PreTrainedModel

from training.bench.rrhf import padded_rows, rrhf_loss
from training.objective import tree_attention
from training.objective.batches import TreeBatch, padded_batch, tree_batch
from training.objective.examples import Example
from training.objective.logprob import response_logprobs
from training.objective.losses import rank_loss, sft_loss

Way = Literal["rrhf", "padded", "tree"]

_REWARDS = (3.5, 3.0, 2.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is trained on what. The same work is the same model and the same answers, whichever the way."""

    way: Way
    vocab_size: int
    hidden_size: int
    num_layers: int
    prompt_tokens: int
    response_tokens: tuple[int, ...]
    """Of the candidates to each prompt, in an order drawn for each."""
    num_steps: int
    step_prompts: int
    """One by one, accumulated, as the recipe does on one device."""
    num_threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a trial took, after a first prompt that was not counted."""

    samples_per_s: float
    """Prompts with all their answers."""
    cpu_s_per_sample: float
    """Of all threads: does not count the time in which others had the cores."""
    resting_bytes: int
    """Resident before the first step: libraries, weights."""
    peak_bytes: int
    """Resident at most."""


def run_trial(work: Work) -> Cost:
    """Train, and measure."""
    torch.set_num_threads(work.num_threads)
    model = _model(work)
    answers = [_example(work, seed) for seed in range(work.step_prompts)]
    loss_of = _loss_of(work.way, model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5, fused=True)
    resting_bytes = _resident("VmRSS")
    _step(answers[:1], loss_of, optimizer)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(work.num_steps):
        _step(answers, loss_of, optimizer)
    num_samples = work.num_steps * len(answers)
    return Cost(
        samples_per_s=num_samples / (time.perf_counter() - wall),
        cpu_s_per_sample=(time.process_time() - cpu) / num_samples,
        resting_bytes=resting_bytes,
        peak_bytes=_resident("VmHWM"),
    )


def _step(answers: list[Example], loss_of: Callable[[Example], Tensor], optimizer: torch.optim.Optimizer) -> None:
    for each in answers:
        (loss_of(each) / len(answers)).backward()
    optimizer.step()
    optimizer.zero_grad()


def _loss_of(way: Way, model: PreTrainedModel) -> Callable[[Example], Tensor]:
    if way == "rrhf":
        return lambda example: rrhf_loss(model, padded_rows(example, pad_id=0))
    lay_out = tree_batch if way == "tree" else padded_batch
    model.set_attn_implementation(tree_attention.NAME)
    return lambda example: rrtf_loss(model, lay_out([example], pad_id=0))


def rrtf_loss(model: PreTrainedModel, batch: TreeBatch) -> Tensor:
    """Ours: all pairs weighted by their gap, plus the sum over the best answer."""
    logprobs = response_logprobs(model, batch)
    ranking = rank_loss(logprobs.mean_BK, batch.reward_BK, batch.present_BK)
    return ranking + sft_loss(logprobs.total_BK[:, 0], logprobs.num_tokens_BK[:, 0], "sum")


def _model(work: Work) -> PreTrainedModel:
    torch.manual_seed(0)
    config = GPTBigCodeConfig(
        vocab_size=work.vocab_size,
        n_positions=work.prompt_tokens + max(work.response_tokens),
        n_embd=work.hidden_size,
        n_layer=work.num_layers,
        n_head=max(1, work.hidden_size // 64),
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
    )
    return GPTBigCodeForCausalLM(config).train()


def _example(work: Work, seed: int) -> Example:
    rng = random.Random(seed)
    lengths = rng.sample(work.response_tokens, len(work.response_tokens))
    rewards = sorted((_REWARDS[k % len(_REWARDS)] for k in range(len(lengths))), reverse=True)
    return Example(
        prompt=_tokens(rng, work.prompt_tokens, work.vocab_size),
        responses=tuple(_tokens(rng, length, work.vocab_size) for length in lengths),
        rewards=tuple(rewards),
        is_teacher=(True, *[False] * (len(lengths) - 1)),
    )


def _tokens(rng: random.Random, count: int, vocab_size: int) -> tuple[int, ...]:
    return tuple(rng.choices(range(1, vocab_size), k=count))


def _resident(field: str) -> int:
    """A line of the kernel's account of this process, which begins anew when a program is started."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(asdict(run_trial(Work(**given | {"response_tokens": tuple(given["response_tokens"])})))))
