"""A LoRA adapter as PEFT saves it: pairs of thin matrices, each the change of one matrix of the base model.

Source: PEFT 0.21 (`tuners/lora/layer.py`, `utils/save_and_load.py`) and its adapter_config.json.
"""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convert.families.family import Family, TensorMap
from convert.source.checkpoint import INDEX, MAX_CONFIG_BYTES, WEIGHTS, source_sha256
from convert.source.files import read_file, read_json, refuse
from convert.source.licence import MAX_TEXT_BYTES, MODEL_CARD
from convert.source.safetensors import SafetensorsFile, StoredTensor, open_safetensors

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_PICKLE = "adapter_model.bin"
MAX_RANK = 1024
MIN_ALPHA, MAX_ALPHA = 1e-6, 1e6
_MERGE_HINT = "merge it into its base with PEFT (merge_and_unload), save that, and convert the result"

_NAME = re.compile(r"base_model\.model\.(.+?)\.(lora_A\.weight|lora_B\.weight|lora_embedding_A|lora_embedding_B)")
_FROZEN = re.compile(r"base_model\.model\.(.+)\.base_layer\.weight")
_PLAIN_PATTERN = re.compile(r"\^?(?:[A-Za-z0-9_.\-]|\\\.)+\$?")
_UNSUPPORTED = {
    "use_dora": "DoRA scales whole rows of the changed matrix",
    "lora_bias": "it has biases of its own",
    "fan_in_fan_out": "it was made for transposed matrices (Conv1D), which no known family has",
    "modules_to_save": "it brings whole modules besides the pairs",
    "trainable_token_indices": "it brings rows of the embedding besides the pairs",
    "target_parameters": "it changes parameters that are no modules",
    "layer_replication": "its base has layers that the checkpoint lacks",
    "use_qalora": "it pools the inputs",
    "use_bdlora": "its matrices are block diagonal",
    "alora_invocation_tokens": "it acts only from certain tokens on",
    "arrow_config": "it chooses among several adapters",
    "kasa_config": "it changes the base first",
}
"""Settings that mean more than W + scale * B @ A, and why they cannot be carried over."""
_PLAIN_STARTS = (None, True, False, "gaussian", "eva", "orthogonal")
"""`init_lora_weights` that leave the base as it was; PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA subtract from it."""


