"""Examples as tensors, in three layouts that compute the same: a tree for each prompt, a row for each answer, one row.

In a tree the prompt stands once and its answers one behind the other. Every answer's positions go on where the prompt
ends, and it sees the prompt and itself, so that it is computed as if it stood there alone. A row with one answer is a
tree with one branch, for which causal attention is right as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import accumulate
from typing import Self, TypeVar

import torch
from torch import Tensor

from training.objective.examples import Example

_T = TypeVar("_T")

_PROMPT = 0
"""The branch of a prompt's tokens; the answers count from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeBatch:
    """B prompts with up to K answers, as R rows of up to L tokens; the N response tokens are listed beside.

    `to` is what accelerate looks for when it moves a batch.
    """

    ids_RL: Tensor
    """(R, L) int64."""
    position_RL: Tensor
    """(R, L) int64: of a token in its own prompt and answer."""
    tree_RL: Tensor | None
    """(R, L) int64: tokens see their own tree alone; padding is -1. None: plain causal attention is right."""
    branch_RL: Tensor
    """(R, L) int64: in it, the prompt (0) and their own branch."""
    source_N: Tensor
    """(N,) int64: where in the flattened rows the hidden state is that predicts a response token."""
    token_N: Tensor
    """(N,) int64: the response tokens."""
    answer_N: Tensor
    """(N,) int64: to which of the flattened B x K answers they belong."""
    reward_BK: Tensor
    """(B, K) float32; 0 where there is no answer."""
    is_teacher_BK: Tensor
    """(B, K) bool."""
    present_BK: Tensor
    """(B, K) bool: False where a prompt has fewer than K answers."""
    num_tokens_BK: Tensor
    """(B, K) int64, response tokens."""
    sizes: tuple[tuple[int, ...], ...] | None
    """Of each row the tokens of the prompt and of every answer; None where a row is not one tree."""

    def to(self, device: torch.device | str | int, non_blocking: bool = False) -> Self:
        """Copy every tensor to a device."""
        tensors = {each.name: getattr(self, each.name) for each in fields(self)}
        there = {k: v.to(device, non_blocking=non_blocking) for k, v in tensors.items() if isinstance(v, Tensor)}
        return replace(self, **there)


@dataclass(frozen=True, slots=True)
class _Branch:
    """An answer in a tree: whose it is (b, k), and its tokens."""

    answer: tuple[int, int]
    response: tuple[int, ...]


_Tree = tuple[tuple[int, ...], list[_Branch]]
"""A prompt and the answers behind it."""


def tree_batch(examples: Sequence[Example], *, pad_id: int) -> TreeBatch:
    """One row for each prompt: P + R_1 + ... + R_K tokens instead of K x (P + the longest R)."""
    rows = [[tree] for tree in _whole(examples)]
    return _batch(examples, rows, pad_id, is_causal=all(len(each.responses) == 1 for each in examples))


def padded_batch(examples: Sequence[Example], *, pad_id: int) -> TreeBatch:
    """One row for each answer, padded on the right, where causal attention keeps padding out of every real position."""
    return _batch(examples, [[tree] for tree in _split(examples)], pad_id, is_causal=True)


def packed_batch(examples: Sequence[Example], *, pad_id: int) -> TreeBatch:
    """All answers in one row, each behind a prompt of its own: no padding, for attention over varying lengths."""
    return _batch(examples, [_split(examples)], pad_id, is_causal=False)


def _whole(examples: Sequence[Example]) -> list[_Tree]:
    return [
        (each.prompt, [_Branch((b, k), response) for k, response in enumerate(each.responses)])
        for b, each in enumerate(examples)
    ]


def _split(examples: Sequence[Example]) -> list[_Tree]:
    return [(prompt, [branch]) for prompt, branches in _whole(examples) for branch in branches]


def _batch(examples: Sequence[Example], rows: Sequence[Sequence[_Tree]], pad_id: int, *, is_causal: bool) -> TreeBatch:
    num_answers = max(len(each.responses) for each in examples)
    length = max(sum(_num_tokens(tree) for tree in row) for row in rows)
    listed = [entry for r, row in enumerate(rows) for entry in _listed(row, r * length, num_answers)]
    tree_RL = _rectangle(rows, length, -1, lambda tree, t: [t] * _num_tokens(tree))
    source, token, answer = torch.tensor(listed).T.contiguous()
    return TreeBatch(
        ids_RL=_rectangle(rows, length, pad_id, lambda tree, _: _ids(tree)),
        position_RL=_rectangle(rows, length, 0, lambda tree, _: _positions(tree)),
        tree_RL=None if is_causal else tree_RL,
        branch_RL=_rectangle(rows, length, -1, lambda tree, _: _branches(tree)),
        source_N=source,
        token_N=token,
        answer_N=answer,
        reward_BK=torch.tensor([_filled(each.rewards, num_answers, 0.0) for each in examples]),
        is_teacher_BK=torch.tensor([_filled(each.is_teacher, num_answers, False) for each in examples]),
        present_BK=torch.tensor([_filled([True] * len(each.responses), num_answers, False) for each in examples]),
        num_tokens_BK=torch.tensor([_filled([*map(len, each.responses)], num_answers, 0) for each in examples]),
        sizes=tuple(_sizes(*row) for row in rows) if all(len(row) == 1 for row in rows) else None,
    )


def _rectangle(
    rows: Sequence[Sequence[_Tree]], length: int, padding: int, values: Callable[[_Tree, int], list[int]]
) -> Tensor:
    return torch.tensor(
        [_filled([value for t, tree in enumerate(row) for value in values(tree, t)], length, padding) for row in rows]
    )


def _filled(values: Sequence[_T], length: int, padding: _T) -> list[_T]:
    return [*values, *[padding] * (length - len(values))]


def _num_tokens(tree: _Tree) -> int:
    return sum(_sizes(tree))


def _sizes(tree: _Tree) -> tuple[int, ...]:
    prompt, branches = tree
    return (len(prompt), *(len(branch.response) for branch in branches))


def _ids(tree: _Tree) -> list[int]:
    prompt, branches = tree
    return [*prompt, *(token for branch in branches for token in branch.response)]


def _positions(tree: _Tree) -> list[int]:
    prompt, branches = tree
    behind = (range(len(prompt), len(prompt) + len(branch.response)) for branch in branches)
    return [*range(len(prompt)), *(position for each in behind for position in each)]


def _branches(tree: _Tree) -> list[int]:
    prompt, branches = tree
    return [_PROMPT] * len(prompt) + [k for k, branch in enumerate(branches, 1) for _ in branch.response]


def _listed(row: Sequence[_Tree], start: int, num_answers: int) -> list[tuple[int, int, int]]:
    """(source, token, answer) of every response token of a row that starts there."""
    listed: list[tuple[int, int, int]] = []
    for (prompt, branches), root in zip(row, accumulate(map(_num_tokens, row), initial=start), strict=False):
        last = root + len(prompt) - 1
        first = last + 1
        for branch in branches:
            b, k = branch.answer
            sources = [last, *range(first, first + len(branch.response) - 1)]
            listed += [(s, token, b * num_answers + k) for s, token in zip(sources, branch.response, strict=True)]
            first += len(branch.response)
    return listed
