"""A broken or hostile checkpoint is a two-line error that names the reason, and leaves nothing behind."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ModelFileError
from convert.conversion import convert_checkpoint

INDEX = "model.safetensors.index.json"


def refusal(folder: Path) -> ModelFileError:
    """Convert a folder that must be refused; return the error, after a look at what was left behind."""
    target = folder.parent / "out" / "m.gguf"
    target.parent.mkdir()
    with pytest.raises(ModelFileError) as caught:
        convert_checkpoint(folder, target, "Q8_0")
    assert caught.value.hint
    assert "\n" not in f"{caught.value}{caught.value.hint}"
    assert not list(target.parent.iterdir())
    return caught.value


def rewrite_header(folder: Path, change: Callable[[str], str]) -> None:
    """Replace the JSON header of model.safetensors."""
    path = folder / "model.safetensors"
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = change(data[8 : 8 + length].decode()).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data[8 + length :])


def test_a_token_that_is_no_unicode_is_refused(make_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """Half of a surrogate pair, which JSON can spell, cannot be stored as text."""
    folder = make_checkpoint(tokenizer={"added_tokens": [{"id": 0, "content": "\ud800", "special": True}]})

    with pytest.raises(ModelFileError, match="not valid Unicode"):
        convert_checkpoint(folder, tmp_path / "m.gguf", "Q8_0")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The path that does not exist is in the message."""
    assert "nowhere" in str(refusal(tmp_path / "nowhere"))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(checkpoint: Path, name: str) -> None:
    """Each file the converter needs is asked for by name."""
    (checkpoint / name).unlink()

    assert f"has no {name}" in str(refusal(checkpoint))


def test_a_pickle_is_never_opened(checkpoint: Path) -> None:
    """A checkpoint that has only pickled weights is refused, with the way out."""
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")

    error = refusal(checkpoint)

    assert "pickle" in str(error)
    assert "save_pretrained" in error.hint


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"architectures": ["MambaForCausalLM"]}, "MambaForCausalLM"),
        ({"architectures": None}, "architecture"),
        ({"multi_query": False}, "multi_query"),
        ({"activation_function": "relu"}, "activation_function"),
        ({"scale_attn_weights": False}, "scale_attn_weights"),
        ({"n_head": 7}, "multiple"),
        ({"n_embd": -1}, "n_embd"),
        ({"n_layer": 10**9}, "n_layer"),
        ({"layer_norm_epsilon": 0}, "layer_norm_epsilon"),
        ({"bos_token_id": 5000}, "bos_token_id"),
    ],
)
def test_a_config_that_cannot_be_converted_is_refused(checkpoint: Path, config: dict[str, object], reason: str) -> None:
    """What llama.cpp would compute differently, or what is out of range, is refused by the name of the setting."""
    settings = json.loads((checkpoint / "config.json").read_text()) | config
    (checkpoint / "config.json").write_text(json.dumps(settings))

    assert reason in str(refusal(checkpoint))


@pytest.mark.parametrize("num_bytes", [0, 4, 100, 20_000, -1])
def test_truncated_weights_are_refused(checkpoint: Path, num_bytes: int) -> None:
    """Wherever the file ends too early, it is refused as truncated."""
    path = checkpoint / "model.safetensors"
    path.write_bytes(path.read_bytes()[:num_bytes])

    assert "truncated" in str(refusal(checkpoint))


def test_a_missing_tensor_is_named(make_checkpoint: Callable[..., Path]) -> None:
    """A weight the family needs and the file lacks is named."""
    folder = make_checkpoint(tensors={"transformer.h.1.mlp.c_fc.bias": None})

    assert "transformer.h.1.mlp.c_fc.bias is missing" in str(refusal(folder))


def test_an_untied_output_must_be_there(make_checkpoint: Callable[..., Path]) -> None:
    """A config that says the output is not the embedding needs a stored output."""
    assert "lm_head.weight is missing" in str(refusal(make_checkpoint(config={"tie_word_embeddings": False})))


