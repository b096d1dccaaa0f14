"""tokenizer.json is read as llama.cpp reads it, or refused."""

import copy
import json
from pathlib import Path

import pytest

from assistant.errors import ModelFileError
from assistant.models.gguf import Value
from convert.tokens.pre_tokenizers import PIPELINES
from convert.tokens.tokenizer import describe, tokenizer_metadata
from convert.tokens.vocabulary import BYTE, BYTE_TOKENS, CONTROL, NORMAL, UNKNOWN, UNUSED, USER_DEFINED

SPECIAL = {"id": 0, "content": "<|endoftext|>", "special": True}
SPACES = {"id": 4, "content": "    ", "special": False, "normalized": False}
TOKENIZER = {
    "added_tokens": [SPECIAL, SPACES],
    "normalizer": None,
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
        ],
    },
    "post_processor": {"type": "ByteLevel", "trim_offsets": True},
    "model": {"type": "BPE", "vocab": {"<|endoftext|>": 0, "a": 1, "b": 2, "ab": 3}, "merges": ["a b"]},
}
PIECES = ["<unk>", "<s>", *BYTE_TOKENS, "▁", "a", "b", "▁a", "▁ab"]
LLAMA = {
    "added_tokens": [{"id": 0, "content": "<unk>", "special": True}, {"id": 1, "content": "<s>", "special": True}],
    "normalizer": {
        "type": "Sequence",
        "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        ],
    },
    "pre_tokenizer": None,
    "post_processor": {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    },
    "model": {
        "type": "BPE",
        "unk_token": "<unk>",
        "byte_fallback": True,
        "vocab": {piece: index for index, piece in enumerate(PIECES)},
        "merges": [["▁", "a"], ["▁a", "b"]],
    },
}


END = {"eos_token_id": 0}


def read(tokenizer: dict, num_rows: int | None = None, settings: dict | None = None, *configs: dict) -> dict:
    """Return the metadata without "tokenizer.ggml.", of as many rows as there are tokens unless told."""
    ids = {*tokenizer["model"]["vocab"].values(), *(token["id"] for token in tokenizer["added_tokens"])}
    found = describe(tokenizer, num_rows or len(ids), settings=settings or {}, configs=configs or (END,))
    return {key.removeprefix("tokenizer.ggml."): value for key, value in found.items()}


def replaced(tokenizer: dict, path: tuple[str | int, ...], value: object) -> dict:
    """Return a copy of a tokenizer.json with one place replaced."""
    tokenizer = copy.deepcopy(tokenizer)
    place = tokenizer
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return tokenizer


def with_tokens(*texts: str) -> dict:
    """Return the byte-level tokenizer with special tokens added at the end."""
    added = [{"id": 5 + place, "content": text, "special": True} for place, text in enumerate(texts)]
    return TOKENIZER | {"added_tokens": [SPECIAL, SPACES, *added]}


def test_kinds_follow_the_added_tokens() -> None:
    """Special tokens are control tokens, other added ones user-defined, rows without a token unused."""
    found = read(TOKENIZER, 6)

    assert found["tokens"] == ("<|endoftext|>", "a", "b", "ab", "    ", "[PAD5]")
    assert found["token_type"] == (CONTROL, NORMAL, NORMAL, NORMAL, USER_DEFINED, UNUSED)


@pytest.mark.parametrize("text", ["<|EOT|>", "<｜fim▁hole｜>", "<pad>", "<unused7>"])
def test_a_token_that_looks_special_is_one(text: str) -> None:
    """DeepSeek-Coder calls its marks ordinary: as such, a user's text could contain them."""
    tokenizer = replaced(with_tokens(text), ("added_tokens", 2, "special"), False)

    assert read(tokenizer)["token_type"][5] == CONTROL


def test_merges_are_read_in_both_forms() -> None:
    """Old files hold "a b", new ones ["a", "b"]; both mean the same."""
    assert read(replaced(TOKENIZER, ("model", "merges"), [["a", "b"]])) == read(TOKENIZER)


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_is_recognised_by_what_it_does(name: str) -> None:
    """Each known pre-tokenizer gives llama.cpp's name for it; keys with default values may be absent."""
    cuts = [{**step} for step in PIPELINES[name].cuts]
    cuts[-1].pop("trim_offsets")
    tokenizer = TOKENIZER | {"pre_tokenizer": {"type": "Sequence", "pretokenizers": cuts}}
    tokenizer["model"] = TOKENIZER["model"] | {"ignore_merges": PIPELINES[name].ignores_merges}

    found = read(tokenizer)

    assert (found["model"], found["pre"]) == ("gpt2", name)


