"""Whether a model fits into this machine, and how fast it could write: said before it is downloaded or loaded.

The arithmetic of memory is `assistant.models.memory`'s; here it becomes words for people.
"""

import math
from dataclasses import dataclass
from typing import Literal

from assistant.models import machine
from assistant.models.catalogue import Entry
from assistant.models.gguf import GgufFile
from assistant.models.machine import Memory
from assistant.models.memory import OVERHEAD_BYTES, kv_bytes_per_token

Verdict = Literal["fits", "tight", "too large"]

GUESSED_KV_BYTES = 128 << 10
"""Per token, where nobody said: what models of 8 billion parameters with grouped heads take."""
_EXPERTS = "_exps."


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a model asks of a machine."""

    num_bytes: int
    """Of its weights."""
    kv_bytes: int
    """Of its KV cache, per token; 0 where unknown."""
    active: float = 1.0
    """Share of the weights that one token reads; below 1 for mixtures of experts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A model on this machine."""

    verdict: Verdict
    needed_bytes: int
    tokens_per_s: float
    """At most: what memory gives if computing costs nothing and the context is empty."""

    def __str__(self) -> str:
        return f"{self.verdict}, at most {self.tokens_per_s:.0f} tokens/s"


def needs_of(header: GgufFile, num_bytes: int) -> Needs:
    """Read what a model needs off its header."""
    architecture = str(header.metadata.get("general.architecture"))
    return Needs(num_bytes=num_bytes, kv_bytes=kv_bytes_per_token(header, architecture), active=_active(header))


def needs_of_entry(entry: Entry, num_bytes: int = 0) -> Needs:
    """What the catalogue says of a model, whose file may be known to be of another size."""
    return Needs(num_bytes=num_bytes or entry.num_bytes, kv_bytes=entry.kv_bytes, active=entry.active)


def judge(needs: Needs, memory: Memory, *, context_tokens: int, bandwidth: float) -> Fit:
    """Hold a model against a machine.

    Args:
        needs: Of the model.
        memory: Of the machine.
        context_tokens: Size of the KV cache.
        bandwidth: Of its memory, in bytes per second.

    Returns:
        `fits`: into what is free now. `tight`: only if other programs give memory back. `too large`: weights would be
        read from the disk again for every token; on a machine with a GPU that may be wrong, because its memory is not
        counted.
    """
    kv = (needs.kv_bytes or GUESSED_KV_BYTES) * context_tokens
    needed = needs.num_bytes + kv + OVERHEAD_BYTES
    verdict: Verdict = "fits" if needed <= memory.free else "tight" if needed <= memory.total else "too large"
    return Fit(
        verdict=verdict,
        needed_bytes=needed,
        tokens_per_s=bandwidth / max(1.0, needs.num_bytes * needs.active),
    )


def judge_here(needs: Needs, *, context_tokens: int) -> Fit:
    """Hold a model against this machine, as it is now; see `judge`."""
    return judge(needs, machine.memory(), context_tokens=context_tokens, bandwidth=machine.bandwidth())


def _active(header: GgufFile) -> float:
    """Of the experts' tensors a token reads as many as it uses; of the embedding a row, which is next to nothing."""
    architecture = header.metadata.get("general.architecture")
    count, used = (header.metadata.get(f"{architecture}.{key}") for key in ("expert_count", "expert_used_count"))
    share = used / count if isinstance(count, int) and isinstance(used, int) and count else 1.0
    total = sum(tensor.num_bytes for tensor in header.tensors)
    experts = sum(tensor.num_bytes for tensor in header.tensors if _EXPERTS in tensor.name)
    return (total - experts * (1 - share)) / total if total and math.isfinite(share) else 1.0
