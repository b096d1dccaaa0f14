"""A model's tokenizer, read as the engine reads it: the same ids in training as when the model is served."""

import json
import re
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer

from assistant.errors import ConfigError
from assistant.prompts import Prompt, chat_prompt, template_prompt
from training.asking import model as asking
from training.tokenizer import Codec

_MARK = re.compile(r"<[|｜].*[|｜]>", re.DOTALL)
"""What llama.cpp takes for a control token although some files call it an ordinary one."""


class Vocabulary:
    """Prompts and answers to ids.

    Raises:
        ConfigError: The folder has no fast tokenizer, or nothing says what ends a text.
    """

    def __init__(self, folder: Path) -> None:
        file = folder / "tokenizer.json"
        if not file.is_file():
            raise ConfigError(f"{folder} has no tokenizer.json", hint="Save the model with its fast tokenizer.")
        tokenizer, named = _read(folder, file)
        marks = [
            each.content for each in tokenizer.get_added_tokens_decoder().values() if _MARK.fullmatch(each.content)
        ]
        tokenizer.add_special_tokens([AddedToken(each, special=True, normalized=False) for each in marks])
        self.codec = Codec(tokenizer)
        self._begin = _beginning(tokenizer, named, folder)
        if named.eos_token_id is None:
            raise ConfigError(
                f"{folder}: nothing says what ends a text", hint="Set eos_token in tokenizer_config.json."
            )
        self.end_of_text: int = named.eos_token_id
        self._template: str | None = named.chat_template
        self._bos, self._eos = named.bos_token or "", named.eos_token

    def prompt(self, prompt: asking.Prompt) -> tuple[int, ...]:
        """Ids of what a preset lays out: text, or a conversation in the model's own template or, without one, in ours.

        Raises:
            InputError: The template refuses the conversation.
        """
        ids = self.codec.encode_prompt(self._pieces(prompt))
        return tuple(ids if ids[:1] == self._begin else [*self._begin, *ids])

    def answer(self, text: str) -> tuple[int, ...]:
        """Ids of an answer and of what ends it; control tokens that the text spells stay text."""
        return (*self.codec.encode(text), self.end_of_text)

    def decode(self, ids: list[int]) -> str:
        """Text of ids."""
        return self.codec.decode(ids)

    def _pieces(self, prompt: asking.Prompt) -> Prompt:
        if isinstance(prompt, str):
            return (prompt,)
        if self._template is None:
            return chat_prompt(prompt)
        return template_prompt(self._template, prompt, bos=self._bos, eos=self._eos)


def _read(folder: Path, file: Path) -> tuple[Tokenizer, Any]:
    try:
        named = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return Tokenizer.from_file(str(file)), named
    except Exception as error:  # tokenizers raises nothing narrower
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(
            f"cannot read the tokenizer of {folder}: {reason}", hint="Save it again, or fetch it."
        ) from error


def _beginning(tokenizer: Tokenizer, named: Any, folder: Path) -> list[int]:
    """What every text begins with: by the tokenizer itself, or by its settings; as `cairn convert` finds it."""
    settings = folder / "tokenizer_config.json"
    told = settings.is_file() and json.loads(settings.read_text("utf-8")).get("add_bos_token") is True
    return tokenizer.encode("", add_special_tokens=True).ids[:1] or ([named.bos_token_id] if told else [])
