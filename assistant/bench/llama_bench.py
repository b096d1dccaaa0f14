"""llama.cpp's own benchmark program, run once a call so that its runs and ours can take turns."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from assistant.bench.servers import Setup
from assistant.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """One stream, in tokens/s."""

    prefill: float
    decode: float


def run_llama_bench(program: Path, setup: Setup, *, num_prompt: int, num_decoded: int) -> Speeds:
    """Run it once, with its own warm-up.

    Raises:
        InputError: It cannot be started, or failed.
    """
    command = [str(program), "-m", str(setup.model), "-t", str(setup.threads), "-r", "1", "-o", "json"]
    command += ["-p", str(num_prompt), "-n", str(num_decoded)]
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise InputError(f"llama-bench failed: {error}", hint="run it by hand to see why") from error
    return parse_speeds(result.stdout.decode())


def parse_speeds(text: str) -> Speeds:
    """Read what `llama-bench -o json` prints: an entry a test, of which one is prefill only and one decode only."""
    tests = json.loads(text)
    prefill, decode = (
        next(test["avg_ts"] for test in tests if test[wanted] and not test[other])
        for wanted, other in (("n_prompt", "n_gen"), ("n_gen", "n_prompt"))
    )
    return Speeds(prefill=prefill, decode=decode)
