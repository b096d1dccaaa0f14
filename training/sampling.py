"""Samples answers from the student, many prompts at a time, with a KV cache."""

from collections.abc import Sequence
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
    """One answer for each request, in their order; an empty one where the prompt fills the model's context.

    Rows of like prompt length share a batch, padded on the left.
    """
    lm = causal_lm(model)
    generator = torch.Generator(lm.device).manual_seed(seed)
    answers = [""] * len(requests)
    lengths = [len(each.prompt) for each in requests]
    fitting = [number for number, length in enumerate(lengths) if length < lm.config.max_position_embeddings]
    by_length = sorted(fitting, key=lengths.__getitem__)
    for start in range(0, len(by_length), _BATCH_ROWS):
        numbers = by_length[start : start + _BATCH_ROWS]
        batch = [requests[number] for number in numbers]
        rows = generate(model, batch, speller.end_of_text, max_new_tokens, generator)
        for number, ids in zip(numbers, rows, strict=True):
            answers[number] = speller.decode(ids)
    return answers


@torch.no_grad()
def generate(
    model: nn.Module,
    requests: Sequence[Request],
    end_of_text: int,
    max_new_tokens: int,
    generator: torch.Generator,
) -> list[list[int]]:
    """Response ids of every row, without the end-of-text. Never past the model's context, which no prompt may fill."""
    lm = causal_lm(model)
    context = lm.config.max_position_embeddings
    room_N = torch.tensor([min(max_new_tokens, context - len(each.prompt)) for each in requests], device=lm.device)
    temperature_N = torch.tensor([each.temperature for each in requests], device=lm.device)
    ids_NT, is_token_NT = _padded(requests, end_of_text, lm.device)
    position_NT = (is_token_NT.cumsum(1) - 1).clamp(min=0)
    cache, columns = DynamicCache(config=lm.config), list[Tensor]()
    finished_N = torch.zeros_like(room_N, dtype=torch.bool)
    while not finished_N.all():
        logits_NV = model(
            input_ids=ids_NT,
            attention_mask=is_token_NT,
            position_ids=position_NT,
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        next_N = _draw(logits_NV, temperature_N, generator)
        columns.append(torch.where(finished_N, end_of_text, next_N))
        finished_N = finished_N | (next_N == end_of_text) | (room_N <= len(columns))
        ids_NT, is_token_NT = next_N[:, None], torch.cat([is_token_NT, torch.ones_like(next_N)[:, None]], 1)
        position_NT = (position_NT[:, -1:] + 1).clamp(max=context - 1)
    return [_until(row, end_of_text) for row in torch.stack(columns, 1).tolist()]


def _padded(requests: Sequence[Request], end_of_text: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """(N, T) int64 ids with padding on the left, and (N, T) int64: 0 on padding."""
    longest = max(len(each.prompt) for each in requests)
    ids = [[end_of_text] * (longest - len(each.prompt)) + [*each.prompt] for each in requests]
    is_token = [[0] * (longest - len(each.prompt)) + [1] * len(each.prompt) for each in requests]
    return torch.tensor(ids, device=device), torch.tensor(is_token, device=device)


def _draw(logits_NV: Tensor, temperature_N: Tensor, generator: torch.Generator) -> Tensor:
    probability_NV = (logits_NV / temperature_N.clamp(min=1e-6)[:, None]).softmax(-1)
    drawn_N = torch.multinomial(probability_NV, 1, generator=generator)[:, 0]
    return torch.where(temperature_N > 0, drawn_N, logits_NV.argmax(-1))


def _until(ids: list[int], end_of_text: int) -> list[int]:
    return ids[: ids.index(end_of_text)] if end_of_text in ids else ids
