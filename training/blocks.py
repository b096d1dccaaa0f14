"""An endless stream of training blocks that can be stopped anywhere and continued with the same tokens.

Documents are cut at line starts into pieces of about a context. The pieces of all documents are shuffled, so that a
batch does not come from one file; each is left as it is or given a hole, all are joined by end-of-text and packed
without attention masks. What the stream yields depends on the seed and the position alone.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.fim import editor_hole, hole_ids, random_hole
from training.recipe import PretrainRecipe
from training.tokenizer import Codec

_PIECE_CHARS = (400, 2600)
"""Shortest and longest piece: the longest is a little under 1,024 tokens of Python."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamPosition:
    """Where a stream stands: the next piece, and the ids that did not fill a block yet."""

    epoch: int = 0
    piece: int = 0
    leftover: tuple[int, ...] = ()


class BlockStream:
    """Blocks of `context_tokens` ids; pieces, their order and their holes are drawn anew each epoch."""

    def __init__(
        self,
        texts: Sequence[str],
        codec: Codec,
        recipe: PretrainRecipe,
        *,
        context_tokens: int,
        seed: int,
        position: StreamPosition | None = None,
    ) -> None:
        self._texts = texts
        self._codec = codec
        self._recipe = recipe
        self._context_tokens = context_tokens
        self._seed = seed
        start = position or StreamPosition()
        self._epoch, self._piece, self._ids = start.epoch, start.piece, list(start.leftover)
        self._pieces = self._draw_pieces()

    @property
    def position(self) -> StreamPosition:
        """Hand this to a new stream to continue with the same tokens."""
        return StreamPosition(epoch=self._epoch, piece=self._piece, leftover=tuple(self._ids))

    def next_batch(self, num_blocks: int) -> Tensor:
        """The next blocks: (B, L) int64."""
        return torch.tensor([self._next_block() for _ in range(num_blocks)])

    def _next_block(self) -> list[int]:
        while len(self._ids) < self._context_tokens:
            rng = random.Random(f"{self._seed}/{self._epoch}/{self._piece}")
            document, start, end = self._pieces[self._piece]
            self._ids += piece_ids(self._texts[document][start:end], self._codec, self._recipe, rng)
            self._advance()
        block, self._ids = self._ids[: self._context_tokens], self._ids[self._context_tokens :]
        return block

    def _advance(self) -> None:
        self._piece += 1
        if self._piece == len(self._pieces):
            self._epoch, self._piece = self._epoch + 1, 0
            self._pieces = self._draw_pieces()

    def _draw_pieces(self) -> list[tuple[int, int, int]]:
        """Every piece of every document as (document, start, end), in random order."""
        rng = random.Random(f"{self._seed}/{self._epoch}")
        drawn = [(number, *span) for number, text in enumerate(self._texts) for span in spans(text, rng)]
        rng.shuffle(drawn)
        return drawn


def piece_ids(piece: str, codec: Codec, recipe: PretrainRecipe, rng: random.Random) -> list[int]:
    """The ids of one piece, as it is or with a hole, and an end-of-text."""
    if rng.random() >= recipe.fim_rate:
        return [*codec.encode(piece), codec.end_of_text]
    cut = editor_hole if rng.random() < recipe.editor_hole_rate else random_hole
    order = "spm" if rng.random() < recipe.spm_rate else "psm"
    prompt, middle = hole_ids(codec, cut(piece, rng), order)
    return prompt + middle


def pieces(text: str, rng: random.Random) -> Iterator[str]:
    """Cut a document at line starts into pieces of random length; joined they are the document again."""
    return (text[start:end] for start, end in spans(text, rng))


def spans(text: str, rng: random.Random) -> Iterator[tuple[int, int]]:
    """Where the pieces of a document start and end."""
    start = 0
    while start < len(text):
        newline = text.find("\n", start + rng.randint(*_PIECE_CHARS))
        end = len(text) if newline < 0 else newline + 1
        yield start, end
        start = end
