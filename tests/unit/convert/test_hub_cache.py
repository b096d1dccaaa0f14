"""A hub id stands for the folder that Hugging Face's own tools keep for it."""

from pathlib import Path

import pytest

from assistant.errors import ModelFileError
from convert.conversion import convert_checkpoint
from convert.source.files import read_file
from convert.source.hub_cache import find_folder, source_name

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cached(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small checkpoint in a cache, as links to blobs; returns the snapshot."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    model = tmp_path / "hub" / "models--org--tiny-1.0"
    snapshot = model / "snapshots" / COMMIT
    for folder in (model / "blobs", snapshot, model / "refs" / "pr"):
        folder.mkdir(parents=True)
    for number, file in enumerate(sorted(checkpoint.iterdir())):
        file.rename(model / "blobs" / f"blob{number}")
        (snapshot / file.name).symlink_to(f"../../blobs/blob{number}")
    (model / "refs" / "main").write_text(COMMIT)
    (model / "refs" / "pr" / "1").write_text(COMMIT + "\n")
    return snapshot


@pytest.mark.parametrize("source", ["org/tiny-1.0", "org/tiny-1.0@main", "org/tiny-1.0@pr/1", f"org/tiny-1.0@{COMMIT}"])
def test_a_hub_id_is_found(cached: Path, source: str) -> None:
    """By its main branch, another reference, or a commit."""
    assert find_folder(source) == cached
    assert source_name(cached) == ("org/tiny-1.0", COMMIT)


def test_a_snapshot_of_links_is_converted(cached: Path, tmp_path: Path) -> None:
    """The links lead to the cache's blobs, and the model is called by its name, not by a commit."""
    result = convert_checkpoint(find_folder("org/tiny-1.0"), tmp_path / "m.gguf", "Q8_0")

    assert result.num_tensors == 40
    assert COMMIT in (tmp_path / "m.json").read_text()
    assert b"tiny-1.0" in (tmp_path / "m.gguf").read_bytes()[:1000]


def test_a_folder_comes_first(cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`org/tiny-1.0` is that folder where there is one."""
    (tmp_path / "org" / "tiny-1.0").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    assert find_folder("org/tiny-1.0") == Path("org/tiny-1.0")


@pytest.mark.parametrize(
    ("variable", "cache"),
    [
        ("HF_HUB_CACHE", ""),
        ("HF_HOME", "hub"),
        ("XDG_CACHE_HOME", "huggingface/hub"),
        ("HOME", ".cache/huggingface/hub"),
    ],
)
def test_the_cache_is_where_hugging_face_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, cache: str
) -> None:
    """Each variable stands above the next."""
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    snapshot = tmp_path / cache / "models--org--name" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)

    assert find_folder(f"org/name@{COMMIT}") == snapshot


def test_what_is_not_there_says_how_to_fetch_it(cached: Path) -> None:
    """Nothing is downloaded here; the command that would is named."""
    with pytest.raises(ModelFileError) as caught:
        find_folder("org/other@v2")

    assert "org/other is neither a folder nor in" in str(caught.value)
    assert caught.value.hint == "fetch it with: hf download org/other --revision v2"


@pytest.mark.parametrize(
    "content",
    ["../../../../etc", "", "/etc", COMMIT + "/..", COMMIT.upper(), "\xff", "x" * 300, COMMIT[:39] + "\u0660"],
)
def test_a_reference_cannot_lead_elsewhere(cached: Path, content: str) -> None:
    """What a file of the cache says becomes part of a path only if it is a commit."""
    (cached.parents[1] / "refs" / "main").write_text(content, encoding="utf-8")

    with pytest.raises(ModelFileError):
        find_folder("org/tiny-1.0")


@pytest.mark.parametrize(
    "source",
    ["org/../name", "../org", "org/name@../x", "org/name@/etc", "a/b/c", "org/", "", "org/name\n", "o\0g/name"],
)
def test_an_id_cannot_climb(cached: Path, source: str) -> None:
    """Neither by the name nor by the revision."""
    with pytest.raises(ModelFileError):
        find_folder(source)


def test_links_end_at_the_blobs(cached: Path) -> None:
    """A link of a snapshot to another model's blobs, or to a folder below its own, is refused."""
    other = cached.parents[2] / "models--org--other" / "blobs"
    other.mkdir(parents=True)
    (other / "secret").write_text("{}")
    (cached / "generation_config.json").symlink_to(other / "secret")

    with pytest.raises(ModelFileError, match="link out of the folder"):
        read_file(cached, "generation_config.json", 100)
