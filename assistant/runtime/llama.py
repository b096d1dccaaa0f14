"""llama.cpp, seen from Python: a model, its vocabulary, one context. The only file that imports `llama_cpp`.

Only the low-level API is used: the high-level `Llama` class has wrong fill-in-the-middle ids, drops tokens longer than
32 bytes and can neither batch, share nor abort.
"""

import codecs
import ctypes
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
import numpy.typing as npt
from numpy.ctypeslib import as_array

from assistant.errors import ModelFileError
from assistant.prompts import FimFormat, Markup, Prompt, Special
from assistant.runtime.healing import PieceIndex

lib: Any = llama_cpp  # ctypes takes more than the binding's annotations say

LOG_WARN, LOG_ERROR = 3, 4
"""`ggml_log_level` (ggml.h); the binding has no names for them."""
SUFFIX_FIRST = ("starcoder", "starcoder2")
"""Families trained with half of their holes suffix first (BigCode's FIM code)."""


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

    def fim_format(self, order: str, family: str) -> FimFormat | None:
        """The family's fill-in-the-middle layout, or None for a model that was not trained for it."""
        ids = [
            lib.llama_vocab_fim_pre(self._vocab),
            lib.llama_vocab_fim_suf(self._vocab),
            lib.llama_vocab_fim_mid(self._vocab),
        ]
        if min(ids) < 0:
            return None
        prefix, suffix, middle = (Special(self.token_text(token)) for token in ids)
        suffix_first = order == "spm" or (order == "" and family in SUFFIX_FIRST)
        return FimFormat(prefix=prefix, suffix=suffix, middle=middle, order="spm" if suffix_first else "psm")

    def tokenize(self, text: str, *, markup: bool = False) -> list[int]:
        """Ids of `text`; control tokens written in it count only in `markup`."""
        data = text.encode("utf-8", "replace")
        ids = (lib.llama_token * (len(data) + 2))()
        count = lib.llama_tokenize(self._vocab, data, len(data), ids, len(ids), False, markup)
        return ids[:count]

    def encode(self, prompt: Prompt | tuple[Special | list[int], ...]) -> list[int]:
        """Join the pieces of a prompt as ids, begin-of-text first where the model wants it."""
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
        return [self._bos, *ids] if self._bos is not None and ids[:1] != [self._bos] else ids

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
        self.handle = model
        self.name = self.metadata("general.name") or path.stem
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


