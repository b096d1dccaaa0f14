"""What will be in the GGUF file, decided before a byte is written: each tensor's name and type, and the metadata."""

import re
from dataclasses import dataclass
from pathlib import Path

from assistant import __version__
from assistant.models.ggml_types import GgmlType
from assistant.models.gguf import Value
from convert.checkpoint import Checkpoint
from convert.families import family_of
from convert.family import Family, TensorName
from convert.ggml import QUANTIZATION_VERSION
from convert.safetensors import StoredTensor
from convert.source_files import read_text, refuse
from convert.tokenizer import tokenizer_metadata
from convert.type_rules import FILE_TYPE_IDS, tensor_type

MAX_README_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """One tensor of the file and where it comes from."""

    name: str
    type: GgmlType
    source: StoredTensor


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the file will hold, in its order."""

    metadata: dict[str, Value]
    tensors: tuple[PlannedTensor, ...]


def plan_file(checkpoint: Checkpoint, file_type: str, *, name: str) -> Plan:
    """Decide what the GGUF file will hold.

    Args:
        checkpoint: The opened folder.
        file_type: A key of `FILE_TYPE_IDS`.
        name: `general.name`.

    Raises:
        ModelFileError: The family is unknown, or the tensors or the tokenizer are not what it needs.
    """
    family = family_of(checkpoint.config)
    parameters = family.metadata(checkpoint.config)
    names = sorted(_match(checkpoint, family), key=_file_order)
    num_vocabulary = checkpoint.tensors[family.embedding].shape[0]
    metadata = {
        **_identity(checkpoint.folder, family, name),
        **{f"{family.architecture}.{key}": value for key, value in parameters.items()},
        **tokenizer_metadata(checkpoint.folder, checkpoint.config, num_vocabulary),
        "cairn.source.sha256": checkpoint.sha256(),
        "cairn.version": __version__,
        "general.quantization_version": QUANTIZATION_VERSION,
        "general.file_type": FILE_TYPE_IDS[file_type],
    }
    return Plan(metadata, _plan_tensors(names, checkpoint, family, file_type))


def _plan_tensors(
    names: list[TensorName], checkpoint: Checkpoint, family: Family, file_type: str
) -> tuple[PlannedTensor, ...]:
    is_untied = any(each.source == family.output[0] for each in names)
    output = family.output[0] if is_untied else family.embedding
    return tuple(
        PlannedTensor(
            each.target,
            tensor_type(each.target, each.shape, file_type, is_output=each.source == output),
            checkpoint.tensors[each.source],
        )
        for each in names
    )


def _match(checkpoint: Checkpoint, family: Family) -> list[TensorName]:
    """Pair every tensor the family needs with one of the checkpoint; refuse a tensor that is missing or left over."""
    names = list(family.tensors(checkpoint.config))
    if not _is_tied(checkpoint, family):
        shape = next(each.shape for each in names if each.source == family.embedding)
        names.append(TensorName(*family.output, shape))
    for each in names:
        found = checkpoint.tensors.get(each.source)
        if found is None:
            refuse(f"the tensor {each.source} is missing")
        if found.shape != each.shape:
            refuse(f"{each.source} has shape {found.shape}, config.json says {each.shape}")
    known = {each.source for each in names} | {family.output[0]}
    unknown = [name for name in checkpoint.tensors if name not in known and not name.endswith(family.ignored)]
    if unknown:
        refuse(f"{len(unknown)} tensors are no part of this family, such as {min(unknown)}")
    return names


def _is_tied(checkpoint: Checkpoint, family: Family) -> bool:
    """Tell whether the output projection is the embedding: not stored, or stored again bit by bit."""
    output, embedding = (checkpoint.tensors.get(name) for name in (family.output[0], family.embedding))
    if output is None:
        return checkpoint.config.get("tie_word_embeddings", True) is True
    return embedding is not None and (output.dtype, output.data) == (embedding.dtype, embedding.data)


def _file_order(tensor: TensorName) -> tuple[int, str]:
    """Order as llama.cpp's quantizer does: what belongs to no layer, then layer by layer."""
    layer = re.match(r"blk\.(\d+)\.", tensor.target)
    return (int(layer[1]) if layer else -1, tensor.target)


def _identity(folder: Path, family: Family, name: str) -> dict[str, Value]:
    licence = _licence(folder)
    known = {"general.architecture": family.architecture, "general.name": name}
    return {**known, "general.license": licence} if licence else {**known}


def _licence(folder: Path) -> str:
    """Read the licence from the front matter of the model card, where Hugging Face keeps it."""
    if not (folder / "README.md").is_file():
        return ""
    front = re.match(r"---\n(.*?)\n---\n", read_text(folder, "README.md", MAX_README_BYTES), re.DOTALL)
    stated = re.search(r"^license:[ \t]*(\S+)[ \t]*$", front[1], re.MULTILINE) if front else None
    return stated[1] if stated else ""
