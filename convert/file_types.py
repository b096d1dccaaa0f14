"""The file types of `cairn convert`; what each means for a tensor, `convert.type_rules` asks llama.cpp."""

FILE_TYPE_IDS = {
    "F32": 0, "F16": 1, "BF16": 32, "Q8_0": 7, "Q6_K": 18, "Q5_K_M": 17, "Q4_K_M": 15, "Q4_K_S": 14, "Q4_1": 3,
    "Q4_0": 2, "IQ4_NL": 25, "IQ4_XS": 30,
}  # fmt: skip
"""Name and id in `general.file_type` (`llama_ftype` of llama.h), the finest first."""

DEFAULT_TYPE = "Q4_K_M"
"""INT4 with the tensors that matter most in 6 bits: the usual choice for a laptop."""