class Context:
    """One KV cache shared by several sequences, and the batch that feeds it.

    Args:
        num_cells: Tokens the cache holds, all sequences together.
        num_sequences: How many sequences may live in it at once.
        num_batch: Tokens one call of `decode` takes.
    """

    def __init__(self, model: Model, *, num_cells: int, num_sequences: int, num_batch: int, threads: int) -> None:
        params = lib.llama_context_default_params()
        params.n_ctx = num_cells
        params.n_batch = num_batch
        params.n_ubatch = min(128, num_batch)  # small: less is lost when a keystroke aborts a prefill
        params.n_seq_max = num_sequences
        params.kv_unified = True  # sequences share cells, and one batch may mix them
        params.n_threads = params.n_threads_batch = threads
        handle = lib.llama_init_from_model(model.handle, params)
        if not handle:
            raise ModelFileError("llama.cpp cannot make a context for this model", hint="set a smaller context_tokens")
        self._handle = handle
        self._memory = lib.llama_get_memory(handle)
        self._num_logits = model.vocab.num_tokens
        self.num_batch = num_batch
        self.num_cells = num_cells
        self._arrange_batch(num_batch)
        self._arrange_abort()

    def decode(self, rows: Sequence[tuple[int, int, list[int]]]) -> int:
        """Compute `(sequence, first position, token ids)` rows in one batch; logits are kept for each row's last token.

        Returns:
            What `llama_decode` says: `OK`, `NO_SLOT` or `ABORTED` of `assistant.runtime.engine`, below zero failure.
        """
        end = 0
        self._want.fill(0)
        for sequence, position, ids in rows:
            start, end = end, end + len(ids)
            self._token[start:end] = ids
            self._position[start:end] = np.arange(position, position + len(ids))
            self._sequence[start:end] = sequence
            self._want[end - 1] = 1
        self._batch.n_tokens = end
        return lib.llama_decode(self._handle, self._batch)

    def logits(self, index: int) -> npt.NDArray[np.float32]:
        """(vocabulary,) float32 after the token at `index` of the last batch; a view, not a copy."""
        pointer = lib.llama_get_logits_ith(self._handle, index)
        return as_array(pointer, (self._num_logits,))

    def sample(self, chain: Any, index: int) -> int:
        """Draw a token with a sampler chain from the logits at `index` of the last batch."""
        return lib.llama_sampler_sample(chain, self._handle, index)

    def abort(self) -> None:
        """Stop the running `decode` within one graph operation. Any thread may call it."""
        self._flag[0] = b"x"

    def clear_abort(self) -> None:
        """Let the next `decode` run."""
        self._flag[0] = b"\0"

    def num_computed(self, sequence: int) -> int:
        """Tokens of `sequence` whose KV entries are there."""
        return lib.llama_memory_seq_pos_max(self._memory, sequence) + 1

    def truncate(self, sequence: int, length: int) -> None:
        """Forget all but the first `length` tokens of `sequence`."""
        lib.llama_memory_seq_rm(self._memory, sequence, length, -1)

    def share(self, source: int, target: int, start: int, stop: int) -> None:
        """Let `target` hold the cells of `source` at positions `start` to `stop`, without copying them."""
        lib.llama_memory_seq_rm(self._memory, target, start, stop)  # a cell claimed twice by one sequence miscounts
        lib.llama_memory_seq_cp(self._memory, source, target, start, stop)

    def save(self, sequence: int) -> bytes:
        """The KV entries of all tokens of `sequence`."""
        size = lib.llama_state_seq_get_size(self._handle, sequence)
        state = (ctypes.c_uint8 * size)()
        count = lib.llama_state_seq_get_data(self._handle, state, size, sequence)
        return bytes(memoryview(state)[:count])

    def restore(self, sequence: int, state: bytes) -> bool:
        """Fill an empty sequence with what `save` gave. False when llama.cpp does not take it."""
        data = ctypes.cast(ctypes.c_char_p(state), ctypes.POINTER(ctypes.c_uint8))
        return bool(lib.llama_state_seq_set_data(self._handle, data, len(state), sequence))

    def _arrange_batch(self, size: int) -> None:
        """A batch over numpy arrays of our own, so that filling it is four slice assignments."""
        self._token = np.zeros(size, np.int32)
        self._position = np.zeros(size, np.int32)
        self._sequence = np.zeros(size, np.int32)
        self._want = np.zeros(size, np.int8)
        self._num_sequence_ids = np.ones(size, np.int32)
        self._sequence_pointers = self._sequence.ctypes.data + 4 * np.arange(size, dtype=np.uint64)
        self._batch = lib.llama_batch()
        for name, array in (
            ("token", self._token),
            ("pos", self._position),
            ("n_seq_id", self._num_sequence_ids),
            ("seq_id", self._sequence_pointers),
            ("logits", self._want),
        ):
            kind = dict(lib.llama_batch._fields_)[name]
            setattr(self._batch, name, ctypes.cast(array.ctypes.data, kind))

    def _arrange_abort(self) -> None:
        """Let libc's `strlen` be the abort callback, asked on every graph operation: no Python, no GIL."""
        self._flag = ctypes.create_string_buffer(2)
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, lib.ggml_abort_callback)
        lib.llama_set_abort_callback(self._handle, strlen, ctypes.cast(self._flag, ctypes.c_void_p))


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


def sampler_chain(temperature: float, seed: int) -> Any:
    """Top-k 40, top-p 0.95, temperature, draw: llama.cpp's own chain. The caller frees it with `free_sampler`."""
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    for sampler in (
        lib.llama_sampler_init_top_k(40),
        lib.llama_sampler_init_top_p(0.95, 1),
        lib.llama_sampler_init_temp(temperature),
        lib.llama_sampler_init_dist(seed),
    ):
        lib.llama_sampler_chain_add(chain, sampler)
    return chain


def free_sampler(chain: Any) -> None:
    """Give a chain's memory back."""
    lib.llama_sampler_free(chain)


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
