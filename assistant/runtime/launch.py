"""What an engine process is started with: written by the daemon, read by the child."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The child's one argument, as JSON."""

    model: str
    """Path of the GGUF file, or of the descriptor that holds it open."""
    context_tokens: int
    threads: int
    window_tokens: int
    """What a completion sees of files, at most."""
    parking_bytes: int
    """Memory for conversations that the KV cache has no room for; 0: they are computed again."""
    adapters: str
    """Folder of LoRA adapters; it need not exist."""
