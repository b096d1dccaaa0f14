"""`python -I -m assistant.runtime.build`: how llama.cpp was built here, as JSON; in a process of its own.

A library that was built for another processor ends the process that loads it.
"""

import json
import re

from assistant.runtime.llama import lib


def features() -> list[str]:
    """What llama.cpp was built to use, as it names it: `AVX2`, `OPENMP`, `CUDA` and so on."""
    return re.findall(r"(\w+) = [1-9]", lib.llama_print_system_info().decode("utf-8", "replace"))


if __name__ == "__main__":
    print(json.dumps({"features": features(), "has_gpu": bool(lib.llama_supports_gpu_offload())}))
