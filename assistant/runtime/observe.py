"""A model under observation: the logits of every position, and what enters every weight matrix.

For measuring, not for serving: the cache is float32 and attention is not fused, so that the arithmetic seen is the
model's own, and every position of every chunk is computed.
"""

import ctypes
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import EngineError, ModelFileError
from assistant.models.card import read_card
from assistant.runtime.llama import Model, lib, quiet_logs

Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Logits = Callable[[Ids], Floats]
"""From the (positions,) ids of a text's beginning to the (positions, vocabulary) logits after each."""


@dataclass(frozen=True, slots=True)
class MatrixInput:
    """Rows that were multiplied by a weight matrix."""

    name: str
    """Of the weights, such as blk.0.ffn_up.weight."""
    rows: Floats
    """(rows, columns) float32; gone when the observer returns."""
    expert: int = 0
    """Which of the matrices stacked in the tensor."""
    num_experts: int = 1


class GgmlTensor(ctypes.Structure):
    """`struct ggml_tensor` (ggml.h), as far as it is read here; the binding leaves it out."""


GgmlTensor._fields_ = (
    ("type", ctypes.c_int),
    ("buffer", ctypes.c_void_p),
    ("ne", ctypes.c_int64 * 4),
    ("nb", ctypes.c_size_t * 4),
    ("op", ctypes.c_int),
    ("op_params", ctypes.c_int32 * 16),
    ("flags", ctypes.c_int32),
    ("src", ctypes.POINTER(GgmlTensor) * 10),
    ("view_src", ctypes.c_void_p),
    ("view_offs", ctypes.c_size_t),
    ("data", ctypes.c_void_p),
    ("name", ctypes.c_char * 64),
)


def _open_ggml() -> Any:
    library = ctypes.CDLL(lib.llama_cpp._lib._name)  # libllama brings libggml with it
    library.ggml_op_name.restype = ctypes.c_char_p
    library.ggml_nbytes.restype = ctypes.c_size_t
    library.ggml_backend_tensor_get.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
    library.ggml_backend_tensor_get.restype = None
    return library


ggml = _open_ggml()


@contextmanager
def loaded(path: Path) -> Generator[Model]:
    """Load a model whose header was checked; its memory is given back at the end.

    Raises:
        ModelFileError: The file is missing, broken, or llama.cpp cannot load it.
    """
    quiet_logs()
    read_card(path)
    model = Model(path)
    try:
        yield model
    finally:
        lib.llama_model_free(model.handle)


@contextmanager
def observing(model: Model, num_tokens: int, see: Callable[[MatrixInput], None] | None = None) -> Generator[Logits]:
    """Make a function that computes the logits of a chunk, each chunk from an empty cache.

    The logits are a view: they hold until the next chunk is computed. One chunk's are all that is ever in memory.

    Args:
        model: What computes.
        num_tokens: The longest chunk, at most the context the model was trained with.
        see: Called during the computation with what enters each weight matrix of the layers. What it raises ends the
            computation.

    Raises:
        ModelFileError: llama.cpp cannot make a context of this size.
        EngineError: It fails to compute a chunk.
    """
    listener = _Listener(see)
    params = lib.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = num_tokens
    params.n_threads = params.n_threads_batch = len(os.sched_getaffinity(0))
    params.type_k = params.type_v = lib.GGML_TYPE_F32
    params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if see:
        params.cb_eval = listener.callback
    context = lib.llama_init_from_model(model.handle, params)
    if not context:
        raise ModelFileError("llama.cpp cannot make a context for this model", hint="use a smaller chunk")
    batch = lib.llama_batch_init(num_tokens, 0, 1)

    def compute(ids: Ids) -> Floats:
        if not 0 < len(ids) <= num_tokens:
            raise ValueError(f"a chunk of {len(ids)} tokens, {num_tokens} fit")
        _fill(batch, ids)
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        status = lib.llama_decode(context, batch)
        if listener.error:
            raise listener.error
        if status:
            raise EngineError(f"llama.cpp failed to compute a chunk (code {status})", hint="use a smaller chunk")
        return np.ctypeslib.as_array(lib.llama_get_logits(context), (len(ids), model.vocab.num_tokens))

    try:
        yield compute
    finally:
        lib.llama_batch_free(batch)
        lib.llama_free(context)


def _fill(batch: Any, ids: Ids) -> None:
    """One sequence from position 0; the logits of all its positions are wanted."""
    batch.n_tokens = len(ids)
    for position, token in enumerate(ids.tolist()):
        batch.token[position], batch.pos[position], batch.logits[position] = token, position, 1
        batch.n_seq_id[position], batch.seq_id[position][0] = 1, 0


class _Listener:
    """llama.cpp's callback: asked before each node of the graph if we want it, called again when it is computed."""

    def __init__(self, see: Callable[[MatrixInput], None] | None) -> None:
        self._see = see
        self.error: BaseException | None = None
        self.callback = lib.ggml_backend_sched_eval_callback(self._on_node)

    def _on_node(self, address: int, is_question: bool, _data: object) -> bool:
        try:
            node = GgmlTensor.from_address(address)
            if is_question:
                return _multiplies_weights(node)
            for found in _inputs(node):
                assert self._see
                self._see(found)
        except BaseException as error:  # Ctrl-C too: C cannot carry it, so it waits until `llama_decode` returns
            self.error = error
        return self.error is None  # False stops the graph


def _multiplies_weights(node: GgmlTensor) -> bool:
    """Only matrices of the layers count, as for llama-imatrix: neither the output nor attention's own products."""
    op = ggml.ggml_op_name(node.op)
    if op not in (b"MUL_MAT", b"MUL_MAT_ID"):
        return False
    weights, rows = node.src[0].contents, node.src[1].contents
    name = _weights_name(weights)
    is_stacked_without_routing = op == b"MUL_MAT" and weights.ne[2] * weights.ne[3] > 1
    is_layer = name.startswith("blk.") and name.endswith(".weight")
    return is_layer and rows.type == lib.GGML_TYPE_F32 and not is_stacked_without_routing


def _inputs(node: GgmlTensor) -> Iterator[MatrixInput]:
    weights = node.src[0].contents
    name, rows = _weights_name(weights), _read(node.src[1].contents, np.float32)
    if ggml.ggml_op_name(node.op) == b"MUL_MAT":
        yield MatrixInput(name, rows.reshape(-1, rows.shape[-1]))
        return
    experts = _read(node.src[2].contents, np.int32)[0, 0]  # (tokens, experts used)
    routed = np.broadcast_to(rows[0], (*experts.shape, rows.shape[-1]))  # a token's row may serve all its experts
    for expert in np.unique(experts).tolist():
        yield MatrixInput(name, routed[experts == expert], expert, weights.ne[2])


def _weights_name(weights: GgmlTensor) -> str:
    """The tensor's name in the file: a copy on another device is called DEVICE#name#0."""
    name = weights.name.decode()
    return name.split("#")[1] if "#" in name else name


def _read(tensor: GgmlTensor, dtype: type[np.generic]) -> npt.NDArray[Any]:
    """Copy a computed tensor, four dimensions, slowest first, from wherever it lies; its strides are kept."""
    buffer = np.empty(ggml.ggml_nbytes(ctypes.byref(tensor)), np.uint8)
    ggml.ggml_backend_tensor_get(ctypes.addressof(tensor), buffer.ctypes.data, 0, buffer.nbytes)
    return np.ndarray(tensor.ne[::-1], dtype, buffer, 0, tensor.nb[::-1])
