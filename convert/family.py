"""What a model family is to the converter: its metadata and the names and shapes of its tensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.models.gguf import Scalar
from convert.source_files import refuse

Config = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TensorName:
    """One tensor in both worlds."""

    source: str
    target: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One architecture: `architecture` in GGUF; what to read from its config.json; its tensors."""

    architecture: str
    metadata: Callable[[Config], dict[str, Scalar]]
    """Keys without the architecture's prefix. Raises ModelFileError for a config this family cannot be."""
    tensors: Callable[[Config], tuple[TensorName, ...]]
    """Every tensor the file must hold; an untied output is not among them."""
    embedding: str
    """Source name of the token embedding."""
    output: tuple[str, str]
    """Source and target name of the output projection; it has the embedding's shape, and often is the embedding."""
    ignored: tuple[str, ...]
    """Endings of source names that are buffers, not weights."""


def count(config: Config, key: str, *, most: int = 1 << 24) -> int:
    """Read a whole number from 1 to `most` from config.json.

    Raises:
        ModelFileError: It is missing, of another kind or out of range.
    """
    value = config.get(key)
    if type(value) is not int or not 1 <= value <= most:
        refuse(f"config.json: {key} is {str(value)[:80]!r}, not a whole number from 1 to {most}")
    return value
