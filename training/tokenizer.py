"""The byte-level BPE vocabulary, in the form that llama.cpp calls `starcoder`."""

from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from assistant.prompts import END_OF_TEXT, STARCODER_SPECIALS, Markup, Prompt, Special
from training.atomic import write_file


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn merges from `texts`; the control tokens of `assistant.prompts` are the first ids, in its order.

    Digits stand alone and no space is put in front: llama.cpp's `starcoder` pre-tokenizer does the same.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[special.token for special in STARCODER_SPECIALS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


class Codec:
    """Text to ids and back. Special tokens in text stay text; only a `Special` becomes a control token."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.encode_special_tokens = True
        self.tokenizer = tokenizer

    @classmethod
    def load(cls, path: Path) -> "Codec":
        """Read a `tokenizer.json`."""
        return cls(Tokenizer.from_file(str(path)))

    @property
    def end_of_text(self) -> int:
        """What ends an answer of a model of ours."""
        return self.id_of(END_OF_TEXT)

    @property
    def vocab_size(self) -> int:
        """Number of ids, control tokens included."""
        return self.tokenizer.get_vocab_size()

    def id_of(self, special: Special) -> int:
        """The id of a control token. The vocabulary must have it: every one of ours does."""
        number = self.tokenizer.token_to_id(special.token)
        assert number is not None
        return number

    def encode(self, text: str) -> list[int]:
        """Ids of plain text."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def encode_markup(self, text: str) -> list[int]:
        """Ids of a template's text, in which control tokens count."""
        self.tokenizer.encode_special_tokens = False
        try:
            return self.encode(text)
        finally:
            self.tokenizer.encode_special_tokens = True

    def encode_prompt(self, prompt: Prompt) -> list[int]:
        """Ids of a prompt: pieces of text and control tokens joined as ids, as the engine joins them."""
        ids: list[int] = []
        for piece in prompt:
            match piece:
                case Special():
                    ids.append(self.id_of(piece))
                case Markup(text):
                    ids += self.encode_markup(text)
                case str():
                    ids += self.encode(piece)
        return ids

    def decode(self, ids: list[int]) -> str:
        """Text of ids; control tokens are kept visible."""
        return self.tokenizer.decode(ids, skip_special_tokens=False)

    def save(self, path: Path) -> None:
        """Write `tokenizer.json`."""
        write_file(path, lambda beside: self.tokenizer.save(str(beside)))
