"""The few functions of libggml that the converter calls, declared here; `llama_cpp` itself is never imported.

The library releases the GIL during a call, and the functions below are safe to call from several threads.
"""

import ctypes
import importlib.util
from functools import cache
from pathlib import Path

import numpy as np

from assistant.errors import CairnError
from assistant.models.ggml_types import GgmlType
from convert.source.files import refuse

QUANTIZATION_VERSION = 2
"""GGML_QNT_VERSION: the layout of the quantised blocks."""


def quantize(rows: np.ndarray, kind: GgmlType, name: str, importance: np.ndarray | None = None) -> np.ndarray:
    """Store rows as `kind` does, with the bytes that llama.cpp's own quantizer would write.

    Args:
        rows: (rows, columns) float32, contiguous; `columns` is a multiple of the type's block.
        kind: The type to store; F32, F16 and BF16 are types like the others.
        name: The tensor's name, for the error.
        importance: (columns,) float32, how much the errors of each column weigh; types of 16 bits and more ignore it.

    Returns:
        (bytes,) uint8.

    Raises:
        ModelFileError: A number is not finite, or does not fit the type.
    """
    if rows.dtype != np.float32 or not rows.flags.c_contiguous or rows.shape[1] % kind.block_size:
        raise ValueError(f"cannot store rows of {rows.dtype} and shape {rows.shape} as {kind.name}")
    num_rows, num_columns = rows.shape
    if importance is not None and (importance.dtype != np.float32 or importance.shape != (num_columns,)):
        raise ValueError(f"cannot weigh {num_columns} columns by {importance.dtype} of shape {importance.shape}")
    weights = None if importance is None else np.ascontiguousarray(importance).ctypes.data
    stored = np.empty(rows.size // kind.block_size * kind.block_bytes, np.uint8)
    library = _library()
    library.ggml_quantize_chunk(kind.id, rows.ctypes.data, stored.ctypes.data, 0, num_rows, num_columns, weights)
    if not library.ggml_validate_row_data(kind.id, stored.ctypes.data, stored.nbytes):
        refuse(f"{name} has numbers that are not finite, or too large for {kind.name}", hint="try F32, or train again")
    return stored


def load_library(name: str) -> ctypes.CDLL:
    """Load a shared library that comes with llama-cpp-python, without importing it.

    Raises:
        CairnError: It is not installed, or cannot be loaded.
    """
    path = library_folder() / name
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        raise CairnError(f"cannot load {path}: {error}", hint="install llama-cpp-python again") from error


@cache
def _library() -> ctypes.CDLL:
    library = load_library("libggml-base.so")
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    library.ggml_quantize_chunk.argtypes = [
        ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p,
    ]  # fmt: skip
    library.ggml_validate_row_data.restype = ctypes.c_bool
    library.ggml_validate_row_data.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
    return library


def library_folder() -> Path:
    """Find the shared libraries that come with llama-cpp-python, without importing it.

    Raises:
        CairnError: It is not installed.
    """
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or spec.origin is None:
        raise CairnError("llama-cpp-python is not installed", hint="install Cairn again")
    return Path(spec.origin).parent / "lib"
