"""tokenizer.json of a byte-level BPE as GGUF metadata. What llama.cpp would read differently is refused.

Source: the `tokenizers` library's file format; llama-vocab.cpp for what llama.cpp does with the keys. It treats the ids
of fim_pad, fim_rep and fim_sep as ends of generation, which is wanted: none of them belongs into a completion.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.models.gguf import Value
from assistant.prompts import STARCODER_FIM
from convert.family import Config
from convert.source_files import read_json, read_text, refuse

NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
"""`llama_token_type`."""

MAX_VOCABULARY = 1_000_000
MAX_TOKENIZER_BYTES = 64 << 20
MAX_SETTINGS_BYTES = 1 << 20

_FIM_TOKENS = {
    "fim_pre": ("<fim_prefix>",),
    "fim_suf": ("<fim_suffix>",),
    "fim_mid": ("<fim_middle>",),
    "fim_pad": ("<fim_pad>",),
    "fim_rep": ("<repo_name>", "<reponame>"),
    "fim_sep": ("<file_sep>",),
}
_ROLES = {"bos": "bos", "eos": "eos", "unk": "unknown"}

_DIGITS = {"type": "Digits", "individual_digits": True}
_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
_NEUTRAL_MODEL = {
    "dropout": (None, 0, 0.0),
    "continuing_subword_prefix": (None, ""),
    "end_of_word_suffix": (None, ""),
    "byte_fallback": (None, False),
    "ignore_merges": (None, False),
}
"""Switches of the BPE model that llama.cpp does not have, with the values that mean "off"."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens in the order of their ids, with their kinds, and the merges in the order they were learned."""

    tokens: tuple[str, ...]
    kinds: tuple[int, ...]
    merges: tuple[str, ...]


def tokenizer_metadata(folder: Path, config: Config, num_rows: int) -> dict[str, Value]:
    """Describe the tokenizer of a checkpoint.

    Args:
        folder: Holds tokenizer.json, and perhaps tokenizer_config.json and chat_template.jinja.
        config: config.json.
        num_rows: Rows of the token embedding; rows beyond the vocabulary become unused tokens.

    Raises:
        ModelFileError: The tokenizer is malformed, or works in a way that llama.cpp would not repeat.
    """
    tokenizer = read_json(folder, "tokenizer.json", MAX_TOKENIZER_BYTES)
    settings = {}
    if (folder / "tokenizer_config.json").is_file():
        settings = read_json(folder, "tokenizer_config.json", MAX_SETTINGS_BYTES)
    vocabulary = read_vocabulary(tokenizer, num_rows)
    metadata: dict[str, Value] = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "starcoder",
        "tokenizer.ggml.tokens": vocabulary.tokens,
        "tokenizer.ggml.token_type": vocabulary.kinds,
        "tokenizer.ggml.merges": vocabulary.merges,
        **_role_ids(vocabulary.tokens, config, settings),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.add_eos_token": False,
        **_fim_ids(vocabulary.tokens),
    }
    template = _chat_template(folder, settings)
    return metadata | ({"tokenizer.chat_template": template} if template else {})


def read_vocabulary(tokenizer: dict[str, Any], num_rows: int) -> Vocabulary:
    """Check that tokenizer.json is what llama.cpp calls "starcoder", and read its tokens and merges."""
    _check_pipeline(tokenizer)
    model = tokenizer["model"]
    texts = {index: token for token, index in _ids(model.get("vocab")).items()}
    if len(texts) != len(model["vocab"]):
        refuse("tokenizer.json gives one id to two tokens")
    kinds = dict.fromkeys(texts, NORMAL)
    for token in _added_tokens(tokenizer):
        texts[token["id"]] = token["content"]
        kinds[token["id"]] = CONTROL if token["special"] else USER_DEFINED
    if sorted(texts) != list(range(len(texts))):
        refuse(f"tokenizer.json has {len(texts)} tokens, but their ids are not 0 to {len(texts) - 1}")
    if not len(texts) <= num_rows <= MAX_VOCABULARY:
        refuse(f"tokenizer.json has {len(texts)} tokens, the model {num_rows} embeddings")
    padding = {index: f"[PAD{index}]" for index in range(len(texts), num_rows)}
    texts, kinds = texts | padding, kinds | dict.fromkeys(padding, UNUSED)
    if len(set(texts.values())) != num_rows:
        refuse("tokenizer.json has the same token twice", hint="llama.cpp needs one id per text; mend added_tokens")
    return Vocabulary(
        tokens=tuple(texts[index] for index in range(num_rows)),
        kinds=tuple(kinds[index] for index in range(num_rows)),
        merges=_merges(model.get("merges"), model["vocab"]),
    )


