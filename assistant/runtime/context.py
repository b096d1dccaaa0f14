"""One llama.cpp context: the KV cache that several sequences share, and the batch that feeds it."""

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.ctypeslib import as_array

from assistant.errors import ModelFileError
from assistant.runtime.llama import Model, can_use_gpu, lib
from assistant.runtime.row import Row

UBATCH_TOKENS = 128
"""Tokens computed at once. Small: when a keystroke aborts a prefill, one such part of it is lost."""


class Context:
    """Decodes batches. All but `abort` is for one thread.

    Args:
        num_cells: Tokens the cache holds, all sequences together.
        num_sequences: How many sequences may live in it at once.
        num_batch: Tokens one call of `decode` takes.
        abort_with: Another context; what aborts it aborts this one, too.
    """

    def __init__(
        self,
        model: Model,
        *,
        num_cells: int,
        num_sequences: int,
        num_batch: int,
        threads: int,
        abort_with: "Context | None" = None,
    ) -> None:
        params = lib.llama_context_default_params()
        params.n_ctx = num_cells
        params.n_batch = num_batch
        params.n_ubatch = min(UBATCH_TOKENS, num_batch)
        params.n_seq_max = num_sequences
        params.kv_unified = True  # sequences share cells, and one batch may mix them
        params.n_threads = params.n_threads_batch = threads
        handle = lib.llama_init_from_model(model.handle, params)
        if not handle:
            raise ModelFileError("llama.cpp cannot make a context for this model", hint="set a smaller context_tokens")
        self._handle = handle
        self._memory = lib.llama_get_memory(handle)
        self._num_logits = model.vocab.num_tokens
        self._views: dict[int, npt.NDArray[np.float32]] = {}
        self.num_batch = num_batch
        self.num_cells = num_cells
        self.can_abort = not can_use_gpu()
        """Only the CPU asks the abort callback between its operations."""
        self._arrange_batch(num_batch)
        self._flag = abort_with._flag if abort_with else ctypes.create_string_buffer(2)
        self._arrange_abort()

    def decode(self, rows: Sequence[Row]) -> int:
        """Compute `rows` in one batch.

        Returns:
            What `llama_decode` says: `OK`, `NO_ROOM` or `ABORTED` of `assistant.runtime.engine`, below zero failure.
        """
        end = 0
        for sequence, position, ids, num_wanted in rows:
            start, end = end, end + len(ids)
            self._token[start:end] = ids
            self._position[start:end] = self._counting[position : position + len(ids)]
            self._sequence[start:end] = sequence
            self._want[start:end] = 0
            self._want[end - num_wanted : end] = 1
        self._batch.n_tokens = end
        return lib.llama_decode(self._handle, self._batch)

    def logits(self, index: int) -> npt.NDArray[np.float32]:
        """(vocabulary,) float32 after the token at `index` of the last batch; a view, not a copy."""
        pointer = lib.llama_get_logits_ith(self._handle, index)
        address = ctypes.cast(pointer, ctypes.c_void_p).value or 0
        if address not in self._views:  # making one takes 30 µs, and there are only as many as wanted rows
            self._views[address] = as_array(pointer, (self._num_logits,))
        return self._views[address]

    def use_adapters(self, scales: Sequence[tuple[Any, float]]) -> None:
        """Lay these LoRA adapters, as (handle, scale), over the weights from the next decode on."""
        handles = (lib.llama_adapter_lora_p_ctypes * len(scales))(*(handle for handle, _ in scales))
        factors = (ctypes.c_float * len(scales))(*(scale for _, scale in scales))
        lib.llama_set_adapters_lora(self._handle, handles, len(scales), factors)

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
        """Copy the KV entries of a whole sequence out of the cache."""
        size = lib.llama_state_seq_get_size(self._handle, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = lib.llama_state_seq_get_data(self._handle, buffer, size, sequence)
        return bytes(memoryview(buffer)[:written])

    def restore(self, sequence: int, state: bytes) -> bool:
        """Put saved KV entries back as `sequence`; False where there is no room for them."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        return lib.llama_state_seq_set_data(self._handle, buffer, len(state), sequence) > 0

    def _arrange_batch(self, size: int) -> None:
        """A batch over numpy arrays of our own, so that filling it is a few slice assignments."""
        self._token = np.zeros(size, np.int32)
        self._position = np.zeros(size, np.int32)
        self._counting = np.arange(self.num_cells + size, dtype=np.int32)
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
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, lib.ggml_abort_callback)
        lib.llama_set_abort_callback(self._handle, strlen, ctypes.cast(self._flag, ctypes.c_void_p))