def test_qwen2_may_have_the_normalizer_that_llama_cpp_leaves_out() -> None:
    """NFC changes no text that is NFC; it is known of Qwen2 alone."""
    cuts = {"pre_tokenizer": {"type": "Sequence", "pretokenizers": list(PIPELINES["qwen2"].cuts)}}

    assert read(TOKENIZER | cuts | {"normalizer": {"type": "NFC"}}) == read(TOKENIZER | cuts)


def test_llama_has_scores_in_the_order_of_its_merges() -> None:
    """Earlier merges score higher, what nothing makes lowest; bytes and the unknown token are of their own kinds."""
    found = read(LLAMA)

    assert (found["model"], found["add_space_prefix"], found["add_bos_token"]) == ("llama", True, True)
    assert found["scores"][PIECES.index("▁a")] == -1.0
    assert found["scores"][PIECES.index("▁ab")] == -2.0
    assert found["scores"][PIECES.index("a")] < -1000
    assert found["token_type"][:3] == (UNKNOWN, CONTROL, BYTE)
    assert found["token_type"][PIECES.index("▁") :] == (NORMAL,) * 5


@pytest.mark.parametrize(("scheme", "adds"), [("always", True), ("first", True), ("never", False)])
def test_newer_llama_files_prepare_texts_with_metaspace(scheme: str, adds: bool) -> None:
    """Both forms of the file mean the same to llama.cpp."""
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": False}

    found = read(LLAMA | {"normalizer": None, "pre_tokenizer": metaspace})

    assert found == read(LLAMA) | {"add_space_prefix": adds}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("model", "type"), "Unigram", "BPE"),
        (("model", "ignore_merges"), True, "ignore_merges"),
        (("model", "dropout"), 0.1, "dropout"),
        (("model", "end_of_word_suffix"), "</w>", "end_of_word_suffix"),
        (("model", "vocab"), {}, "vocabulary"),
        (("model", "vocab"), {"a": 1, "b": 1}, "one id"),
        (("model", "vocab"), {"a": 1, "b": 7, "ab": 3}, "ids"),
        (("model", "vocab"), {"a": 1, "b": 2**40, "ab": 3}, "ids"),
        (("model", "vocab"), {"a": "1"}, "whole number"),
        (("model", "vocab"), {"a": True}, "whole number"),
        (("model", "vocab"), {"": 1, "a": 2, "b": 3}, "no text has"),
        (("model", "vocab"), {"\0": 1, "a": 2, "b": 3}, "no text has"),
        (("model", "vocab"), {"\ud800": 1, "a": 2, "b": 3}, "valid Unicode"),
        (("model", "vocab"), {"x" * 1025: 1, "a": 2, "b": 3}, "no text has"),
        (("model", "vocab"), {"[PAD5]": 1, "a": 2, "b": 3}, "twice"),
        (("model", "merges"), ["a c"], "does not have"),
        (("model", "merges"), [["", "a"]], "does not have"),
        (("model", "merges"), ["a b", "a b"], "same merge twice"),
        (("model", "merges"), ["ab"], "malformed"),
        (("model", "merges"), [[1, 2]], "malformed"),
        (("model", "merges"), None, "merges"),
        (("model", "merges"), [], "merges"),
        (("normalizer",), {"type": "NFC"}, "normalizer"),
        (("normalizer",), {"type": "Sequence", "normalizers": 1}, "normalizer"),
        (("post_processor",), {"type": "TemplateProcessing"}, "around"),
        (
            ("post_processor",),
            {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "a"}}]},
            "around",
        ),
        (
            ("post_processor",),
            {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "c"}}, {"Sequence": {"id": "A"}}]},
            "no token",
        ),
        (("pre_tokenizer",), None, "pre-tokenizer"),
        (("pre_tokenizer", "pretokenizers", 0, "individual_digits"), False, "pre-tokenizer"),
        (("pre_tokenizer", "pretokenizers", 1, "add_prefix_space"), True, "pre-tokenizer"),
        (("pre_tokenizer", "pretokenizers", 1, "use_regex"), False, "pre-tokenizer"),
        (("pre_tokenizer", "pretokenizers"), [{"type": "Sequence", "pretokenizers": []}], "pre-tokenizer"),
        (("added_tokens",), [{"id": 0}], "malformed"),
        (("added_tokens",), [SPECIAL, SPECIAL, SPACES], "one id twice"),
        (("added_tokens",), [SPECIAL, SPACES | {"content": "a"}], "twice"),
        (("added_tokens",), [SPECIAL, SPACES | {"lstrip": True}], "strips"),
    ],
)
def test_what_llama_cpp_would_read_differently_is_refused(
    path: tuple[str | int, ...], value: object, reason: str
) -> None:
    """Every part that changes the ids is either known or refused with a hint."""
    with pytest.raises(ModelFileError, match=reason) as caught:
        describe(replaced(TOKENIZER, path, value), 6, settings={}, configs=(END,))

    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (("model", "ignore_merges"), True, "ignore_merges"),
        (("model", "vocab"), {"▁": 0, "a": 1}, "<0x00>"),
        (("normalizer",), None, "unknown way"),
        (("pre_tokenizer",), {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}, "unknown way"),
        (("added_tokens", 1), {"id": 1, "content": "cut here", "special": False}, "normalized text"),
        (("model", "merges"), [["▁", "a"]], "does not merge"),
        (("model", "merges"), [["▁", "a"], ["a", "b"], ["▁", "ab"]], "does not have"),
    ],
)
def test_what_scores_cannot_express_is_refused(path: tuple[str | int, ...], value: object, reason: str) -> None:
    """llama.cpp joins whatever makes a token: a file that would not is refused."""
    tokenizer = replaced(LLAMA, path, value)
    if path[-1] == "vocab":
        tokenizer |= {"added_tokens": []}
        tokenizer["model"]["merges"] = [["▁", "▁"]]
        tokenizer["model"]["vocab"] |= {"▁▁": 2}

    with pytest.raises(ModelFileError, match=reason) as caught:
        read(tokenizer)

    assert caught.value.hint


