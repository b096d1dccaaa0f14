"""A LoRA adapter for the built-in model, written by hand."""

from pathlib import Path

import numpy as np

from assistant.models.ggml_types import GGML_TYPES
from convert.gguf_writer import plan_layout

RANK = 2
MATRIX, ROWS, COLUMNS = "blk.0.attn_qkv.weight", 384, 256
F32 = next(kind for kind in GGML_TYPES.values() if kind.name == "F32")


def write_adapter(path: Path, *, seed: int = 0, spread: float = 0.3) -> Path:
    """Write a random adapter of one matrix; it changes what the model says."""
    rng = np.random.default_rng(seed)
    factors = [rng.normal(0, spread, shape).astype(np.float32) for shape in ((RANK, COLUMNS), (ROWS, RANK))]
    metadata = {
        "general.architecture": "starcoder",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": float(RANK),
    }
    names = (f"{MATRIX}.lora_a", f"{MATRIX}.lora_b")
    tensors = [(name, factor.shape, F32) for name, factor in zip(names, factors, strict=True)]
    layout = plan_layout(metadata, tensors)
    with path.open("wb") as file:
        file.write(layout.header)
        for info, factor in zip(layout.tensors, factors, strict=True):
            file.seek(len(layout.header) + info.offset)
            file.write(factor.tobytes())
        file.truncate(layout.num_bytes)
    return path
