"""Samples answers from the student, many prompts at a time, with a KV cache."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from training.objective.logprob import causal_lm

_BATCH_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answer wanted: prompt ids, and the temperature (0 is greedy)."""

    prompt: tuple[int, ...]
    temperature: float


class Speller(Protocol):
    """A vocabulary, as far as answers are read by it."""

    @property
    def end_of_text(self) -> int:
        """The id that ends an answer."""
        ...

    def decode(self, ids: list[int]) -> str:
        """Text of ids."""
        ...


def sample(
    model: nn.Module, speller: Speller, requests: Sequence[Request], *, max_new_tokens: int, seed: int
) -> list[str]:
    """One answer for each request, in their order. Rows of equal prompt length share a batch: nothing is padded."""
    device = causal_lm(model).device
    generator = torch.Generator(device).manual_seed(seed)
    answers = [""] * len(requests)
    for numbers in _batches(requests):
        prompt_NL = torch.tensor([requests[number].prompt for number in numbers], device=device)
        temperature_N = torch.tensor([requests[number].temperature for number in numbers], device=device)
        rows = generate(model, prompt_NL, temperature_N, speller.end_of_text, max_new_tokens, generator)
        for number, ids in zip(numbers, rows, strict=True):
            answers[number] = speller.decode(ids)
    return answers


@torch.no_grad()
def generate(
    model: nn.Module,
    prompt_NL: Tensor,
    temperature_N: Tensor,
    end_of_text: int,
    max_new_tokens: int,
    generator: torch.Generator,
) -> list[list[int]]:
    """Response ids of every row, without the end-of-text. Never past the model's context."""
    config = causal_lm(model).config
    room = min(max_new_tokens, config.max_position_embeddings - prompt_NL.shape[1])
    if room <= 0:
        return [[] for _ in prompt_NL]
    cache, ids_NL = DynamicCache(config=config), prompt_NL
    finished_N = torch.zeros(len(prompt_NL), dtype=torch.bool, device=prompt_NL.device)
    columns: list[Tensor] = []
    while len(columns) < room and not finished_N.all():
        logits_NV = model(input_ids=ids_NL, cache=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
        next_N = _draw(logits_NV, temperature_N, generator)
        columns.append(next_N)
        finished_N = finished_N | (next_N == end_of_text)
        ids_NL = next_N[:, None]
    return [_until(row, end_of_text) for row in torch.stack(columns, 1).tolist()]


def _draw(logits_NV: Tensor, temperature_N: Tensor, generator: torch.Generator) -> Tensor:
    probability_NV = (logits_NV / temperature_N.clamp(min=1e-6)[:, None]).softmax(-1)
    drawn_N = torch.multinomial(probability_NV, 1, generator=generator)[:, 0]
    return torch.where(temperature_N > 0, drawn_N, logits_NV.argmax(-1))


def _until(ids: list[int], end_of_text: int) -> list[int]:
    return ids[: ids.index(end_of_text)] if end_of_text in ids else ids


def _batches(requests: Sequence[Request]) -> Iterator[list[int]]:
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for number, request in enumerate(requests):
        by_length[len(request.prompt)].append(number)
    for numbers in by_length.values():
        for start in range(0, len(numbers), _BATCH_ROWS):
            yield numbers[start : start + _BATCH_ROWS]
