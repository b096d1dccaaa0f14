"""What llama.cpp computes from a GGUF file, for the tests that compare it with a reference."""

import ctypes
from pathlib import Path

import llama_cpp
import numpy as np


def llama_logits(path: Path, ids: np.ndarray, adapter: Path | None = None) -> np.ndarray:
    """Compute the logits (L, V) of all positions: F32 cache, no flash attention, small ubatches; the adapter full."""
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    params.use_extra_bufts = False  # repacked weights add up in another order
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    context_params = llama_cpp.llama_context_default_params()
    context_params.n_ctx = context_params.n_batch = 64
    context_params.n_ubatch = 16
    context_params.n_threads = context_params.n_threads_batch = 1
    context_params.type_k = context_params.type_v = llama_cpp.GGML_TYPE_F32
    context_params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, context_params)
    if adapter:
        lora = llama_cpp.llama_adapter_lora_init(model, str(adapter).encode())
        assert lora, f"llama.cpp refuses {adapter}"
        adapters, scales = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(lora), (ctypes.c_float * 1)(1.0)
        assert llama_cpp.llama_set_adapters_lora(context, adapters, 1, scales) == 0
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for position, token in enumerate(ids):
        batch.token[position], batch.pos[position] = int(token), position
        batch.n_seq_id[position], batch.seq_id[position][0], batch.logits[position] = 1, 0, 1
    assert llama_cpp.llama_decode(context, batch) == 0
    num_vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits(context), (len(ids), num_vocabulary)).copy()
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return logits


def normalised_squared_error(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the NMSE: the squared error over the squared reference."""
    return float(((found - expected) ** 2).sum() / (expected**2).sum())


def kl_divergence(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the mean over positions of KL(expected || found), in nats."""
    log_expected, log_found = (x - np.logaddexp.reduce(x, axis=-1, keepdims=True) for x in (expected, found))
    return float((np.exp(log_expected) * (log_expected - log_found)).sum(-1).mean())
