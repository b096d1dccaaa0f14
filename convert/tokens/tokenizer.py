"""tokenizer.json as GGUF metadata, without the library that wrote it. What llama.cpp would read differently is refused.

Two styles are known, told apart by the file itself: byte-level BPE (`pre_tokenizers.py`) and SentencePiece's
(`sentencepiece.py`).

Source: the `tokenizers` library's file format; llama-vocab.cpp for what llama.cpp does with the keys.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.models.gguf import Value
from convert.families.family import Config
from convert.source.files import read_json, read_text, refuse
from convert.tokens.pre_tokenizers import PIPELINES, recognise
from convert.tokens.sentencepiece import adds_space_prefix, check_switches, token_scores
from convert.tokens.special_tokens import fim_ids, fim_order, role_ids
from convert.tokens.vocabulary import CONTROL, Vocabulary, bpe_model, has_byte_tokens, read_tokens

MAX_TOKENIZER_BYTES = 64 << 20
MAX_SETTINGS_BYTES = 1 << 20
MAX_TEMPLATES = 16


def tokenizer_metadata(folder: Path, config: Config, num_rows: int) -> dict[str, Value]:
    """Describe the tokenizer of a checkpoint.

    Args:
        folder: Holds tokenizer.json, and perhaps tokenizer_config.json, generation_config.json and chat_template.jinja.
        config: config.json.
        num_rows: Rows of the token embedding; rows beyond the vocabulary become unused tokens.

    Raises:
        ModelFileError: The tokenizer is malformed, or works in a way that llama.cpp would not repeat.
    """
    tokenizer = read_json(folder, "tokenizer.json", MAX_TOKENIZER_BYTES)
    settings = _read_optional(folder, "tokenizer_config.json")
    configs = (config, _read_optional(folder, "generation_config.json"))
    return describe(tokenizer, num_rows, settings=settings, configs=configs) | _chat_templates(folder, settings)


def describe(
    tokenizer: Mapping[str, Any], num_rows: int, *, settings: Config, configs: tuple[Config, ...]
) -> dict[str, Value]:
    """Describe a tokenizer.json.

    Args:
        tokenizer: tokenizer.json.
        num_rows: As in `tokenizer_metadata`, which also names the errors.
        settings: tokenizer_config.json.
        configs: config.json and generation_config.json.
    """
    vocabulary = read_tokens(tokenizer, num_rows)
    tokens = {text: index for index, text in enumerate(vocabulary.tokens)}
    marks, order = fim_ids(tokens), fim_order(tokens)
    kinds = tuple(CONTROL if index in marks.values() else kind for index, kind in enumerate(vocabulary.kinds))
    return {
        **_style(tokenizer, vocabulary),
        "tokenizer.ggml.tokens": vocabulary.tokens,
        "tokenizer.ggml.token_type": kinds,
        **role_ids(tokens, tokenizer, settings, configs),
        **marks,
        **({"cairn.fim.order": order} if order else {}),
    }


def _read_optional(folder: Path, name: str) -> dict[str, Any]:
    return read_json(folder, name, MAX_SETTINGS_BYTES) if (folder / name).is_file() else {}


def _style(tokenizer: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Value]:
    """Say how texts are cut and merged."""
    model = bpe_model(tokenizer)
    if has_byte_tokens(model):
        check_switches(model)
        return {
            "tokenizer.ggml.model": "llama",
            "tokenizer.ggml.pre": "default",
            "tokenizer.ggml.add_space_prefix": adds_space_prefix(tokenizer),
            "tokenizer.ggml.scores": token_scores(vocabulary),
        }
    name = recognise(tokenizer)
    if bool(model.get("ignore_merges")) != PIPELINES[name].ignores_merges:
        refuse(
            f"tokenizer.json has ignore_merges={bool(model.get('ignore_merges'))} with the pre-tokenizer of {name}",
            hint="llama.cpp ignores merges with Llama 3's pre-tokenizer, always and only there",
        )
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": name,
        "tokenizer.ggml.merges": tuple(" ".join(pair) for pair in vocabulary.merges),
    }


def _chat_templates(folder: Path, settings: Config) -> dict[str, Value]:
    """Read the template of conversations, and others under their names; a file of its own goes first."""
    template = settings.get("chat_template") or ""
    if (folder / "chat_template.jinja").is_file():
        template = read_text(folder, "chat_template.jinja", MAX_SETTINGS_BYTES)
    named = [{"name": "default", "template": template}] if isinstance(template, str) else template
    if not isinstance(named, list) or len(named) > MAX_TEMPLATES:
        refuse("tokenizer_config.json: chat_template is neither text nor a short list")
    found: dict[str, Value] = {}
    for entry in named:
        match entry:
            case {"name": "default", "template": str(text)}:
                found |= {"tokenizer.chat_template": text} if text else {}
            case {"name": str(name), "template": str(text)} if name.isidentifier() and name.isascii():
                found[f"tokenizer.chat_template.{name}"] = text
            case _:
                refuse("tokenizer_config.json has a malformed chat_template")
    return found
