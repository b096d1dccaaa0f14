"""The families the converter knows, by the name config.json gives them. A new one is a file here and a line below."""

from typing import Any

from convert.families import gpt_bigcode
from convert.family import Config, Family
from convert.source_files import refuse

FAMILIES = {"GPTBigCodeForCausalLM": gpt_bigcode.FAMILY}


def family_of(config: Config) -> Family:
    """Find the family of a checkpoint.

    Raises:
        ModelFileError: No known architecture is named.
    """
    named: Any = config.get("architectures")
    known = [name for name in named if isinstance(name, str) and name in FAMILIES] if isinstance(named, list) else []
    if not known:
        refuse(
            f"the architecture {str(named)[:80]} is unknown",
            hint=f"this version converts {', '.join(FAMILIES)}",
        )
    return FAMILIES[known[0]]
