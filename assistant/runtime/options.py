"""How an engine computes: chosen by the daemon, given to each child it starts."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """The child's second argument, as JSON; the first is the model."""

    context_tokens: int
    """Size of the KV cache."""
    threads: int
    """That compute."""
    window_tokens: int = 2048
    """What a completion sees of files, at most."""
    parking_bytes: int = 0
    """Memory for conversations that the KV cache has no room for; 0: they are computed again."""
    parking_file: str = ""
    """File they are brought to as well, so that they outlive the engine; empty: none."""
    parking_file_bytes: int = 0
    """How large it may grow."""
    adapters: str = ""
    """Folder of LoRA adapters; it need not exist."""
    draft_model: str = ""
    """GGUF file of a small model that guesses ahead; empty: none."""


def default_threads() -> int:
    """One less than this process may use, so that the editor stays quick."""
    return max(1, len(os.sched_getaffinity(0)) - 1)
