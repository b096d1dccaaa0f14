"""How a model was made, on one page beside its file: hashes, recipe, corpus with licences, figures, date."""

import datetime
import hashlib
import json
import platform
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from training.atomic import write_text

LICENCE = "Apache-2.0"
TOOLS = ("cairn-coder", "torch", "transformers", "tokenizers")


def write_manifest(run: Path, gguf: Path) -> Path:
    """Write `gguf`'s manifest, named like it with `.json`, from what the run left behind.

    Raises:
        InputError: The run is not finished, or the file is not there.
    """
    parts = [
        run / "recipe.toml",
        run / "corpus-manifest.json",
        run / "corpus.jsonl",
        run / "rrtf" / "evaluation.json",
        gguf,
    ]
    missing = [str(part) for part in parts if not part.is_file()]
    if missing:
        raise InputError(
            f"not there: {', '.join(missing)}", hint="run `cairn train run RECIPE` to its end, then convert"
        )
    path = gguf.with_suffix(".json")
    write_text(path, json.dumps(_manifest(run, gguf), indent=1, ensure_ascii=False) + "\n")
    return path


def _manifest(run: Path, gguf: Path) -> dict[str, Any]:
    corpus = json.loads((run / "corpus-manifest.json").read_text("utf-8"))
    used = [source for source in corpus["sources"] if source["permissive"]]
    return {
        "file": gguf.name,
        "sha256": _sha256(gguf),
        "num_bytes": gguf.stat().st_size,
        "licence": LICENCE,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "made_with": {"python": platform.python_version(), **{tool: metadata.version(tool) for tool in TOOLS}},
        "checkpoint_sha256": _sha256(run / "rrtf" / "checkpoint" / "model.safetensors"),
        "recipe": tomllib.loads((run / "recipe.toml").read_text("utf-8")),
        "corpus": {
            "sha256": _sha256(run / "corpus.jsonl"),
            "num_documents": len(corpus["documents"]),
            "sources": [{name: source[name] for name in ("distribution", "version", "expression")} for source in used],
            "held_out_files": _held_out(run / "corpus.jsonl"),
        },
        "figures": _figures(run),
    }


def _figures(run: Path) -> dict[str, Any]:
    """Held-out losses after each stage, and pass@1 on held-out problems with its interval."""
    report = json.loads((run / "rrtf" / "evaluation.json").read_text("utf-8"))
    arms = {name: report[name] for name in ("before", "rrtf", "control")}
    return {
        "held_out_loss": {name: arm["held_out"] for name, arm in arms.items()},
        "families_pass_at_1": {name: arm["evaluation"]["pass_at_1"] for name, arm in arms.items()},
        "rrtf_minus_control": report["rrtf_minus_control"],
    }


def _held_out(corpus: Path) -> list[str]:
    with corpus.open(encoding="utf-8") as rows:
        documents = (json.loads(row) for row in rows)
        return sorted(f"{each['distribution']}/{each['path']}" for each in documents if each["split"] == "held_out")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
