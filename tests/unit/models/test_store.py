"""The list of models: taken in by copy or in place, checked, removed; and what other programs have on this machine."""

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import pytest

from assistant import paths
from assistant.errors import InputError, ModelFileError
from assistant.models import parts, removal
from assistant.models.elsewhere import find_elsewhere, find_one
from assistant.models.importing import import_model
from assistant.models.local import find_model, list_models
from assistant.models.overview import overview
from assistant.models.parts import Ticket
from assistant.models.record import read_record
from assistant.models.verifying import verify

SHA256 = hashlib.sha256(paths.BUILTIN_MODEL.read_bytes()).hexdigest()


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    """A model as somebody would have one."""
    return Path(shutil.copy(paths.BUILTIN_MODEL, tmp_path / "mine.gguf"))


def names() -> list[str]:
    return [model.name for model in list_models()]


def beside(file: Path, **changed: object) -> None:
    manifest = {"file": file.name, "sha256": SHA256, "licence": "mit", "source": {"name": "a/b", "revision": "c"}}
    file.with_suffix(".json").write_text(json.dumps(manifest | changed))


def begin(sha256: str = "a" * 64, *, num_bytes: int = 100) -> Ticket:
    parts.folder().mkdir(parents=True, exist_ok=True)
    ticket = Ticket(name="big", file="x.gguf", url="https://h/x", commit="c", sha256=sha256, num_bytes=num_bytes)
    parts.write_ticket(ticket)
    parts.part_path(sha256).write_bytes(bytes(62))
    return ticket


def test_a_copy_is_recorded_with_its_hash(file: Path) -> None:
    model = import_model(file)

    assert names() == ["builtin", "mine"]
    assert read_record(model.path)["sha256"] == SHA256
    assert verify("mine", model.path).is_good


def test_a_manifest_that_lies_beside_comes_along_with_its_licence(file: Path) -> None:
    """As `cairn convert` writes them."""
    beside(file)
    file.with_name("mine.LICENSE").write_text("the licence")

    model = import_model(file, "other")

    record = read_record(model.path)
    assert record["file"] == "other.gguf"
    assert record["licence"] == "mit"
    assert record["source"]["name"] == "a/b"
    assert model.path.with_name("other.LICENSE").read_text() == "the licence"


def test_a_file_that_is_not_what_its_manifest_says_is_refused(file: Path) -> None:
    beside(file, sha256="0" * 64)

    with pytest.raises(ModelFileError, match="its manifest"):
        import_model(file)

    assert names() == ["builtin"]
    assert not list(paths.models_dir().iterdir())


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", '{"file": "mine.gguf", "sha256": "x"}', "[" * 100_000])
def test_a_file_beside_that_is_no_manifest_is_left_alone(file: Path, text: str) -> None:
    file.with_suffix(".json").write_text(text)

    assert read_record(import_model(file).path)["sha256"] == SHA256


def test_in_place_means_that_nothing_is_copied(file: Path) -> None:
    """Removing it removes its place in the list, and nothing else."""
    model = import_model(file, in_place=True)
    assert model.path.is_symlink()
    assert find_model("mine") == file
    assert verify("mine", model.path).is_good

    removal.remove_model("mine", ())

    assert file.exists()
    assert names() == ["builtin"]
    assert not list(paths.models_dir().glob("mine*"))


@pytest.mark.parametrize("name", ["../x", "a/b", "builtin", "", ".x", "a b"])
def test_a_name_that_leads_elsewhere_is_refused(file: Path, name: str) -> None:
    with pytest.raises(InputError):
        import_model(file, name or "-")


def test_a_changed_byte_is_found(file: Path) -> None:
    model = import_model(file)
    data = bytearray(model.path.read_bytes())
    data[-1] ^= 1
    model.path.write_bytes(data)

    found = verify("mine", model.path)

    assert not found.is_good
    assert "its record says" in found.found
    assert "models rm mine" in found.hint


def test_a_model_in_use_stays(file: Path) -> None:
    import_model(file)

    with pytest.raises(InputError, match="in use"):
        removal.remove_model("mine", ("mine",))
    with pytest.raises(InputError):
        removal.remove_model("builtin", ())
    with pytest.raises(ModelFileError):
        removal.remove_model("nothing", ())


def test_what_has_come_in_part_is_seen_and_can_be_removed(home: Path) -> None:
    begin()

    row = overview({}, context_tokens=512)[-1]
    assert (row.name, row.state, row.share) == ("big", "partial", 0.62)

    assert removal.remove_model("big", ()).num_bytes == 62
    assert not list(parts.folder().iterdir())


def test_pruning_takes_what_nobody_misses(file: Path) -> None:
    """Parts, what was set aside, what killed programs left, links to nowhere; models only by age."""
    import_model(file)
    import_model(file, "link", in_place=True)
    begin()
    parts.wrong_path("b" * 64).write_bytes(b"wrong")
    (paths.models_dir() / "x.gguf.partial-999999999").write_bytes(b"half")
    (paths.models_dir() / f"y.gguf.partial-{os.getpid()}").write_bytes(b"in work")
    file.unlink()

    found = removal.unused(())

    assert [(each.name, each.num_bytes) for each in found] == [
        ("big, 62% here", 62),
        ("b" * 16, 5),
        ("link", 0),
        ("x.gguf.partial-999999999", 4),
    ]
    for each in found:
        removal.remove(each)
    assert removal.unused(()) == []
    assert names() == ["builtin", "mine"]
    assert (paths.models_dir() / f"y.gguf.partial-{os.getpid()}").exists()


def test_a_model_that_nobody_used_for_long_can_go_unless_it_is_chosen(file: Path) -> None:
    import_model(file)
    later_s = time.time() + 100 * removal.DAY_S

    assert [each.name for each in removal.unused((), older_than_days=90, now_s=later_s)] == ["mine"]
    assert removal.unused(("mine",), older_than_days=90, now_s=later_s) == []
    assert removal.unused((), older_than_days=110, now_s=later_s) == []
    os.utime(paths.models_dir() / "mine.json", (later_s, later_s))
    assert removal.unused((), older_than_days=90, now_s=later_s) == []


def test_a_part_that_is_being_downloaded_is_left_alone(home: Path) -> None:
    ticket = begin()

    with parts.held(ticket.sha256) as is_ours:
        assert is_ours
        assert parts.remove_part(ticket.sha256) == 0

    assert parts.find_part(ticket.sha256)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 7}', "[" * 100_000, '{"name":"a","file":"b","more":1}'])