def test_merges_of_one_token_must_follow_each_other() -> None:
    """One score cannot stand for two places in the order."""
    vocab = LLAMA["model"]["vocab"] | {"ab": len(PIECES)}
    merges = [["▁", "a"], ["a", "b"], ["▁a", "b"], ["▁", "ab"]]
    apart = [["▁", "a"], ["▁a", "b"], ["a", "b"], ["▁", "ab"]]
    tokenizer = replaced(LLAMA, ("model", "vocab"), vocab)

    assert read(replaced(tokenizer, ("model", "merges"), merges))["scores"][-2:] == (-3.0, -2.0)
    with pytest.raises(ModelFileError, match="far apart"):
        read(replaced(tokenizer, ("model", "merges"), apart))


def test_a_vocabulary_larger_than_the_embedding_is_refused() -> None:
    """A token without a row could not be computed."""
    with pytest.raises(ModelFileError, match="5 tokens, the model 4 embeddings"):
        read(TOKENIZER, 4)


def test_roles_are_found_by_name_then_by_id() -> None:
    """tokenizer_config.json names texts; config.json and generation_config.json give ids or lists, -1 is none."""
    settings = {"bos_token": "a", "eos_token": {"content": "b"}, "unk_token": None, "pad_token": "not there"}
    config, generation = {"bos_token_id": 0, "unk_token_id": 3, "pad_token_id": -1}, {"eos_token_id": [2, 0]}

    found = read(TOKENIZER, 5, settings, config, generation)

    roles = {key: value for key, value in found.items() if key.endswith("token_id")}
    assert roles == {"bos_token_id": 1, "eos_token_id": 2, "unknown_token_id": 3, "eot_token_id": 0}
    assert (found["add_bos_token"], found["add_eos_token"]) == (False, False)


@pytest.mark.parametrize("value", [6, -2, "0", True, [0, 99], {"id": 0}, 2.5])
def test_a_role_outside_the_vocabulary_is_refused(value: object) -> None:
    """An id must be one of a token."""
    with pytest.raises(ModelFileError, match="eos_token_id"):
        read(TOKENIZER, 5, {}, {"eos_token_id": value})


def test_a_tokenizer_without_an_end_is_refused() -> None:
    """llama.cpp would take token 11 for it, whatever that is."""
    with pytest.raises(ModelFileError, match="ends a text"):
        read(TOKENIZER, 5, {"bos_token": "a"}, {"bos_token_id": 1})


def test_texts_begin_with_bos_where_the_file_or_its_settings_say_so() -> None:
    """A template names the token; DeepSeek's files leave it to tokenizer_config.json."""
    by_template = (
        TOKENIZER | {"post_processor": LLAMA["post_processor"]} | {"added_tokens": with_tokens("<s>")["added_tokens"]}
    )

    assert (read(by_template)["bos_token_id"], read(by_template)["add_bos_token"]) == (5, True)
    assert read(TOKENIZER, 5, {"add_bos_token": True, "bos_token": "a"})["add_bos_token"] is True
    with pytest.raises(ModelFileError, match="begin with"):
        read(TOKENIZER, 5, {"add_bos_token": True})


