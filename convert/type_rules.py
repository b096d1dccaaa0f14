"""Which tensor is stored as which type. A file type such as "Q4_0" is a mix; these are its rules.

Source: `llama_tensor_get_type` and `tensor_allows_quantization` in llama.cpp's llama-quant.cpp at the pinned revision,
for the types below; a test compares whole files with `llama_model_quantize`, which asks those functions.
"""

from assistant.models.ggml_types import GGML_TYPE_BY_NAME, GgmlType

FILE_TYPE_IDS = {"F32": 0, "F16": 1, "Q4_0": 2, "Q8_0": 7}
"""The file types of `cairn convert`, with their ids in `general.file_type`."""

_F32 = GGML_TYPE_BY_NAME["F32"]
_F16 = GGML_TYPE_BY_NAME["F16"]
_Q6_K = GGML_TYPE_BY_NAME["Q6_K"]
_Q8_0 = GGML_TYPE_BY_NAME["Q8_0"]
_ALWAYS_F32 = ("position_embd.weight",)


def tensor_type(name: str, shape: tuple[int, ...], file_type: str, *, is_output: bool) -> GgmlType:
    """Choose the type of one tensor.

    Args:
        name: Its name in GGUF.
        shape: Rows first.
        file_type: A key of `FILE_TYPE_IDS`.
        is_output: The tensor makes the logits: "output.weight", or the embedding where there is no such tensor.
    """
    if len(shape) < 2 or name in _ALWAYS_F32 or not name.endswith("weight"):
        return _F32
    wanted = GGML_TYPE_BY_NAME[file_type]
    if wanted.block_size == 1:
        return wanted
    if is_output:
        return _output_type(wanted, shape[-1])
    return wanted if shape[-1] % wanted.block_size == 0 else _F16


def _output_type(wanted: GgmlType, num_columns: int) -> GgmlType:
    """Store the logits' weights finer than the rest, as their errors reach every token."""
    if wanted is _Q8_0 or num_columns % _Q6_K.block_size:
        return _Q8_0 if num_columns % _Q8_0.block_size == 0 else _F16
    return _Q6_K