def test_a_part_without_a_sound_ticket_is_not_listed_but_pruned(home: Path, text: str) -> None:
    ticket = begin()
    parts.part_path(ticket.sha256).with_suffix(".json").write_text(text)

    assert parts.list_parts() == []
    assert [each.num_bytes for each in removal.unused(())] == [62]


def stores(home: Path) -> None:
    """One model in each store, as those programs lay them out."""
    blob = home / "cache" / "huggingface" / "hub" / "models--org--m" / "blobs" / SHA256
    snapshot = blob.parents[1] / "snapshots" / ("c" * 40) / "m.gguf"
    for path in (
        blob,
        home / "cache" / "llama.cpp" / "org_m_m.gguf",
        home / ".lmstudio" / "models" / "org" / "m" / "m.gguf",
        home / ".ollama" / "models" / "blobs" / f"sha256-{SHA256}",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.BUILTIN_MODEL, path)
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(os.path.relpath(blob, snapshot.parent))
    manifest = home / ".ollama" / "models" / "manifests" / "registry.ollama.ai" / "library" / "m" / "7b"
    manifest.parent.mkdir(parents=True)
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{SHA256}", "size": 1}]
    manifest.write_text(json.dumps({"layers": layers}))


@pytest.fixture
def only_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HF_HOME", "HF_HUB_CACHE", "LLAMA_CACHE", "OLLAMA_MODELS"):
        monkeypatch.delenv(name, raising=False)
    return home


def test_models_of_other_programs_are_found_by_name(only_home: Path) -> None:
    stores(only_home)

    assert [each.name for each in find_elsewhere()] == [
        "hf:org/m/m.gguf",
        "llama.cpp:org_m_m.gguf",
        "lm-studio:org/m/m.gguf",
        "ollama:m:7b",
    ]


@pytest.mark.parametrize("name", ["hf:org/m/m.gguf", "ollama:m:7b", "lm-studio:org/m/m.gguf"])
def test_a_model_of_another_program_is_used_where_it_lies(only_home: Path, name: str) -> None:
    stores(only_home)
    found = find_one(name)
    assert found

    model = import_model(found.path, "theirs", in_place=True, sha256=found.sha256, origin=found.name)

    assert model.path.is_symlink()
    assert read_record(model.path)["imported"]["from"] == name


def test_a_store_whose_file_is_not_what_its_name_says_is_not_believed(only_home: Path) -> None:
    stores(only_home)
    blob = only_home / ".ollama" / "models" / "blobs" / f"sha256-{SHA256}"
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    found = find_one("ollama:m:7b")
    assert found

    with pytest.raises(ModelFileError, match="its store"):
        import_model(found.path, "theirs", in_place=True, sha256=found.sha256)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "{}", '{"layers": 7}', '{"layers": [7, {}]}', "[" * 100_000,
     '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../../etc/passwd"}]}'],
)  # fmt: skip
def test_a_manifest_of_another_shape_names_no_model(only_home: Path, text: str) -> None:
    stores(only_home)
    manifest = only_home / ".ollama" / "models" / "manifests" / "registry.ollama.ai" / "library" / "m" / "7b"
    manifest.write_text(text)

    assert "ollama" not in " ".join(each.name for each in find_elsewhere())


def test_a_store_that_leads_in_circles_is_left(only_home: Path) -> None:
    folder = only_home / ".lmstudio" / "models" / "a"
    folder.mkdir(parents=True)
    (folder / "again").symlink_to(only_home)

    assert find_elsewhere() == []
