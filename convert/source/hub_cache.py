"""Checkpoints by hub id: those that lie in the Hugging Face cache already. Nothing is downloaded.

Source: the cache's layout, as huggingface_hub documents it: `models--org--name/refs/<revision>` holds a commit,
`models--org--name/snapshots/<commit>` the files, as links to `models--org--name/blobs`.
"""

import os
import re
from pathlib import Path

from convert.source.files import read_text, refuse

_HUB_ID = re.compile(r"([A-Za-z0-9][\w.\-]{0,95}/[\w.\-]{1,96})(?:@([\w.\-/]{1,200}))?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MAX_REF_BYTES = 200


def find_folder(source: str) -> Path:
    """Find a checkpoint: a folder, or a hub id such as `bigcode/starcoder2-3b`, perhaps with `@revision`.

    Raises:
        ModelFileError: There is no such folder, nor such a model in the cache.
    """
    if os.path.isdir(source):
        return Path(source)
    if os.path.lexists(source):
        is_gguf = source.endswith(".gguf")
        hint = "it is a GGUF file already" if is_gguf else "give the folder that holds config.json"
        refuse(f"{source[:200]} is not a folder", hint=hint)
    found = _HUB_ID.fullmatch(source)
    if not found or ".." in source:
        refuse(f"no such folder: {source[:200]}", hint="give the folder that holds config.json and model.safetensors")
    return _snapshot(found[1], found[2] or "main")


def source_name(folder: Path) -> tuple[str, str]:
    """Name a checkpoint and its revision: hub id and commit if it lies in the cache, else the folder's name and ""."""
    here = Path(os.path.realpath(folder))
    model = here.parent.parent.name
    if here.parent.name == "snapshots" and model.startswith("models--"):
        return model.removeprefix("models--").replace("--", "/"), here.name
    return here.name, ""


def model_name(folder: Path) -> str:
    """Name the model of a folder, as `general.name` has it where nobody says otherwise."""
    return source_name(folder)[0].rpartition("/")[2]


def _snapshot(hub_id: str, revision: str) -> Path:
    cache = _cache_folder()
    model = cache / f"models--{hub_id.replace('/', '--')}"
    commit = _commit(model / "refs" / revision, revision)
    snapshot = model / "snapshots" / (commit or "none")
    if not snapshot.is_dir():
        wanted = hub_id if revision == "main" else f"{hub_id} --revision {revision}"
        refuse(f"{hub_id} is neither a folder nor in {cache}", hint=f"fetch it with: hf download {wanted}")
    return snapshot


def _commit(ref: Path, revision: str) -> str:
    """Return the commit a revision stands for, or nothing; it is checked before it becomes part of a path."""
    if _COMMIT.fullmatch(revision):
        return revision
    commit = read_text(ref.parent, ref.name, _MAX_REF_BYTES).strip() if ref.is_file() else ""
    if commit and not _COMMIT.fullmatch(commit):
        refuse(f"{ref} holds no commit", hint="remove it and fetch the model again")
    return commit


def _cache_folder() -> Path:
    """Say where Hugging Face's own tools look."""
    if folder := os.environ.get("HF_HUB_CACHE"):
        return Path(folder).expanduser()
    if folder := os.environ.get("HF_HOME"):
        return Path(folder).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"
