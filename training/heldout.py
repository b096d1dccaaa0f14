"""Held-out loss: of left-to-right text, and of the middles of holes, each in nats per token and in bits per byte."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from transformers import GPTBigCodeForCausalLM

from training.blocks import pieces
from training.fim import editor_hole, hole_ids, random_hole
from training.tokenizer import Codec

_IGNORED = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Labelled rows: the ids a model reads, the labels it is asked for, and the bytes these labels spell."""

    rows: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    num_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutLoss:
    """Mean negative log-probability."""

    nats_per_token: float
    bits_per_byte: float


def left_to_right(texts: Sequence[str], codec: Codec, *, context_tokens: int, num_rows: int) -> HeldOut:
    """One piece of each text, in a fixed draw; the first token has no context and is not asked for."""
    rng = random.Random("left to right")
    rows: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    num_bytes = 0
    for text in _cycle(texts, num_rows):
        ids = codec.encode(rng.choice(list(pieces(text, rng))))[:context_tokens]
        rows.append((tuple(ids), (_IGNORED, *ids[1:])))
        num_bytes += len(codec.decode(ids[1:]).encode())
    return HeldOut(rows=tuple(rows), num_bytes=num_bytes)


def middles(texts: Sequence[str], codec: Codec, *, context_tokens: int, num_rows: int) -> HeldOut:
    """One hole in each text, half as an editor leaves them, half random, suffix first as served; prompts that fit."""
    rng = random.Random("middles")
    rows: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    num_bytes = 0
    for number, text in enumerate(_cycle(texts, num_rows)):
        hole = (editor_hole, random_hole)[number % 2](rng.choice(list(pieces(text, rng))), rng)
        prompt, middle = hole_ids(codec, hole, "spm")
        if len(prompt) + len(middle) > context_tokens:
            continue
        rows.append(((*prompt, *middle), (_IGNORED,) * len(prompt) + tuple(middle)))
        num_bytes += len(hole.middle.encode())
    return HeldOut(rows=tuple(rows), num_bytes=num_bytes)


@torch.no_grad()
def held_out_loss(model: GPTBigCodeForCausalLM, held_out: HeldOut) -> HeldOutLoss:
    """Loss over all labels of the rows, one row at a time."""
    nats = sum(float(_row_nats(model, torch.tensor([ids]), torch.tensor(labels))) for ids, labels in held_out.rows)
    num_tokens = sum(label != _IGNORED for _, labels in held_out.rows for label in labels)
    return HeldOutLoss(nats_per_token=nats / num_tokens, bits_per_byte=nats / math.log(2) / max(held_out.num_bytes, 1))


def _row_nats(model: GPTBigCodeForCausalLM, ids_1L: Tensor, label_L: Tensor) -> Tensor:
    logits_LV = model(input_ids=ids_1L).logits[0, :-1]
    return functional.cross_entropy(logits_LV, label_L[1:], ignore_index=_IGNORED, reduction="sum")


def _cycle(texts: Sequence[str], num_rows: int) -> list[str]:
    return [texts[number % len(texts)] for number in range(num_rows)]
