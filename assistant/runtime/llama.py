"""llama.cpp, seen from Python: a model and its vocabulary. The only file that imports `llama_cpp`.

Only the low-level API is used: the high-level `Llama` class has wrong fill-in-the-middle ids, drops tokens longer than
32 bytes and can neither batch, share nor abort.
"""

import codecs
import ctypes
import sys
from pathlib import Path
from typing import Any

import llama_cpp

from assistant.errors import ModelFileError
from assistant.prompts import FimFormat, Markup, Prompt, Special
from assistant.runtime.healing import PieceIndex

lib: Any = llama_cpp  # ctypes takes more than the binding's annotations say

LOG_WARN, LOG_ERROR = 3, 4
"""`ggml_log_level` (ggml.h); the binding has no names for them."""
SUFFIX_FIRST = ("starcoder", "starcoder2")
"""Families trained with half of their holes suffix first (BigCode's FIM code)."""

HOLE_MARKS = (lib.llama_vocab_fim_pre, lib.llama_vocab_fim_suf, lib.llama_vocab_fim_mid)
ONE_FILE_AT_A_TIME = ("starcoder",)
"""Families that never saw several files in one prompt, whatever marks their vocabularies have."""
REPOSITORY_MARKS = {"starcoder2": ("<repo_name>", "<file_sep>")}
"""Marks of a repository and of its files that llama.cpp does not find by itself."""


class Vocab:
    """Text to token ids and back, exactly."""

    def __init__(self, model: Any) -> None:
        self._vocab = lib.llama_model_get_vocab(model)
        self.num_tokens: int = lib.llama_vocab_n_tokens(self._vocab)
        self.pieces = [self._piece(token) for token in range(self.num_tokens)]
        """Bytes of each id. Joining them is the only exact way back: `llama_detokenize` strips spaces."""
        self.index = PieceIndex(self.pieces)
        tokens = range(self.num_tokens)
        self.end_ids = frozenset(token for token in tokens if lib.llama_vocab_is_eog(self._vocab, token))
        self.stop_ids = self.end_ids | {id_of(self._vocab) for id_of in HOLE_MARKS} - {-1}
        """Tokens that end an answer: the end, and the marks of a hole, which stand for no text."""
        self.control_ids = {
            self.token_text(token): token for token in tokens if lib.llama_vocab_is_control(self._vocab, token)
        }
        self.bos_text, self.eos_text = (
            self.token_text(token) for token in (lib.llama_vocab_bos(self._vocab), lib.llama_vocab_eos(self._vocab))
        )
        self._bos = lib.llama_vocab_bos(self._vocab) if lib.llama_vocab_get_add_bos(self._vocab) else None

    def token_text(self, token: int) -> str:
        """The name the vocabulary gives to `token`; empty for ids it does not have."""
        return lib.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace") if token >= 0 else ""

    @property
    def is_byte_pair(self) -> bool:
        """Whether texts are cut by patterns before tokens are joined; SentencePiece joins across any place."""
        return lib.llama_vocab_type(self._vocab) == lib.LLAMA_VOCAB_TYPE_BPE

    def fim_format(self, order: str, family: str) -> FimFormat | None:
        """The family's fill-in-the-middle layout, or None for a model that was not trained for it."""
        prefix, suffix, middle = (self._mark(id_of(self._vocab), "") for id_of in HOLE_MARKS)
        if not (prefix and suffix and middle):
            return None
        repository, file = None, None
        if family not in ONE_FILE_AT_A_TIME:
            texts = REPOSITORY_MARKS.get(family, ("", ""))
            repository = self._mark(lib.llama_vocab_fim_rep(self._vocab), texts[0])
            file = self._mark(lib.llama_vocab_fim_sep(self._vocab), texts[1])
        suffix_first = order == "spm" or (order == "" and family in SUFFIX_FIRST)
        return FimFormat(
            prefix=prefix,
            suffix=suffix,
            middle=middle,
            order="spm" if suffix_first else "psm",
            repository=repository,
            file=file,
        )

    def _mark(self, token: int, text: str) -> Special | None:
        """The control token that the file names, else the one of this text, if the vocabulary has it."""
        if token >= 0:
            return Special(self.token_text(token))
        return Special(text) if text in self.control_ids else None

    def tokenize(self, text: str, *, markup: bool = False) -> list[int]:
        """Ids of `text`; control tokens written in it count only in `markup`."""
        data = text.encode("utf-8", "replace")
        ids = (lib.llama_token * (len(data) + 2))()
        count = lib.llama_tokenize(self._vocab, data, len(data), ids, len(ids), False, markup)
        return ids[:count]

    def encode(self, prompt: Prompt | tuple[Special | str | list[int], ...]) -> list[int]:
        """Join the pieces of a prompt as ids, begin-of-text first where the model wants it."""
        ids = self.join(prompt)
        return [self._bos, *ids] if self._bos is not None and ids[:1] != [self._bos] else ids

    def join(self, prompt: Prompt | tuple[Special | str | list[int], ...]) -> list[int]:
        """Join pieces as ids; control tokens count in marks and markup, and in nothing else."""
        ids: list[int] = []
        for piece in prompt:
            match piece:
                case Special(token):
                    ids.append(self._control_id(token))
                case Markup(text):
                    ids += self.tokenize(text, markup=True)
                case str():
                    ids += self.tokenize(piece)
                case _:
                    ids += piece
        return ids

    def _control_id(self, token: str) -> int:
        if token not in self.control_ids:
            raise ModelFileError(f"the model has no token {token}", hint="use a model of the family it claims to be")
        return self.control_ids[token]

    def _piece(self, token: int) -> bytes:
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            count = lib.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if count >= 0:
                return buffer.raw[:count]
            size = -count


