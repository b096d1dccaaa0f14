"""Which tensor is stored as which type: a file type such as "Q4_K_M" is a mix, and llama.cpp is asked for it.

`llama_model_quantize` has a dry run that decides everything and writes nothing. It is given a header with our tensors
over a hole of the right size, and reports the type of every tensor in its log. So its rules exist once: in libllama.
"""

import ctypes
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from assistant.errors import InputError
from assistant.models.ggml_types import GGML_TYPE_BY_NAME, GgmlType
from assistant.models.gguf import Value
from convert.file_types import FILE_TYPE_IDS
from convert.ggml import load_library
from convert.gguf_writer import plan_layout
from convert.source.files import refuse

Importance = Mapping[str, np.ndarray]
"""By tensor name: (columns,) or (experts * columns,) float32, the weight of each column's error."""

_REPORT = re.compile(
    r"\[ *\d+/ *\d+\] (\S+) +- \[[^\]]*\], type = +(\w+), size = +[\d.]+ MiB(?: -> +[\d.]+ MiB \((\w+)\))?\n"
)
_LogCallback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)


class _ImportanceEntry(ctypes.Structure):
    """`llama_model_imatrix_data`."""

    _fields_ = (("name", ctypes.c_char_p), ("data", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _QuantizeParams(ctypes.Structure):
    """`llama_model_quantize_params` of the pinned llama.h."""

    _fields_ = (
        ("nthread", ctypes.c_int32),
        ("ftype", ctypes.c_int),
        ("output_tensor_type", ctypes.c_int),
        ("token_embedding_type", ctypes.c_int),
        *((name, ctypes.c_bool) for name in ("allow_requantize", "quantize_output_tensor", "only_copy", "pure")),
        *((name, ctypes.c_bool) for name in ("keep_split", "dry_run")),
        *((name, ctypes.c_void_p) for name in ("imatrix", "kv_overrides", "tt_overrides", "prune_layers")),
        ("max_buf_size", ctypes.c_size_t),
    )


def tensor_types(
    metadata: Mapping[str, Value],
    tensors: Sequence[tuple[str, tuple[int, ...]]],
    file_type: str,
    importance: Importance | None = None,
) -> dict[str, GgmlType]:
    """Ask llama.cpp for the type of every tensor.

    Args:
        metadata: `general.architecture` and the hyper-parameters of the model.
        tensors: Name and shape, rows first, of all its tensors.
        file_type: A key of `FILE_TYPE_IDS`.
        importance: What will weigh the errors; some types are chosen differently then.

    Raises:
        ModelFileError: llama.cpp refuses the model.
    """
    f32 = GGML_TYPE_BY_NAME["F32"]
    layout = plan_layout(metadata, [(name, shape, f32) for name, shape in tensors])
    try:
        with os.fdopen(os.memfd_create("template.gguf"), "wb") as file:  # needs no folder, and dies with the process
            file.write(layout.header)
            file.truncate(layout.num_bytes)  # a hole: it takes no space
            log = _dry_run(Path(f"/proc/self/fd/{file.fileno()}"), file_type, importance or {})
    except OSError as error:
        raise InputError(
            f"cannot plan {layout.num_bytes} bytes: {error.strerror}", hint="the model is too large"
        ) from error
    found = {name: GGML_TYPE_BY_NAME[(new or old).upper()] for name, old, new in _REPORT.findall(log)}
    if found.keys() != {name for name, _ in tensors}:
        refuse(f"llama.cpp refuses this model: {_last_line(log)}", hint="convert a model that llama.cpp can run")
    return found


def _dry_run(template: Path, file_type: str, importance: Importance) -> str:
    """Run the dry run and return its log."""
    library, log = _library(), []
    params = library.llama_model_quantize_default_params()
    params.ftype, params.nthread, params.dry_run = FILE_TYPE_IDS[file_type], 1, True
    entries = [_ImportanceEntry(name.encode(), data.ctypes.data, data.size) for name, data in importance.items()]
    if entries:
        array = (_ImportanceEntry * (len(entries) + 1))(*entries)
        params.imatrix = ctypes.addressof(array)
    before, before_data = ctypes.c_void_p(), ctypes.c_void_p()
    library.llama_log_get(ctypes.byref(before), ctypes.byref(before_data))
    listen = _LogCallback(lambda level, text, data: log.append(text))
    library.llama_log_set(ctypes.cast(listen, ctypes.c_void_p), None)
    try:
        library.llama_model_quantize(str(template).encode(), b"/dev/null", ctypes.byref(params))
    finally:
        library.llama_log_set(before, before_data)
    return b"".join(log).decode("utf-8", "replace")


def _last_line(log: str) -> str:
    return log.strip().rpartition("\n")[2][-200:]


@cache
def _library() -> ctypes.CDLL:
    library = load_library("libllama.so")
    library.llama_model_quantize_default_params.restype = _QuantizeParams
    library.llama_model_quantize.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(_QuantizeParams)]
    library.llama_model_quantize.restype = ctypes.c_uint32
    library.llama_log_get.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.llama_log_get.restype = None
    library.llama_log_set.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.llama_log_set.restype = None
    return library
