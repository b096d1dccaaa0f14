"""What lies beside a converted model: of which bytes it was made, under which licence, by what."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import InputError
from convert.conversion import convert_checkpoint


def sha256(path: Path) -> str:
    """Digest a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_manifest_names_every_byte(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The result, every file it was made from, the licence, the tools, the day; code of the source is only listed."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    (checkpoint / "README.md").write_text('---\r\nlicense: "apache-2.0"\r\n---\r\n# Tiny\n')
    (checkpoint / "LICENSE").write_text("do what you like")
    (checkpoint / "modeling_tiny.py").write_text("raise SystemExit('never run')")

    result = convert_checkpoint(checkpoint, tmp_path / "m.Q8_0.gguf", "Q8_0")

    manifest = json.loads((tmp_path / "m.Q8_0.json").read_text())
    assert manifest["file"] == "m.Q8_0.gguf"
    assert manifest["sha256"] == result.sha256 == sha256(tmp_path / "m.Q8_0.gguf")
    assert manifest["num_bytes"] == result.num_bytes == (tmp_path / "m.Q8_0.gguf").stat().st_size
    assert (manifest["licence"], manifest["date"], manifest["file_type"]) == ("apache-2.0", "2001-09-09", "Q8_0")
    assert manifest["made_with"].keys() == {"python", "cairn-coder", "llama-cpp-python"}
    assert manifest["tensors_per_type"] == {"Q8_0": 13, "F32": 27}
    source = manifest["source"]
    assert (source["name"], source["revision"], source["sha256"]) == ("tiny", "", result.source_sha256)
    assert source["ignored"] == ["modeling_tiny.py"]
    assert [each["file"] for each in source["licence_files"]] == ["LICENSE"]
    assert {each["file"] for each in source["files"]} == {
        "config.json", "tokenizer.json", "README.md", "model.safetensors",
    }  # fmt: skip
    for each in [*source["files"], *source["licence_files"]]:
        path = checkpoint / each["file"]
        assert (each["sha256"], each["num_bytes"]) == (sha256(path), path.stat().st_size)


def test_licence_and_model_card_travel_with_the_model(checkpoint: Path, tmp_path: Path) -> None:
    """Byte for byte; several texts are joined under their names."""
    (checkpoint / "README.md").write_text("# Tiny\n")
    (checkpoint / "LICENSE.txt").write_text("do what you like")

    convert_checkpoint(checkpoint, tmp_path / "one.gguf", "F16")
    (checkpoint / "NOTICE").write_text("made by us")
    convert_checkpoint(checkpoint, tmp_path / "two.gguf", "F16")

    assert (tmp_path / "one.README.md").read_text() == "# Tiny\n"
    assert (tmp_path / "one.LICENSE").read_text() == "do what you like"
    assert (tmp_path / "two.LICENSE").read_text() == (
        "==> LICENSE.txt <==\ndo what you like\n==> NOTICE <==\nmade by us"
    )


def test_a_source_without_a_licence_is_pointed_out(checkpoint: Path, tmp_path: Path) -> None:
    """A warning; and what an earlier model of this name brought with it is gone."""
    (checkpoint / "LICENSE").write_text("do what you like")
    licensed = convert_checkpoint(checkpoint, tmp_path / "m.gguf", "F16")
    (checkpoint / "LICENSE").unlink()

    unlicensed = convert_checkpoint(checkpoint, tmp_path / "m.gguf", "F16")

    assert licensed.warnings == ()
    assert "no licence" in unlicensed.warnings[0]
    assert json.loads((tmp_path / "m.json").read_text())["licence"] is None
    assert not (tmp_path / "m.LICENSE").exists()


def test_weights_of_the_errors_are_named(checkpoint: Path, tmp_path: Path) -> None:
    """The same source with an importance matrix is another model."""
    importance = {"blk.0.ffn_up.weight": np.ones(256, np.float32)}

    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q4_K_M", importance=importance)

    assert len(json.loads((tmp_path / "m.json").read_text())["importance_sha256"]) == 64


@pytest.mark.parametrize("name", ["m.json", "m.LICENSE", "m.README.md"])
def test_a_file_of_that_name_is_not_overwritten(checkpoint: Path, tmp_path: Path, name: str) -> None:
    """What is somebody's own stays, and nothing is converted."""
    (tmp_path / name).write_text("mine")

    with pytest.raises(InputError, match="in the way"):
        convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q8_0")

    assert (tmp_path / name).read_text() == "mine"
    assert not (tmp_path / "m.gguf").exists()


def test_what_came_with_an_older_model_is_replaced(checkpoint: Path, tmp_path: Path) -> None:
    """The files beside a manifest of this model are ours: they follow the source."""
    (checkpoint / "LICENSE").write_text("The old terms.")
    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q8_0")
    (checkpoint / "LICENSE").write_text("The new terms.")
    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q8_0")
    assert (tmp_path / "m.LICENSE").read_text() == "The new terms."
    (checkpoint / "LICENSE").unlink()

    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q8_0")

    assert not (tmp_path / "m.LICENSE").exists()


@pytest.mark.parametrize("epoch", ["soon", "1" * 30])
def test_a_day_that_is_none_is_refused(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: str
) -> None:
    """Before the work, not after it."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)

    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH"):
        convert_checkpoint(checkpoint, tmp_path / "m.gguf", "F16")

    assert not (tmp_path / "m.gguf").exists()


def test_a_source_that_changes_while_it_is_read_is_refused(
    make_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    """The digest of what was read would be that of no source."""
    folder = make_checkpoint()

    def change(done_bytes: int, total_bytes: int) -> None:
        (folder / "config.json").write_text((folder / "config.json").read_text() + " ")

    with pytest.raises(Exception, match="changed while it was read"):
        convert_checkpoint(folder, tmp_path / "m.gguf", "F16", progress=change)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny"]
