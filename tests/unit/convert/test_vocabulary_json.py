"""A tokenizer rebuilt from a GGUF file has its tokens and their roles; its ids are tested against llama.cpp's."""

from pathlib import Path

import pytest

from assistant.errors import ModelFileError
from assistant.models.gguf import read_gguf
from assistant.paths import BUILTIN_MODEL
from convert.gguf_writer import plan_layout
from convert.tokens.vocabulary_json import tokenizer_config, tokenizer_json


def write_vocabulary(path: Path, **changes) -> Path:
    """Write the built-in model's vocabulary with keys replaced, and no tensor."""
    metadata = {key: value for key, value in read_gguf(BUILTIN_MODEL).metadata.items() if "tokenizer" in key}
    metadata |= {f"tokenizer.ggml.{key}": value for key, value in changes.items()}
    path.write_bytes(plan_layout(metadata, []).header)
    return path


def builtin_list(key: str) -> tuple:
    found = read_gguf(BUILTIN_MODEL).metadata[f"tokenizer.ggml.{key}"]
    assert isinstance(found, tuple)
    return found


def test_every_token_keeps_its_id_and_kind() -> None:
    """The vocabulary comes back in its order, and the specials as special."""
    found = tokenizer_json(BUILTIN_MODEL)

    specials = {each["content"]: each["id"] for each in found["added_tokens"] if each["special"]}
    assert list(found["model"]["vocab"].items()) == [(text, n) for n, text in enumerate(builtin_list("tokens"))]
    assert [" ".join(pair) for pair in found["model"]["merges"]] == list(builtin_list("merges"))
    assert (specials["<|endoftext|>"], specials["<fim_middle>"], len(specials)) == (0, 2, 7)


def test_roles_come_back_by_their_text() -> None:
    """bos, eos and the like are named as Hugging Face names them."""
    found = tokenizer_config(BUILTIN_MODEL)

    roles = {key: value for key, value in found.items() if key.endswith("_token")}
    assert roles == dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")


def test_padding_is_left_out(tmp_path: Path) -> None:
    """Rows without a text are no tokens."""
    tokens, kinds = (*builtin_list("tokens"), "[PAD4096]"), (*builtin_list("token_type"), 5)

    found = tokenizer_json(write_vocabulary(tmp_path / "v.gguf", tokens=tokens, token_type=kinds))

    assert len(found["model"]["vocab"]) == 4096
    assert len(found["added_tokens"]) == 7


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pre": "unheard-of"}, "unknown way"),
        ({"merges": "a b"}, "no list"),
        ({"tokens": (1, 2)}, "another kind"),
        ({"token_type": (1,)}, "1 token types"),
    ],
)
def test_what_cannot_be_rebuilt_is_refused(tmp_path: Path, changes: dict, reason: str) -> None:
    """Another kind of vocabulary is an error with a hint, not a guess."""
    with pytest.raises(ModelFileError, match=reason) as caught:
        tokenizer_json(write_vocabulary(tmp_path / "v.gguf", **changes))

    assert caught.value.hint
