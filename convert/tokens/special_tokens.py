"""Tokens with a role: begin and end of a text, unknown, padding, and the marks of fill-in-the-middle.

llama.cpp treats the ids of fim_pad, fim_rep and fim_sep as ends of generation, which is wanted: none of them belongs
into a completion.

Source: `SpecialVocab` of llama.cpp's gguf-py for the roles; the model cards for fill-in-the-middle.
"""

from collections.abc import Mapping
from typing import Any

from assistant.models.gguf import Value
from assistant.prompts import STARCODER_FIM, FimOrder
from convert.families.family import Config
from convert.source.files import refuse
from convert.tokens.pre_tokenizers import steps

_ROLES = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}

_FIM_FAMILIES: tuple[tuple[FimOrder, dict[str, tuple[str, ...]]], ...] = (
    (  # StarCoder, StarCoder2, Granite code: half of their holes were trained suffix first
        STARCODER_FIM.order,
        {
            "fim_pre": ("<fim_prefix>",),
            "fim_suf": ("<fim_suffix>",),
            "fim_mid": ("<fim_middle>",),
            "fim_pad": ("<fim_pad>",),
            "fim_rep": ("<repo_name>", "<reponame>"),
            "fim_sep": ("<file_sep>", "<filename>"),
        },
    ),
    (  # SantaCoder: the same training
        STARCODER_FIM.order,
        {
            "fim_pre": ("<fim-prefix>",),
            "fim_suf": ("<fim-suffix>",),
            "fim_mid": ("<fim-middle>",),
            "fim_pad": ("<fim-pad>",),
        },
    ),
    (  # Qwen2.5-Coder
        "psm",
        {
            "fim_pre": ("<|fim_prefix|>",),
            "fim_suf": ("<|fim_suffix|>",),
            "fim_mid": ("<|fim_middle|>",),
            "fim_pad": ("<|fim_pad|>",),
            "fim_rep": ("<|repo_name|>",),
            "fim_sep": ("<|file_sep|>",),
        },
    ),
    (  # CodeLlama: its middle ends with a token of its own
        "psm",
        {"fim_pre": ("▁<PRE>",), "fim_suf": ("▁<SUF>",), "fim_mid": ("▁<MID>",), "eot": ("▁<EOT>",)},
    ),
    (  # DeepSeek-Coder: the hole stands where the suffix begins, the end where the middle does
        "psm",
        {"fim_pre": ("<｜fim▁begin｜>",), "fim_suf": ("<｜fim▁hole｜>",), "fim_mid": ("<｜fim▁end｜>",)},
    ),
)
"""Per family the order that is asked for, and the texts of its marks, by llama.cpp's names for them."""


def fim_ids(tokens: Mapping[str, int]) -> dict[str, int]:
    """Find the ids of the fill-in-the-middle marks, by metadata key; none if the model has not all three."""
    _, marks = _fim_family(tokens)
    known = {key: [tokens[text] for text in texts if text in tokens] for key, texts in marks.items()}
    return {f"tokenizer.ggml.{key}_token_id": found[0] for key, found in known.items() if found}


def fim_order(tokens: Mapping[str, int]) -> FimOrder | None:
    """Say in which order the model was trained to read prefix and suffix; None if it cannot fill in the middle."""
    return _fim_family(tokens)[0]


def _fim_family(tokens: Mapping[str, int]) -> tuple[FimOrder | None, dict[str, tuple[str, ...]]]:
    for order, marks in _FIM_FAMILIES:
        if all(text in tokens for role in ("fim_pre", "fim_suf", "fim_mid") for text in marks[role]):
            return order, marks
    return None, {}


def role_ids(
    tokens: Mapping[str, int], tokenizer: Mapping[str, Any], settings: Config, configs: tuple[Config, ...]
) -> dict[str, Value]:
    """Find the tokens with a role, and say whether a text begins with one.

    Args:
        tokens: Ids by text.
        tokenizer: tokenizer.json; its post-processor may name the begin token.
        settings: tokenizer_config.json, which gives roles to texts. It goes before the others.
        configs: config.json and generation_config.json, which give roles to ids, or to lists of them.

    Raises:
        ModelFileError: An id is not in the vocabulary, no token ends a text, or a text would get tokens around it that
            llama.cpp cannot add.
    """
    template_bos = _template_bos(tokenizer)
    if template_bos and template_bos not in tokens:
        refuse(f"tokenizer.json begins texts with {template_bos[:80]!r}, which is no token")
    found: dict[str, Value] = {}
    for role, key in _ROLES.items():
        name = (template_bos if role == "bos" else "") or _text(settings.get(f"{role}_token"))
        ids = [tokens[name]] if name in tokens else []
        ids += [index for config in configs for index in _configured(config, role, len(tokens))]
        if ids:
            found[f"tokenizer.ggml.{key}_token_id"] = ids[0]
        others = [index for index in ids if index != ids[0]]
        if role == "eos" and others:
            found["tokenizer.ggml.eot_token_id"] = others[0]
    if "tokenizer.ggml.eos_token_id" not in found:  # llama.cpp would take token 11
        refuse("nothing names the token that ends a text", hint="set eos_token in tokenizer_config.json")
    adds_bos = bool(template_bos) or settings.get("add_bos_token") is True
    if adds_bos and "tokenizer.ggml.bos_token_id" not in found:
        refuse("nothing names the token that texts begin with", hint="set bos_token in tokenizer_config.json")
    return found | {"tokenizer.ggml.add_bos_token": adds_bos, "tokenizer.ggml.add_eos_token": False}


def _text(named: Any) -> str:
    text = named.get("content") if isinstance(named, dict) else named
    return text if isinstance(text, str) else ""


def _configured(config: Config, role: str, num_tokens: int) -> list[int]:
    """Return the ids of a role; nothing, null and -1 mean that there is none."""
    value = config.get(f"{role}_token_id")
    ids = value if isinstance(value, list) else [value]
    for index in ids:
        if index not in (None, -1) and not (type(index) is int and 0 <= index < num_tokens):
            refuse(f"config.json: {role}_token_id is {str(index)[:80]}, which is not in the vocabulary")
    return [index for index in ids if index not in (None, -1)]


def _template_bos(tokenizer: Mapping[str, Any]) -> str:
    """Return the token that the post-processor puts before a text, or nothing; refuse one that puts more."""
    text = ""
    for step in steps(tokenizer.get("post_processor"), "processors"):
        match step:
            case {"type": "ByteLevel"} | {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}]}:
                pass
            case {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": str(text)}}, {"Sequence": {"id": "A"}}],
            }:
                pass
            case _:
                hint = "only a token that begins a text can be converted"
                refuse("tokenizer.json adds tokens around a text", hint=hint)
    return text
