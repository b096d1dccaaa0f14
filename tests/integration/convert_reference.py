"""What the converter's integration tests compare with: small random models of every family, made by transformers.

Importing this module needs torch, transformers and tokenizers; the tests ask for them first.
"""

import ctypes
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from assistant.models.gguf import TensorInfo, read_gguf
from assistant.prompts import STARCODER_SPECIALS
from convert.families import family_of
from convert.ggml import load_library

NUM_TOKENS = 60
NUM_VOCABULARY = 400
CORPUS = [
    "def add(first, second):\n    return first + second\n\n\nclass Stack:\n    def __init__(self) -> None:\n",
    "for index in range(10):\n    if index % 2 == 0:\n        print(f'{index:>4} größer', \"naïve\")\n",
    "import os\nfrom pathlib import Path\n\nx = [1, 22, 333]  # 数字 and 🎉 emoji\n\treturn None\n",
]

_ROTARY: dict[str, Any] = {
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
}
_LLAMA_3 = {
    "rope_type": "llama3",
    "rope_theta": 1e3,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
_YARN = {"rope_type": "yarn", "rope_theta": 1e3, "factor": 4.0, "original_max_position_embeddings": 32}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "starcoder": ("GPTBigCode", {"n_positions": 128, "n_embd": 256, "n_layer": 3, "n_head": 4, "n_inner": 768}),
    "starcoder2": ("Starcoder2", _ROTARY),
    "llama": ("Llama", _ROTARY | {"head_dim": 128}),
    "qwen2": ("Qwen2", _ROTARY | {"rope_theta": 1e6}),
    "qwen3": ("Qwen3", _ROTARY | {"head_dim": 128}),
    "qwen3moe": (
        "Qwen3Moe",
        _ROTARY
        | {"head_dim": 64, "moe_intermediate_size": 256, "num_experts": 8, "num_experts_per_tok": 4}
        | {"norm_topk_prob": True},
    ),
}
"""Each family in its plain form: the class of transformers, and its settings."""
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama, biases everywhere, as Granite code": ("Llama", _ROTARY | {"attention_bias": True, "mlp_bias": True}),
    "llama, positions scaled linearly, as DeepSeek-Coder": (
        "Llama",
        _ROTARY | {"rope_parameters": {"rope_type": "linear", "rope_theta": 1e5, "factor": 4.0}},
    ),
    "llama, positions scaled as Llama 3.1's": ("Llama", _ROTARY | {"rope_parameters": _LLAMA_3}),
    "llama, no groups of heads": ("Llama", _ROTARY | {"num_key_value_heads": 4}),
    "qwen2, positions scaled by YaRN": ("Qwen2", _ROTARY | {"rope_parameters": _YARN}),
    "starcoder2, one key-value head": ("Starcoder2", _ROTARY | {"num_key_value_heads": 1}),
}
"""Forms of a family that llama.cpp computes by other means."""


@dataclass(frozen=True)
class Reference:
    """A model of transformers and what it says."""

    folder: Path
    ids: np.ndarray
    """(L,) int64."""
    logits: np.ndarray
    """(L, V) float32."""


def train_tokenizer() -> Tokenizer:
    """Train a byte-level BPE with StarCoder's pre-tokenizer and its specials as the first ids."""
    tokenizer = Tokenizer(models.BPE())
    cutters = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cutters)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=NUM_VOCABULARY,
        show_progress=False,
        special_tokens=[special.token for special in STARCODER_SPECIALS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(CORPUS * 20, trainer)
    return tokenizer


def save_random_model(folder: Path, name: str, *, tied: bool, max_shard_size: str = "1GB") -> Reference:
    """Save a random model of a family with a tokenizer, and compute its logits."""
    kind, settings = (MODELS | VARIANTS)[name]
    tokenizer = train_tokenizer()
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=tokenizer.get_vocab_size(), bos_token_id=0, eos_token_id=0, tie_word_embeddings=tied, **settings
    )
    model = getattr(transformers, f"{kind}ForCausalLM")(config).eval()
    _randomise(model)
    model.save_pretrained(folder, max_shard_size=max_shard_size)
    tokenizer.save(str(folder / "tokenizer.json"))
    return _reference(folder, model)


def save_dequantised(source: Path, gguf: Path, folder: Path) -> Reference:
    """Save a model again with the weights that a GGUF file of it holds, as float32, and compute its logits."""
    folder.mkdir()
    config = json.loads((source / "config.json").read_text())
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_bytes((source / name).read_bytes())
    save_file(_original_weights(gguf, config), folder / "model.safetensors", metadata={"format": "pt"})
    return _reference(folder, transformers.AutoModelForCausalLM.from_pretrained(folder).eval())


def _randomise(model: torch.nn.Module) -> None:
    """Draw all weights; norms are not all one, nor biases zero, so that a swapped tensor shows.

    The router of experts is decided, as a trained one is: a near tie would flip at any rounding of its input.
    """
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            is_norm = weight.ndim == 1 and name.endswith("weight")
            spread = 0.2 if name.endswith("mlp.gate.weight") else 0.03
            weight.normal_(1.0 if is_norm else 0.0, spread, generator=generator)


def _reference(folder: Path, model: Any) -> Reference:
    ids = np.random.default_rng(5).integers(0, model.config.vocab_size, NUM_TOKENS)
    with torch.no_grad():
        return Reference(folder, ids, model(torch.from_numpy(ids)[None]).logits[0].numpy())


def _original_weights(gguf: Path, config: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the tensors of a GGUF file, as float32, under the names and in the row order of transformers."""
    header = read_gguf(gguf)
    family, data = family_of(config), np.memmap(gguf, np.uint8, offset=header.data_offset)
    found = {info.name: _widened(info, data) for info in header.tensors}
    weights: dict[str, np.ndarray] = {}
    for each in family.tensors(config):
        rows = found[each.target].reshape(len(each.sources), *each.shape)
        if each.head_rows:
            pairs = rows.reshape(-1, each.head_rows // 2, 2, rows[0].size // each.shape[0])
            rows = pairs.swapaxes(1, 2).reshape(rows.shape)
        weights |= {source: np.ascontiguousarray(rows[index]) for index, source in enumerate(each.sources)}
    source, target = family.output
    return weights | ({source: found[target]} if target in found else {})


def _widened(info: TensorInfo, data: np.ndarray) -> np.ndarray:
    """Read a tensor with ggml's own `to_float` of its type."""
    stored = np.ascontiguousarray(data[info.offset : info.offset + info.num_bytes])
    if info.type.name == "F32":
        return stored.view(np.float32).reshape(info.shape)
    widened = np.empty(info.shape, np.float32)
    library = load_library("libggml-base.so")
    library.ggml_get_type_traits.restype = ctypes.POINTER(_TypeTraits)
    to_float = library.ggml_get_type_traits(info.type.id).contents.to_float
    to_float(stored.ctypes.data, widened.ctypes.data, widened.size)
    return widened


class _TypeTraits(ctypes.Structure):
    """`ggml_type_traits`."""

    _fields_ = (
        ("type_name", ctypes.c_char_p),
        ("blck_size", ctypes.c_int64),
        ("blck_size_interleave", ctypes.c_int64),
        ("type_size", ctypes.c_size_t),
        ("is_quantized", ctypes.c_bool),
        ("to_float", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)),
        ("from_float_ref", ctypes.c_void_p),
    )
