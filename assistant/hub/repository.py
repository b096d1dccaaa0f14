"""What the hub says of repositories and the files in them, read as something that anybody may have written.

Source: the hub's API, `/api/models`, `/api/models/{repo}/revision/{revision}` and `/api/models/{repo}/tree/{commit}`.
"""

import re
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode

from assistant.errors import HubError
from assistant.hub.web import Web
from assistant.models.names import is_file, is_repo
from assistant.models.record import is_sha256

MAX_PAGES = 20
MAX_FILE_BYTES = 2 << 40
NUM_FOUND = 20
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A GGUF file of a repository."""

    path: str
    num_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A repository at one commit."""

    name: str
    commit: str
    licence: str
    is_gated: bool
    files: tuple[RemoteFile, ...]
    """Its GGUF files with sound names and sizes, whose sha256 the hub names."""

    def url(self, hub: str, file: RemoteFile) -> str:
        """Where a file is."""
        return f"{hub}/{self.name}/resolve/{self.commit}/{quote(file.path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A repository that a search found."""

    name: str
    licence: str
    num_downloads: int
    num_parameters: int
    """0 where the hub does not say."""
    architecture: str
    context_tokens: int
    is_gated: bool


def read_repository(web: Web, name: str, revision: str) -> Repository:
    """Look at a repository; `revision` is a branch, tag or commit.

    Raises:
        HubError: There is none, or the hub does not let us in.
    """
    info, _ = web.json(f"/api/models/{name}/revision/{quote(revision or 'main', safe='')}")
    commit = _text(info, "sha")
    if not _COMMIT.fullmatch(commit):
        raise HubError(f"the hub names no commit of {name}", hint="is HF_ENDPOINT a hub?")
    return Repository(
        name=name,
        commit=commit,
        licence=_licence(info),
        is_gated=bool(_field(info, "gated")),
        files=tuple(_files(web, name, commit)),
    )


def search(web: Web, words: tuple[str, ...]) -> list[Listed]:
    """The repositories with GGUF files that match every word, the most downloaded first. Raises `HubError`."""
    query = [("search", " ".join(words)), ("filter", "gguf"), ("sort", "downloads"), ("limit", str(NUM_FOUND))]
    query += [("expand", name) for name in ("downloads", "gated", "gguf", "cardData", "tags")]
    found, _ = web.json(f"/api/models?{urlencode(query)}")
    rows = cast(list[Any], found) if isinstance(found, list) else []
    return [_listed(row) for row in rows[:NUM_FOUND] if is_repo(_text(row, "id") or _text(row, "modelId"))]


def _files(web: Web, name: str, commit: str) -> list[RemoteFile]:
    files: list[RemoteFile] = []
    page = f"/api/models/{name}/tree/{commit}?recursive=true"
    for _ in range(MAX_PAGES):
        rows, page = web.json(page)
        files += [file for row in (cast(list[Any], rows) if isinstance(rows, list) else []) for file in _file(row)]
        if not page:
            break
    return files


def _file(row: Any) -> list[RemoteFile]:
    """One row of the listing; none where it is no GGUF file, or is not soundly described."""
    path, large = _text(row, "path"), _field(row, "lfs")
    num_bytes, sha256 = _integer(large, "size"), _text(large, "oid").removeprefix("sha256:")
    if not is_file(path) or not is_sha256(sha256) or not 0 < num_bytes <= MAX_FILE_BYTES:
        return []
    return [RemoteFile(path=path, num_bytes=num_bytes, sha256=sha256)]


def _listed(row: Any) -> Listed:
    header = _field(row, "gguf")
    return Listed(
        name=_text(row, "id") or _text(row, "modelId"),
        licence=_licence(row),
        num_downloads=_integer(row, "downloads"),
        num_parameters=_integer(header, "total"),
        architecture=_text(header, "architecture")[:40],
        context_tokens=_integer(header, "context_length"),
        is_gated=bool(_field(row, "gated")),
    )


def _licence(row: Any) -> str:
    """From the model card, or from the tags; one word, in lower case. Some put a list there: then nothing is sure."""
    stated = _text(_field(row, "cardData"), "license")
    named = _text(_field(row, "cardData"), "license_name")
    tags = _field(row, "tags")
    for tag in cast(list[Any], tags) if isinstance(tags, list) and not stated else []:
        if isinstance(tag, str) and tag.startswith("license:"):
            stated = tag.removeprefix("license:")
            break
    return (named if stated == "other" and named else stated).lower()[:60]


def _field(row: Any, name: str) -> Any:
    return cast(dict[str, Any], row).get(name) if isinstance(row, dict) else None


def _text(row: Any, name: str) -> str:
    value = _field(row, name)
    return value if isinstance(value, str) else ""


def _integer(row: Any, name: str) -> int:
    value = _field(row, name)
    return value if type(value) is int and value >= 0 else 0