@dataclass(frozen=True, slots=True)
class LowRank:
    """The change of one matrix of the base: W becomes W + scale * left @ right.

    Of a linear layer left is B and right is A. Of an embedding both are stored transposed.
    """

    a: StoredTensor
    """(r, columns of W); of an embedding (r, rows of W)."""
    b: StoredTensor
    """(rows of W, r); of an embedding (columns of W, r)."""
    alpha: float
    is_rank_stabilised: bool
    """rsLoRA (arXiv:2312.03732): the scale is alpha / sqrt(r), not alpha / r."""
    is_embedding: bool

    @property
    def rank(self) -> int:
        """The r of the shapes."""
        return self.a.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Of W, rows first."""
        return (self.a.shape[1], self.b.shape[0]) if self.is_embedding else (self.b.shape[0], self.a.shape[1])

    @property
    def scale(self) -> float:
        """What the product of the pair is multiplied with."""
        return self.alpha / (math.sqrt(self.rank) if self.is_rank_stabilised else self.rank)

    def left(self, start: int, stop: int) -> np.ndarray:
        """Return (stop - start, r) float32, the factor for these rows of W."""
        if not self.is_embedding:
            return self.b.rows(start, stop)
        columns = [self.a.rows(row, row + 1)[0, start:stop] for row in range(self.rank)]
        return np.stack(columns, axis=1)

    def right(self) -> np.ndarray:
        """Return (r, columns of W) float32."""
        return self.b.rows(0, self.b.num_rows).T if self.is_embedding else self.a.rows(0, self.rank)

    @np.errstate(over="ignore", invalid="ignore")  # what is not finite, `convert.ggml.quantize` refuses
    def rows(self, start: int, stop: int) -> np.ndarray:
        """Compute the change of some rows of W, (stop - start, columns of W) float32."""
        change = self.left(start, stop) @ self.right()
        change *= np.float32(self.scale)
        return change


@dataclass(frozen=True, slots=True)
class Adapter:
    """An opened adapter."""

    folder: Path
    config: Mapping[str, Any]
    alpha: float
    """`lora_alpha`; where a pattern says otherwise, the change knows."""
    weights: SafetensorsFile
    changes: dict[str, LowRank]
    """By source name of the changed matrix, such as "model.layers.0.self_attn.q_proj.weight"."""

    def sha256(self) -> str:
        """Digest the files the adapter is made of, as `convert.source.checkpoint.source_sha256` does."""
        digests = {
            name: hashlib.sha256(read_file(self.folder, name, MAX_TEXT_BYTES)).hexdigest()
            for name in (ADAPTER_CONFIG, MODEL_CARD)
            if (self.folder / name).is_file()
        }
        return source_sha256(digests | {ADAPTER_WEIGHTS: hashlib.sha256(self.weights.mapped).hexdigest()})

    def check(self, family: Family, maps: Iterable[TensorMap]) -> None:
        """Refuse a model that lacks a matrix of the adapter, or has it in another shape.

        An adapter that changes the embedding or the output of a tied model is refused, too: llama.cpp keeps one
        matrix for both, and PEFT changes each by itself.

        Args:
            family: Of the model.
            maps: All its tensors; the output is among them where it is not tied.

        Raises:
            ModelFileError: As said.
        """
        shapes = {source: each.shape for each in maps for source in each.sources}
        tied = (family.embedding, family.output[0]) if family.output[0] not in shapes else ()
        for name, change in self.changes.items():
            if name in tied:
                refuse(
                    f"the adapter changes {name}, which is embedding and output in one in this model",
                    hint="save the base untied (tie_word_embeddings false, both matrices), or train without it",
                )
            if name not in shapes:
                refuse(f"the adapter changes {name}, which this model lacks", hint="give the adapter's own base model")
            if change.shape != shapes[name]:
                refuse(
                    f"the adapter changes {name} of shape {change.shape}, this model has {shapes[name]}",
                    hint="give the adapter's own base model",
                )


def is_adapter(folder: Path) -> bool:
    """Tell whether a folder holds a PEFT adapter and no whole model; some trainers write config.json beside it."""
    is_model = any((folder / name).is_file() for name in (WEIGHTS, INDEX))
    return (folder / ADAPTER_CONFIG).is_file() and not is_model


def open_adapter(folder: Path) -> Adapter:
    """Open a folder with adapter_config.json and adapter_model.safetensors.

    Raises:
        ModelFileError: A file is missing or malformed, or the adapter is more than pairs of matrices.
    """
    if not folder.is_dir():
        refuse(f"no such folder: {folder}", hint=f"give the folder that holds {ADAPTER_CONFIG}")
    config = read_json(folder, ADAPTER_CONFIG, MAX_CONFIG_BYTES)
    _check_kind(config)
    weights = open_safetensors(_weights_path(folder))
    alpha = _alpha(config.get("lora_alpha"), "lora_alpha")
    return Adapter(folder, config, alpha, weights, _changes(config, weights))


def _check_kind(config: Mapping[str, Any]) -> None:
    if config.get("peft_type") != "LORA":
        refuse(f"{ADAPTER_CONFIG}: peft_type is {str(config.get('peft_type'))[:80]!r}, not 'LORA'", hint=_MERGE_HINT)
    for key, reason in _UNSUPPORTED.items():
        if config.get(key):
            refuse(f"{ADAPTER_CONFIG}: {key} is set: {reason}", hint=_MERGE_HINT)
    if config.get("bias") not in (None, "none"):
        refuse(f"{ADAPTER_CONFIG}: bias is {str(config['bias'])[:80]!r}: biases were trained, too", hint=_MERGE_HINT)
    start = config.get("init_lora_weights")
    if start not in _PLAIN_STARTS:
        refuse(
            f"{ADAPTER_CONFIG}: init_lora_weights is {str(start)[:80]!r}, which changes the base as well",
            hint="convert it to a plain adapter with PEFT (path_initial_model_for_weight_conversion)",
        )


def _weights_path(folder: Path) -> Path:
    path = folder / ADAPTER_WEIGHTS
    if path.is_file():
        return path
    if (folder / ADAPTER_PICKLE).exists():
        refuse(
            f"{folder} holds its weights as a pickle ({ADAPTER_PICKLE}), which can run code",
            hint=f"save it again with save_pretrained, which writes {ADAPTER_WEIGHTS}",
        )
    return refuse(f"{folder} has no {ADAPTER_WEIGHTS}", hint="give a complete PEFT folder")


def _changes(config: Mapping[str, Any], weights: SafetensorsFile) -> dict[str, LowRank]:
    """Pair the tensors by module."""
    factors: dict[str, dict[str, StoredTensor]] = {}
    for name, stored in weights.tensors.items():
        if match := _NAME.fullmatch(name):
            factors.setdefault(match[1], {})[match[2].removesuffix(".weight")] = stored
    for name in weights.tensors.keys() - {each.name for pair in factors.values() for each in pair.values()}:
        frozen = _FROZEN.fullmatch(name)  # the base's own embedding, which PEFT saves with a change of it
        if not frozen or frozen[1] not in factors:
            refuse(f"{ADAPTER_WEIGHTS} holds {name}, which is no half of a LoRA pair", hint=_MERGE_HINT)
    if not factors:
        refuse(f"{ADAPTER_WEIGHTS} holds no LoRA pair", hint="give a complete PEFT folder")
    ranks, alphas = (_Pattern(config, key) for key in ("rank_pattern", "alpha_pattern"))
    return {f"{module}.weight": _change(module, pair, config, ranks, alphas) for module, pair in factors.items()}


class _Pattern:
    """`rank_pattern` or `alpha_pattern`: numbers by the end of a module's name, the first that fits.

    PEFT takes the keys for regular expressions; here they are names, so that a stranger's expression runs nowhere.
    """

    def __init__(self, config: Mapping[str, Any], key: str) -> None:
        stated: Any = config.get(key) or {}
        if not isinstance(stated, dict):
            refuse(f"{ADAPTER_CONFIG}: {key} is no object")
        for name in stated:
            if not _PLAIN_PATTERN.fullmatch(name):
                refuse(
                    f"{ADAPTER_CONFIG}: {key} has the expression {name[:80]!r}",
                    hint="write out the names of the modules it means",
                )
        plain = {name.removesuffix("$").replace("\\.", "."): value for name, value in stated.items()}
        self._found = {name: (place, value) for place, (name, value) in enumerate(plain.items())}

    def get(self, module: str, default: Any) -> Any:
        words = module.split(".")
        ends = (".".join(words[start:]) for start in range(len(words)))
        fitting = [self._found[end] for end in (f"^{module}", *ends) if end in self._found]
        return min(fitting, key=lambda each: each[0])[1] if fitting else default


def _change(
    module: str, pair: Mapping[str, StoredTensor], config: Mapping[str, Any], ranks: _Pattern, alphas: _Pattern
) -> LowRank:
    is_embedding = pair.keys() == {"lora_embedding_A", "lora_embedding_B"}
    if not is_embedding and pair.keys() != {"lora_A", "lora_B"}:
        refuse(f"{ADAPTER_WEIGHTS} holds half a pair of {module}: {', '.join(sorted(pair))}")
    (_, a), (_, b) = sorted(pair.items())
    rank = ranks.get(module, config.get("r"))
    if type(rank) is not int or not 1 <= rank <= MAX_RANK:
        refuse(f"{ADAPTER_CONFIG}: the rank of {module} is {str(rank)[:80]!r}, not a whole number from 1 to {MAX_RANK}")
    if len(a.shape) != 2 or len(b.shape) != 2 or a.shape[0] != rank or b.shape[1] != rank:
        refuse(f"the pair of {module} has shapes {a.shape} and {b.shape}, {ADAPTER_CONFIG} says rank {rank}")
    for each in (a, b):
        each.check_numbers()
    alpha = _alpha(alphas.get(module, config.get("lora_alpha")), f"the alpha of {module}")
    return LowRank(a, b, alpha, config.get("use_rslora") is True, is_embedding)


def _alpha(value: Any, what: str) -> float:
    """Check an alpha: at 0 the adapter would do nothing, and llama.cpp, dividing by the rank, reads 0 as the rank."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not MIN_ALPHA <= value <= MAX_ALPHA:
        refuse(f"{ADAPTER_CONFIG}: {what} is {str(value)[:80]!r}, not a number from {MIN_ALPHA:g} to {MAX_ALPHA:g}")
    return float(value)
