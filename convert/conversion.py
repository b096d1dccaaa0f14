"""The road of a checkpoint to GGUF: plan the file, carry every tensor over, say what was made."""

import hashlib
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from convert.carry import Progress, carry
from convert.gguf_writer import Layout, check_target
from convert.lora.adapter import Adapter
from convert.manifest import NO_LICENCE, check_companions, describe_source, made_with, today, write_companions
from convert.partial_file import writing
from convert.plan import ADAPTER_SHA256, Plan, plan_file
from convert.source.checkpoint import Checkpoint, open_checkpoint, source_sha256
from convert.source.files import refuse
from convert.source.hub_cache import model_name
from convert.source.licence import read_licence
from convert.type_rules import Importance


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What a conversion made."""

    path: str
    file_type: str
    sha256: str
    num_bytes: int
    num_tensors: int
    num_parameters: int
    bits_per_weight: float
    tensors_per_type: dict[str, int]
    source_bytes: int
    source_sha256: str
    importance_sha256: str
    """Of the importance matrix, or nothing."""
    adapter_sha256: str
    """Of the adapter that was merged, or nothing."""
    licence: str
    """Its id, or nothing."""
    warnings: tuple[str, ...]
    elapsed_s: float


def convert_checkpoint(
    folder: Path,
    path: Path,
    file_type: str,
    *,
    name: str = "",
    importance: Importance | None = None,
    adapter: Adapter | None = None,
    progress: Progress = lambda done, total: None,
) -> Conversion:
    """Convert a Hugging Face folder to one GGUF file.

    Args:
        folder: Holds config.json, tokenizer.json and safetensors weights in F32, F16 or BF16.
        path: The GGUF file; it appears when it is whole, and replaces what was there. Its manifest, and the source's
            licence and model card, come beside it.
        file_type: A key of `convert.file_types.FILE_TYPE_IDS`.
        name: `general.name`; the folder's name if empty.
        importance: How much the errors of each column weigh, by tensor name, from `convert.quality.imatrix`.
        adapter: Merged on the way: the weights become base + scale * B @ A, in float32, before they are quantised.
        progress: Hears about the work.

    Raises:
        ModelFileError: The folder is incomplete, broken, or of a kind that cannot be converted.
        InputError: The file cannot be written there.
    """
    started, date = time.perf_counter(), today()
    check_target(path)
    checkpoint, licence = open_checkpoint(folder), read_licence(folder)
    check_companions(path, licence)
    plan = plan_file(checkpoint, file_type, name=name or model_name(folder), importance=importance, adapter=adapter)
    digests, sha256 = _write(checkpoint, plan, path, importance or {}, progress)
    num_bytes = plan.layout().num_bytes
    result = Conversion(
        path=str(path),
        file_type=file_type,
        sha256=sha256,
        num_bytes=num_bytes,
        num_tensors=len(plan.tensors),
        num_parameters=plan.num_parameters,
        bits_per_weight=round(8 * num_bytes / plan.num_parameters, 3),
        tensors_per_type=dict(Counter(kind.name for _, _, kind in plan.tensors)),
        source_bytes=checkpoint.num_bytes,
        source_sha256=source_sha256(digests),
        importance_sha256=_importance_sha256(importance or {}),
        adapter_sha256=str(plan.metadata.get(ADAPTER_SHA256, "")),
        licence=licence.id,
        warnings=() if licence.id or licence.texts else (NO_LICENCE,),
        elapsed_s=round(time.perf_counter() - started, 3),
    )
    write_companions(path, licence, _manifest(result, date, describe_source(checkpoint, licence, digests)))
    return result


def _write(
    checkpoint: Checkpoint, plan: Plan, path: Path, importance: Importance, progress: Progress
) -> tuple[dict[str, str], str]:
    """Write the GGUF file.

    Returns:
        The sha256 of every file of the source, by name, and that of the result.
    """
    layout = plan.layout()
    identity = _identity(checkpoint, layout, importance)
    with writing(path, layout, identity=identity) as partial:
        digests = checkpoint.settings_sha256() | carry(checkpoint, plan, partial, progress)
        if _identity(checkpoint, layout, importance) != identity:
            refuse("the source changed while it was read", hint="convert it again when nothing writes to it")
        partial.write_header(plan.layout(source_sha256(digests)).header)
    return digests, partial.sha256


def _identity(checkpoint: Checkpoint, layout: Layout, importance: Importance) -> str:
    """Say what the bytes will be: the header holds the plan; the rest is the source, the weights, the quantizer."""
    said = checkpoint.identity() + version("llama-cpp-python") + _importance_sha256(importance)
    return hashlib.sha256(layout.header + said.encode()).hexdigest()


def _importance_sha256(importance: Importance) -> str:
    """Digest the weights of the errors; nothing if there are none."""
    digest = hashlib.sha256()
    for name in sorted(importance):
        digest.update(name.encode() + importance[name].tobytes())
    return digest.hexdigest() if importance else ""


def _manifest(result: Conversion, date: str, source: dict[str, Any]) -> dict[str, Any]:
    """Say it all in the words of the built-in model's manifest."""
    return {
        "file": Path(result.path).name,
        "sha256": result.sha256,
        "num_bytes": result.num_bytes,
        "licence": result.licence or None,
        "date": date,
        "made_with": made_with(),
        "importance_sha256": result.importance_sha256 or None,
        "adapter_sha256": result.adapter_sha256 or None,
        "file_type": result.file_type,
        "num_parameters": result.num_parameters,
        "bits_per_weight": result.bits_per_weight,
        "tensors_per_type": result.tensors_per_type,
        "source": source | {"sha256": result.source_sha256},
    }
