"""The families the converter knows, by the name config.json gives them. A new one is a file here and a line below."""

from typing import Any

from convert.families import gpt_bigcode, llama, qwen2, qwen3, qwen3_moe, starcoder2
from convert.families.family import Config, Family
from convert.source.files import refuse

FAMILIES = {
    "GPTBigCodeForCausalLM": gpt_bigcode.FAMILY,
    "Starcoder2ForCausalLM": starcoder2.FAMILY,
    "LlamaForCausalLM": llama.FAMILY,
    "Qwen2ForCausalLM": qwen2.FAMILY,
    "Qwen3ForCausalLM": qwen3.FAMILY,
    "Qwen3MoeForCausalLM": qwen3_moe.FAMILY,
}


def family_of(config: Config) -> Family:
    """Find the family of a checkpoint.

    Raises:
        ModelFileError: No known architecture is named.
    """
    named: Any = config.get("architectures")
    known = [name for name in FAMILIES if name in named] if isinstance(named, list) else []
    if not known:
        refuse(
            f"the architecture {str(named)[:80]} is unknown",
            hint=f"this version converts {', '.join(FAMILIES)}",
        )
    return FAMILIES[known[0]]