STARCODER2 = ("<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<repo_name>", "<file_sep>")
STARCODER = ("<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<filename>", "<reponame>")
SANTACODER = ("<fim-prefix>", "<fim-middle>", "<fim-suffix>", "<fim-pad>")
QWEN = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>")


@pytest.mark.parametrize(
    ("texts", "order", "ids"),
    [
        (STARCODER2, "spm", {"fim_pre": 5, "fim_suf": 7, "fim_mid": 6, "fim_pad": 8, "fim_rep": 9, "fim_sep": 10}),
        (STARCODER, "spm", {"fim_pre": 5, "fim_suf": 7, "fim_mid": 6, "fim_pad": 8, "fim_rep": 10, "fim_sep": 9}),
        (SANTACODER, "spm", {"fim_pre": 5, "fim_suf": 7, "fim_mid": 6, "fim_pad": 8}),
        (QWEN, "psm", {"fim_pre": 5, "fim_suf": 7, "fim_mid": 6, "fim_pad": 8, "fim_rep": 9, "fim_sep": 10}),
        (("▁<PRE>", "▁<MID>", "▁<SUF>", "▁<EOT>"), "psm", {"fim_pre": 5, "fim_suf": 7, "fim_mid": 6, "eot": 8}),
        (("<｜fim▁hole｜>", "<｜fim▁begin｜>", "<｜fim▁end｜>"), "psm", {"fim_pre": 6, "fim_suf": 5, "fim_mid": 7}),
        (("<fim_prefix>", "<fim_suffix>"), None, {}),
    ],
)
def test_fill_in_the_middle_ids_are_those_of_the_model_cards(
    texts: tuple[str, ...], order: str | None, ids: dict[str, int]
) -> None:
    """Every family's marks are named by id, with the order it was trained for; a model with only some has none."""
    tokenizer = with_tokens(*texts)

    found = describe(tokenizer, 5 + len(texts), settings={}, configs=(END,))

    named = {key: value for key, value in found.items() if key.endswith("_token_id")}
    assert named == {f"tokenizer.ggml.{role}_token_id": index for role, index in {"eos": 0, **ids}.items()}
    assert found.get("cairn.fim.order") == order


def test_a_fill_in_the_middle_mark_is_a_control_token() -> None:
    """Even where the file calls it ordinary: a source file that contains its text must stay text."""
    tokenizer = with_tokens(*STARCODER2)
    for token in tokenizer["added_tokens"][2:]:
        token |= {"special": False, "normalized": False}

    assert read(tokenizer)["token_type"][5:] == (CONTROL,) * 6


def templates(folder: Path, settings: object) -> dict[str, Value]:
    """Return the chat templates of a folder with this tokenizer_config.json."""
    (folder / "tokenizer.json").write_text(json.dumps(TOKENIZER))
    (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": settings}))
    found = tokenizer_metadata(folder, END, 5)
    return {key: value for key, value in found.items() if "chat_template" in key}


def test_chat_templates_keep_their_names(tmp_path: Path) -> None:
    """One is text, several are a list, and a file of its own is the default."""
    several = [{"name": "default", "template": "{{ 1 }}"}, {"name": "tool_use", "template": "{{ 2 }}"}]

    assert templates(tmp_path, None) == {}
    assert templates(tmp_path, "{{ 0 }}") == {"tokenizer.chat_template": "{{ 0 }}"}
    assert templates(tmp_path, several) == {
        "tokenizer.chat_template": "{{ 1 }}",
        "tokenizer.chat_template.tool_use": "{{ 2 }}",
    }
    (tmp_path / "chat_template.jinja").write_text("{{ 3 }}")
    assert templates(tmp_path, "{{ 0 }}") == {"tokenizer.chat_template": "{{ 3 }}"}


@pytest.mark.parametrize("value", [1, {"name": "a"}, [{"name": "a.b", "template": ""}], ["x"], [{"name": "a"}] * 17])
def test_malformed_chat_templates_are_refused(value: object, tmp_path: Path) -> None:
    """A name becomes a key of the file, so it must be a plain word."""
    with pytest.raises(ModelFileError, match="chat_template"):
        templates(tmp_path, value)
