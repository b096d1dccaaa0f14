"""Whatever is in the files of a checkpoint, the answer is a result or a CairnError."""

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import CairnError, ModelFileError
from convert.families import family_of
from convert.gguf_writer import plan_layout
from convert.source.safetensors import open_safetensors
from convert.tokens.tokenizer import describe
from convert.tokens.vocabulary import BYTE_TOKENS
from tests.tiny_families import TINY, tiny_config

SMALL = {"n_layer": 2, "num_hidden_layers": 2}
CONFIGS = [tiny_config(name, **{key: SMALL[key] for key in SMALL if key in TINY[name]}) for name in TINY]
TOKENIZER = {
    "added_tokens": [{"id": 0, "content": "<|endoftext|>", "special": True}],
    "normalizer": None,
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False},
        ],
    },
    "post_processor": None,
    "model": {"type": "BPE", "vocab": {"<|endoftext|>": 0, "a": 1, "b": 2, "ab": 3}, "merges": [["a", "b"]]},
}
LLAMA = {
    "added_tokens": [{"id": 0, "content": "<unk>", "special": True}],
    "normalizer": None,
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False},
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<unk>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    },
    "model": {
        "type": "BPE",
        "unk_token": "<unk>",
        "byte_fallback": True,
        "vocab": {text: index for index, text in enumerate(["<unk>", "▁", "a", "▁a", *BYTE_TOKENS])},
        "merges": [["▁", "a"]],
    },
}
T = TypeVar("T")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Return the paths of all nodes of a JSON value, the root excepted."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, node in inner for found in ((*path, key), *places(node, (*path, key)))]


def replaced(value: dict, path: tuple, node: object) -> dict:
    """Return a copy of a JSON value with one node replaced."""
    value = copy.deepcopy(value)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = node
    return value


def attempt(call: Callable[[], T]) -> T | None:
    """Return what a call returns, or None where it refuses; any other exception is the test's failure."""
    try:
        return call()
    except CairnError:
        return None


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([TOKENIZER, LLAMA]), st.data(), JSON)
def test_any_json_in_the_tokenizer_is_read_or_refused(tokenizer: dict, data: st.DataObject, node: object) -> None:
    """Wherever another value stands in tokenizer.json, nothing but a CairnError comes out."""
    path = data.draw(st.sampled_from(places(tokenizer)))
    num_rows = len(tokenizer["model"]["vocab"]) + 2

    found = attempt(
        lambda: describe(replaced(tokenizer, path, node), num_rows, settings={}, configs=({"eos_token_id": 0},))
    )

    assert found is None or len(set(found["tokenizer.ggml.tokens"])) == num_rows
    assert found is None or len(found["tokenizer.ggml.token_type"]) == num_rows


ROLES = st.dictionaries(
    st.sampled_from(["bos_token", "eos_token", "bos_token_id", "eos_token_id", "pad_token_id", "add_bos_token"]), JSON
)


@settings(max_examples=300, deadline=None)
@given(ROLES, ROLES)
def test_any_json_in_the_roles_is_read_or_refused(named: dict, config: dict) -> None:
    """Whatever the settings say of a token's role, an id that is written down is one of the vocabulary."""
    found = attempt(lambda: describe(TOKENIZER, 4, settings=named, configs=({"eos_token_id": 0} | config,)))

    roles = [value for key, value in (found or {}).items() if key.endswith("_token_id")]
    assert all(0 <= index < 4 for index in roles)


def family_work(config: dict) -> tuple:
    """Do all that a family does with config.json."""
    family = family_of(config)
    return plan_layout(family.metadata(config), ()), family.tensors(config), family.constants(config)


@settings(max_examples=1_500, deadline=None)
@given(st.sampled_from([(config, path) for config in CONFIGS for path in places(config)]), JSON)
def test_any_json_in_the_config_is_read_or_refused(place: tuple[dict, tuple], node: object) -> None:
    """Wherever another value stands in any family's config.json, nothing but a CairnError comes out."""
    config, path = place

    found = attempt(lambda: family_work(replaced(config, path, node)))

    assert found is None or all(min(each.shape) >= 1 for each in found[1])
    assert found is None or all(np.isfinite(data).all() for data in found[2].values())


def test_random_damage_to_a_header_is_harmless_or_refused(make_checkpoint: Callable[..., Path]) -> None:
    """Two thousand damaged safetensors headers are refused, or give tensors that lie inside the file."""
    path = make_checkpoint(config={"n_embd": 16, "n_inner": 16, "n_layer": 1}) / "model.safetensors"
    whole = path.read_bytes()
    header_bytes = 8 + int.from_bytes(whole[:8], "little")
    dice = random.Random(2)
    num_read = 0

    for _ in range(2_000):
        data = bytearray(whole)
        data[dice.randrange(header_bytes)] = dice.choice((*b'0123456789"[]{},:', dice.randrange(256)))
        path.write_bytes(data)
        file = attempt(lambda: open_safetensors(path))
        if file is not None:
            num_read += 1
            assert all(tensor.end <= len(whole) for tensor in file.tensors.values())

    assert 0 < num_read < 1_500


def test_every_truncation_of_the_header_is_refused(make_checkpoint: Callable[..., Path]) -> None:
    """Wherever the header is cut, the file is refused as truncated."""
    path = make_checkpoint(config={"n_embd": 16, "n_inner": 16, "n_layer": 1}) / "model.safetensors"
    whole = path.read_bytes()

    for length in range(0, 8 + int.from_bytes(whole[:8], "little"), 5):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError, match="truncated"):
            open_safetensors(path)
