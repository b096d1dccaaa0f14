"""Rotary positions: the settings of config.json, old and new, as the metadata and the tensor that llama.cpp reads.

transformers 5 keeps them in `rope_parameters`; before, they were `rope_theta` and, for long contexts, `rope_scaling`.

Source: transformers' modeling_rope_utils.py; llama.cpp's convert_hf_to_gguf.py, llama-context.cpp and `ggml_rope_ext`.
"""

import math

import numpy as np

from assistant.models.gguf import Value
from convert.families.family import Config, count, real, require
from convert.source.files import refuse

_BESIDE = ("rope_theta", "partial_rotary_factor", "original_max_position_embeddings")
"""Settings that may also stand next to `rope_scaling`."""
_SCALING = {
    "default": (),
    "linear": ("factor",),
    "yarn": ("factor", "attention_factor", "beta_fast", "beta_slow", "truncate"),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor"),
}
"""The settings of each kind of scaling."""
_ONE_WAY = "llama.cpp computes rotary positions in only one way"
_MOST_FACTOR = 1e4


def rope_metadata(config: Config, *, kinds: tuple[str, ...] = ("default", "linear", "yarn")) -> dict[str, Value]:
    """Describe the rotary positions of a model.

    Args:
        config: config.json.
        kinds: The kinds of scaling that llama.cpp computes for this family.

    Raises:
        ModelFileError: The settings are malformed, contradict each other, or ask for what llama.cpp does not compute.
    """
    settings = _settings(config)
    kind = _kind(settings, kinds)
    require(settings, "partial_rotary_factor", 1, hint=f"{_ONE_WAY}: over whole heads")
    found: dict[str, Value] = {"rope.freq_base": real(settings, "rope_theta", least=1, most=1e12, default=1e4)}
    if kind in ("linear", "yarn"):
        found |= {"rope.scaling.type": kind, "rope.scaling.factor": _factor(settings)}
    if kind == "yarn":
        require(settings, "beta_fast", 32, hint=_ONE_WAY)
        require(settings, "beta_slow", 1, hint=_ONE_WAY)
        require(settings, "truncate", True, hint=_ONE_WAY)
        _check_attention_factor(settings)
        found["rope.scaling.original_context_length"] = _original_context(config, settings)
    return found


def rope_divisors(config: Config, head: int) -> np.ndarray | None:
    """Compute what llama.cpp divides each frequency by, for Llama 3.1's scaling; None for any other.

    Args:
        config: config.json.
        head: Size of an attention head.

    Returns:
        (head // 2,) float32: 1 for short waves, the factor for long ones, a blend between.

    Source: `_compute_llama3_parameters` in transformers.
    """
    settings = _settings(config)
    if _kind(settings, tuple(_SCALING)) != "llama3":
        return None
    base = real(settings, "rope_theta", least=1, most=1e12, default=1e4)
    low = real(settings, "low_freq_factor", least=0, most=_MOST_FACTOR)
    high = real(settings, "high_freq_factor", least=low, most=2 * _MOST_FACTOR)
    turns = _original_context(config, settings) / (2 * math.pi * base ** (np.arange(0, head, 2) / head))
    kept = np.clip((turns - low) / (high - low), 0, 1)
    return (1 / ((1 - kept) / _factor(settings) + kept)).astype(np.float32)


def _settings(config: Config) -> Config:
    """Gather the settings in one place; what is null counts as absent."""
    new, old = (config.get(key) or {} for key in ("rope_parameters", "rope_scaling"))
    if not (isinstance(new, dict) and isinstance(old, dict)) or (new and old and new != old):
        refuse("config.json: rope_parameters and rope_scaling are malformed, or contradict each other")
    beside = {key: config.get(key) for key in _BESIDE}
    return {key: value for key, value in (beside | (new or old)).items() if value is not None}


def _kind(settings: Config, kinds: tuple[str, ...]) -> str:
    kind = settings.get("rope_type", settings.get("type", "default"))
    if kind not in kinds:
        refuse(f"config.json: the rope_type is {str(kind)[:80]!r}", hint=f"for this family: {', '.join(kinds)}")
    unknown = settings.keys() - {"rope_type", "type", *_BESIDE, *_SCALING[kind]}
    if unknown:
        refuse(f"config.json: {kind} rotary positions have no {min(unknown)[:80]!r}", hint=_ONE_WAY)
    return kind


def _factor(settings: Config) -> float:
    return real(settings, "factor", least=0, most=_MOST_FACTOR)


def _original_context(config: Config, settings: Config) -> int:
    """Read how long the contexts were before they were stretched."""
    return count(settings, "original_max_position_embeddings", default=count(config, "max_position_embeddings"))


def _check_attention_factor(settings: Config) -> None:
    """Refuse another sharpness of the attention than YaRN's own, which llama.cpp always takes."""
    own = 0.1 * math.log(max(_factor(settings), 1)) + 1
    given = real(settings, "attention_factor", least=0, most=100, default=own)
    if not math.isclose(given, own, rel_tol=1e-3):
        refuse(f"config.json: attention_factor is {given}", hint=f"llama.cpp always takes {own:.4f} here")
