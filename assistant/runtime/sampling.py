"""Chooses tokens: the likeliest, or drawn by llama.cpp's own chain, within a grammar where there is one."""

import ctypes
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.protocol import Sampling
from assistant.runtime.llama import lib
from assistant.runtime.matcher import Matcher

PENALTY_TOKENS = 64
"""How many tokens back the penalties look."""
NUM_ALLOWED = 256
"""So many of the tokens that a grammar allows are drawn from: the others have no chance that counts."""
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""`llama_token_data`."""


class Sampler:
    """Chooses the tokens of one answer, one after the other.

    `choose` takes the token it returns as said: penalties and grammar go on from it. So rows of one batch that check a
    draft are asked for in order, up to the first that differs from the draft; nothing is ever taken back. A draw takes
    one random number per token, and a draft changes none of them.

    Args:
        logits: For an index of the last batch the (vocabulary,) float32 logits; `Context.logits`.
        num_tokens: Size of the vocabulary.
        prompt: Tokens before the answer; the penalties count the last of them, as in llama.cpp.
        matcher: Keeps the answer to a grammar.
    """

    def __init__(
        self,
        sampling: Sampling,
        logits: Callable[[int], npt.NDArray[np.float32]],
        *,
        num_tokens: int,
        prompt: Sequence[int] = (),
        matcher: Matcher | None = None,
    ) -> None:
        self._logits = logits
        self._matcher = matcher
        self._has_penalties = has_penalties(sampling)
        self._chain: Any = None
        if sampling.temperature > 0 or self._has_penalties:
            self._chain = _chain(sampling, num_tokens)
            self._candidates = np.zeros(num_tokens, _CANDIDATE)
            self._ids = np.arange(num_tokens, dtype=np.int32)
            self._array = lib.llama_token_data_array()
            self._array.data = ctypes.cast(self._candidates.ctypes.data, lib.llama_token_data_p)
            self._array_pointer = ctypes.byref(self._array)
        if self._has_penalties:
            for token in prompt[-PENALTY_TOKENS:]:
                lib.llama_sampler_accept(self._chain, token)

    def choose(self, index: int) -> int:
        """The next token, from the logits at `index` of the last batch.

        Raises:
            InputError: The grammar allows no token of the vocabulary, or is too ambiguous to be followed.
        """
        logits = self._logits(index)
        token = int(np.argmax(logits)) if self._chain is None else self._draw(self._ids, logits)
        if self._matcher is not None:
            if not self._matcher.allows(token):
                token = self._allowed(self._matcher, logits)
            self._matcher.accept(token)
        if self._has_penalties:
            lib.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        """Give the chain's memory back."""
        if self._chain is not None:
            lib.llama_sampler_free(self._chain)
            self._chain = None

    def _allowed(self, matcher: Matcher, logits: npt.NDArray[np.float32]) -> int:
        """The choice among what the grammar allows. Asked only when the free choice was refused: that is rare."""
        if self._chain is None:
            return int(matcher.likeliest(logits, 1)[0])
        allowed = matcher.likeliest(logits, NUM_ALLOWED)
        return self._draw(allowed, logits[allowed])

    def _draw(self, ids: npt.NDArray[np.integer[Any]], logits: npt.NDArray[np.float32]) -> int:
        """Run the chain over these tokens; it reorders its candidates, so they are written anew each time."""
        candidates = self._candidates[: len(ids)]
        candidates["id"] = ids
        candidates["logit"] = logits
        self._array.size, self._array.selected, self._array.sorted = len(ids), -1, False
        lib.llama_sampler_apply(self._chain, self._array_pointer)
        return int(candidates["id"][self._array.selected])


def has_penalties(sampling: Sampling) -> bool:
    """Whether tokens that were said become less likely."""
    return (sampling.repeat_penalty, sampling.frequency_penalty, sampling.presence_penalty) != (1, 0, 0)


def _chain(sampling: Sampling, num_tokens: int) -> Any:
    """llama.cpp's samplers in llama.cpp's order."""
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    for sampler in _samplers(sampling, num_tokens):
        lib.llama_sampler_chain_add(chain, sampler)
    return chain


def _samplers(sampling: Sampling, num_tokens: int) -> list[Any]:
    samplers: list[Any] = []
    if has_penalties(sampling):
        penalties = sampling.repeat_penalty, sampling.frequency_penalty, sampling.presence_penalty
        samplers.append(lib.llama_sampler_init_penalties(num_tokens, PENALTY_TOKENS, *penalties))
    if sampling.temperature == 0:
        return [*samplers, lib.llama_sampler_init_greedy()]
    if sampling.top_k > 0:
        samplers.append(lib.llama_sampler_init_top_k(sampling.top_k))
    if sampling.top_p < 1:
        samplers.append(lib.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        samplers.append(lib.llama_sampler_init_min_p(sampling.min_p, 1))
    samplers.append(lib.llama_sampler_init_temp(sampling.temperature))
    seed = sampling.seed if sampling.seed >= 0 else secrets.randbits(32)
    return [*samplers, lib.llama_sampler_init_dist(seed % 0xFFFFFFFF)]  # 2**32 - 1 would mean a random seed