def test_an_unknown_tensor_is_named(make_checkpoint: Callable[..., Path]) -> None:
    """A weight that the family does not know is not silently lost."""
    folder = make_checkpoint(tensors={"transformer.h.0.adapter.weight": np.ones((2, 2), np.float32)})

    assert "adapter" in str(refusal(folder))


def test_a_wrong_shape_is_named(make_checkpoint: Callable[..., Path]) -> None:
    """Shapes are compared with what config.json implies."""
    folder = make_checkpoint(tensors={"transformer.ln_f.weight": np.ones(255, np.float32)})

    assert "transformer.ln_f.weight has shape (255,), config.json says (256,)" in str(refusal(folder))


def test_whole_numbers_are_no_weights(make_checkpoint: Callable[..., Path]) -> None:
    """A tensor of a type that cannot be widened is refused, not reinterpreted."""
    folder = make_checkpoint(tensors={"transformer.ln_f.weight": np.ones(256, np.int64)})

    assert "I64" in str(refusal(folder))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('{"transformer.wte.weight"', '{"transformer.wte.weight":1,"transformer.wte.weight"', "twice"),
        ("transformer.ln_f.bias", "../ln_f.bias", "strange name"),
        ("transformer.ln_f.bias", "a\\u001b[2Jb", "strange name"),
        ('"F32"', '"F31"', "unknown type"),
        ('"data_offsets": [0', '"data_offsets": [4', "bytes"),
        ('"shape": [288, 256]', '"shape": [288, 1e2]', "malformed"),
        ('"shape": [288, 256]', '"shape": [288, true]', "malformed"),
        ('"shape": [288, 256]', '"shape": [0, 256]', "bytes"),
        ('"dtype"', '"type"', "malformed"),
        ("}", "", "JSON"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(checkpoint: Path, old: str, new: str, reason: str) -> None:
    """Duplicate keys, strange names, unknown types and impossible shapes or offsets are refused."""
    rewrite_header(checkpoint, lambda header: header.replace(old, new, 1))

    assert reason in str(refusal(checkpoint))


def test_tensors_that_share_bytes_are_refused(checkpoint: Path) -> None:
    """Two tensors may not lie on each other."""
    rewrite_header(checkpoint, lambda header: header.replace("[294912, 360448]", "[229376, 294912]"))

    assert "overlap" in str(refusal(checkpoint))


def test_bytes_after_the_last_tensor_are_refused(checkpoint: Path) -> None:
    """A file may not carry what no tensor names."""
    with (checkpoint / "model.safetensors").open("ab") as file:
        file.write(b"stowaway")

    assert "after its last tensor" in str(refusal(checkpoint))


@pytest.mark.parametrize("name", ["../model.safetensors", "/etc/passwd", "a\\b.safetensors", "x.bin", ""])
def test_a_shard_is_a_plain_file_name(checkpoint: Path, name: str) -> None:
    """An index cannot lead out of its folder."""
    (checkpoint / INDEX).write_text(json.dumps({"weight_map": {"transformer.wte.weight": name}}))

    assert "not a plain file name" in str(refusal(checkpoint))


def test_a_link_out_of_the_folder_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    """A shard that is a link to a file elsewhere is refused."""
    (checkpoint / "model.safetensors").rename(tmp_path / "elsewhere.safetensors")
    (checkpoint / "shard.safetensors").symlink_to(tmp_path / "elsewhere.safetensors")
    (checkpoint / INDEX).write_text(json.dumps({"weight_map": {"transformer.wte.weight": "shard.safetensors"}}))

    assert "link out of the folder" in str(refusal(checkpoint))


def test_index_and_shards_must_agree(checkpoint: Path) -> None:
    """A tensor that only one of them names is refused."""
    (checkpoint / INDEX).write_text(json.dumps({"weight_map": {"transformer.wte.weight": "model.safetensors"}}))

    assert "disagree" in str(refusal(checkpoint))


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a":1,"a":2}', "[" * 100_000, "\xff"])
def test_config_json_must_be_an_object(checkpoint: Path, text: str) -> None:
    """JSON that is broken, deep, repeated or no object is refused."""
    (checkpoint / "config.json").write_text(text, encoding="latin-1")

    assert "config.json" in str(refusal(checkpoint))