class Model:
    """Weights and vocabulary of one GGUF file."""

    def __init__(self, path: Path) -> None:
        lib.llama_backend_init()
        params = lib.llama_model_default_params()
        params.n_gpu_layers = -1
        model = lib.llama_model_load_from_file(str(path).encode(), params)
        if not model:
            raise ModelFileError(
                f"llama.cpp cannot load {path}",
                hint="`cairn doctor` shows the log; the architecture may be newer than this engine",
            )
        if lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model):
            raise ModelFileError(
                f"{path.name} is a recurrent model: its memory cannot be taken back to where a prompt changes",
                hint="choose a transformer",
            )
        self.handle = model
        self.name = self.metadata("general.name") or "the model"  # its path may be that of a descriptor
        self.family = self.metadata("general.architecture")
        self.trained_tokens: int = lib.llama_model_n_ctx_train(model)
        self.vocab = Vocab(model)
        self.fim = self.vocab.fim_format(self.metadata("cairn.fim.order"), self.family)
        template = lib.llama_model_chat_template(model, None)
        self.chat_template: str = template.decode("utf-8", "replace") if template else ""

    def metadata(self, key: str) -> str:
        """A scalar of the file's metadata as text; empty where it is absent."""
        buffer = ctypes.create_string_buffer(4096)
        count = lib.llama_model_meta_val_str(self.handle, key.encode(), buffer, len(buffer))
        return buffer.value.decode("utf-8", "replace") if count >= 0 else ""


class TextDecoder:
    """Bytes of tokens to text; a character split over tokens waits for its end.

    Args:
        pieces: Bytes of each token.
        num_known_bytes: So many bytes at the beginning stand before the cursor already and are not said again.
    """

    def __init__(self, pieces: list[bytes], num_known_bytes: int = 0) -> None:
        self._pieces = pieces
        self._num_known_bytes = num_known_bytes
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token: int) -> str:
        """The text that `token` completes."""
        piece = self._pieces[token]
        new = piece[self._num_known_bytes :]
        self._num_known_bytes = max(0, self._num_known_bytes - len(piece))
        return self._utf8.decode(new)

    def finish(self) -> str:
        """What an unfinished character leaves."""
        return self._utf8.decode(b"", final=True)


def can_use_gpu() -> bool:
    """Whether llama.cpp was built for a GPU and has found one."""
    return lib.llama_supports_gpu_offload()


@lib.llama_log_callback
def _log_warnings(level: int, text: bytes, _data: object) -> None:
    if level in (LOG_WARN, LOG_ERROR):
        sys.stderr.buffer.write(text)


def quiet_logs() -> None:
    """Keep warnings and errors of llama.cpp, drop its chatter."""
    lib.llama_log_set(_log_warnings, ctypes.c_void_p(0))
