"""A small checkpoint written without torch: random weights, and a byte-level tokenizer with a few merges."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.prompts import STARCODER_SPECIALS

CONFIG = {
    "architectures": ["GPTBigCodeForCausalLM"],
    "activation_function": "gelu_pytorch_tanh",
    "multi_query": True,
    "n_embd": 256,
    "n_head": 4,
    "n_inner": 512,
    "n_layer": 3,
    "n_positions": 64,
    "layer_norm_epsilon": 1e-5,
    "vocab_size": 288,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
MERGES = [["Ġ", "Ġ"], ["ĠĠ", "ĠĠ"], ["d", "e"], ["de", "f"]]

Tensors = dict[str, np.ndarray]


def byte_letters() -> list[str]:
    """Return the printable letter that byte-level BPE gives each of the 256 bytes (GPT-2's table)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = {byte: chr(byte) for byte in printable} | {byte: chr(256 + n) for n, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def tokenizer_json() -> dict:
    """Return tokenizer.json with StarCoder's specials first, then the bytes, then the merges."""
    specials = [special.token for special in STARCODER_SPECIALS]
    tokens = [*specials, *byte_letters(), *("".join(pair) for pair in MERGES)]
    return {
        "added_tokens": [{"id": n, "content": text, "special": True} for n, text in enumerate(specials)],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": True},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            ],
        },
        "post_processor": None,
        "model": {"type": "BPE", "vocab": {token: n for n, token in enumerate(tokens)}, "merges": MERGES},
    }


def random_tensors(config: dict) -> Tensors:
    """Return random float32 weights under Hugging Face names; norms and biases are random too, so that errors show."""
    rng = np.random.default_rng(7)
    embd, inner = config["n_embd"], config["n_inner"]
    fused = embd + 2 * embd // config["n_head"]
    shapes = {"wte.weight": (config["vocab_size"], embd), "wpe.weight": (config["n_positions"], embd)}
    shapes |= {"ln_f.weight": (embd,), "ln_f.bias": (embd,)}
    for layer in range(config["n_layer"]):
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"h.{layer}.{norm}.weight": (embd,), f"h.{layer}.{norm}.bias": (embd,)}
        pairs = {"attn.c_attn": (fused, embd), "attn.c_proj": (embd, embd)}
        pairs |= {"mlp.c_fc": (inner, embd), "mlp.c_proj": (embd, inner)}
        for name, shape in pairs.items():
            shapes |= {f"h.{layer}.{name}.weight": shape, f"h.{layer}.{name}.bias": shape[:1]}
    return {f"transformer.{name}": rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in shapes.items()}


def safetensors_bytes(tensors: Tensors) -> bytes:
    """Return a safetensors file; uint16 arrays are taken for bfloat16."""
    names = {"float32": "F32", "float16": "F16", "uint16": "BF16", "int64": "I64"}
    header, blobs, offset = {}, [], 0
    for name, array in tensors.items():
        blobs.append(array.tobytes())
        end = offset + len(blobs[-1])
        header[name] = {"dtype": names[str(array.dtype)], "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"".join(blobs)


def write_folder(folder: Path, config: dict, tensors: Tensors, tokenizer: dict) -> Path:
    """Write config.json, tokenizer.json and model.safetensors."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    return folder


@pytest.fixture(scope="session")
def save_checkpoint() -> Callable[[Path, dict, Tensors], Path]:
    """Return a function that writes a folder with a config and weights of any family, and the small tokenizer."""
    return lambda folder, config, tensors: write_folder(folder, config, tensors, tokenizer_json())


@pytest.fixture
def make_checkpoint(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a checkpoint with settings, tensors or tokenizer keys replaced (None: removed)."""

    def make(config: dict | None = None, tensors: Tensors | None = None, tokenizer: dict | None = None) -> Path:
        settings = CONFIG | (config or {})
        weights = random_tensors(settings) | (tensors or {})
        weights = {name: array for name, array in weights.items() if array is not None}
        return write_folder(tmp_path / "tiny", settings, weights, tokenizer_json() | (tokenizer or {}))

    return make


@pytest.fixture
def checkpoint(make_checkpoint: Callable[..., Path]) -> Path:
    """Return the plain small checkpoint."""
    return make_checkpoint()


@pytest.fixture
def make_adapter(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a PEFT folder for the small checkpoint, with settings or tensors replaced."""

    def make(config: dict | None = None, tensors: Tensors | None = None) -> Path:
        settings = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "bias": "none", "target_modules": ["c_fc"]}
        rng = np.random.default_rng(3)
        shapes = {"lora_A": (4, 256), "lora_B": (512, 4)}
        pairs = {
            f"base_model.model.transformer.h.{layer}.mlp.c_fc.{half}.weight": rng.normal(0, 0.1, shape)
            for layer in range(2)
            for half, shape in shapes.items()
        }
        weights = {name: pair.astype(np.float32) for name, pair in pairs.items()} | (tensors or {})
        folder = tmp_path / "adapter"
        folder.mkdir()
        (folder / "adapter_config.json").write_text(json.dumps(settings | (config or {})))
        present = {name: tensor for name, tensor in weights.items() if tensor is not None}
        (folder / "adapter_model.safetensors").write_bytes(safetensors_bytes(present))
        return folder

    return make


@pytest.fixture
def adapter(make_adapter: Callable[..., Path]) -> Path:
    """Return the plain small adapter: rank 4, alpha 8, on `mlp.c_fc` of two layers."""
    return make_adapter()