def _check_pipeline(tokenizer: dict[str, Any]) -> None:
    """Refuse what llama.cpp's "starcoder" does not do: it cuts out single digits, then GPT-2's words, as bytes."""
    model, cutter = tokenizer.get("model"), tokenizer.get("pre_tokenizer")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        refuse("tokenizer.json is not a BPE tokenizer", hint="only byte-level BPE tokenizers are converted")
    for switch, off in _NEUTRAL_MODEL.items():
        if model.get(switch) not in off:
            refuse(f"tokenizer.json sets {switch}", hint="llama.cpp has no such switch; train the tokenizer without it")
    steps = cutter.get("pretokenizers") if isinstance(cutter, dict) and cutter.get("type") == "Sequence" else None
    if not (isinstance(steps, list) and len(steps) == 2 and _is(steps[0], _DIGITS) and _is(steps[1], _BYTE_LEVEL)):
        refuse(
            f"tokenizer.json has an unknown pre-tokenizer: {json.dumps(cutter)[:120]}",
            hint="only StarCoder's is known: Digits(individual_digits=true), then ByteLevel(add_prefix_space=false)",
        )
    if tokenizer.get("normalizer") is not None:
        refuse("tokenizer.json has a normalizer", hint="llama.cpp would skip it; train the tokenizer without one")
    post = tokenizer.get("post_processor")
    if post is not None and not _is(post, {"type": "ByteLevel"}):
        refuse("tokenizer.json adds tokens around a text", hint="only a ByteLevel post-processor is known")


def _is(step: Any, expected: dict[str, Any]) -> bool:
    """Compare the keys that decide; `use_regex` may be absent in old files, where it is true."""
    return isinstance(step, dict) and expected.items() <= {"use_regex": True, **step}.items()


def _ids(vocab: Any) -> dict[str, int]:
    if not isinstance(vocab, dict) or not 1 <= len(vocab) <= MAX_VOCABULARY:
        refuse("tokenizer.json has no vocabulary, or one too large")
    if not all(type(index) is int for index in vocab.values()):
        refuse("tokenizer.json has an id that is not a whole number")
    return vocab


def _added_tokens(tokenizer: dict[str, Any]) -> list[dict[str, Any]]:
    added = tokenizer.get("added_tokens", [])
    if not isinstance(added, list):
        refuse("tokenizer.json: added_tokens is not a list")
    for token in added:
        if not isinstance(token, dict) or type(token.get("id")) is not int or not isinstance(token.get("content"), str):
            refuse("tokenizer.json has a malformed added token")
        strips = any(token.get(switch) for switch in ("lstrip", "rstrip", "single_word"))
        if strips and not token.get("special"):
            refuse(f"tokenizer.json: {token['content']!r} strips or joins words", hint="llama.cpp would not do it")
    return [{"special": False, **token} for token in added]


def _merges(merges: Any, vocab: dict[str, int]) -> tuple[str, ...]:
    """Return "left right" per merge; the file holds either that or pairs."""
    if not isinstance(merges, list) or not 1 <= len(merges) <= MAX_VOCABULARY:
        refuse("tokenizer.json has no merges, or too many")
    pairs = [merge.split(" ") if isinstance(merge, str) else merge for merge in merges]
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)):
            refuse(f"tokenizer.json has a malformed merge: {str(pair)[:80]}")
        if not (pair[0] in vocab and pair[1] in vocab and "".join(pair) in vocab) or " " in "".join(pair):
            refuse(f"tokenizer.json merges tokens that it does not have: {str(pair)[:80]}")
    return tuple(" ".join(pair) for pair in pairs)


def _role_ids(tokens: tuple[str, ...], config: Config, settings: Config) -> dict[str, Value]:
    """Find bos, eos and unk: by name in tokenizer_config.json, else by id in config.json."""
    found: dict[str, Value] = {}
    for role, key in _ROLES.items():
        named = settings.get(f"{role}_token")
        text = named.get("content") if isinstance(named, dict) else named
        index = tokens.index(text) if text in tokens else config.get(f"{role}_token_id")
        if index is None:
            continue
        if type(index) is not int or not 0 <= index < len(tokens):
            refuse(f"config.json: {role}_token_id is {str(index)[:80]}, which is not in the vocabulary")
        found[f"tokenizer.ggml.{key}_token_id"] = index
    return found


def _fim_ids(tokens: tuple[str, ...]) -> dict[str, Value]:
    """Name the fill-in-the-middle ids, and the order in which this project asks; nothing if the model has none."""
    known = {key: [tokens.index(text) for text in texts if text in tokens] for key, texts in _FIM_TOKENS.items()}
    if not all(known[key] for key in ("fim_pre", "fim_suf", "fim_mid")):
        return {}
    ids: dict[str, Value] = {f"tokenizer.ggml.{key}_token_id": found[0] for key, found in known.items() if found}
    return ids | {"cairn.fim.order": STARCODER_FIM.order}


def _chat_template(folder: Path, settings: Config) -> str:
    if (folder / "chat_template.jinja").is_file():
        return read_text(folder, "chat_template.jinja", MAX_SETTINGS_BYTES)
    template = settings.get("chat_template", "")
    return template if isinstance(template, str) else refuse("tokenizer_config.json: chat_template is not text")
