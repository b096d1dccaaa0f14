"""llama-bench is called with what is compared, and read as it prints."""

import json
from pathlib import Path

import pytest

from assistant.bench.llama_bench import Speeds, parse_speeds, run_llama_bench
from assistant.bench.servers import Setup
from assistant.errors import InputError

PRINTED = [
    {"model_type": "starcoder", "n_threads": 2, "n_prompt": 512, "n_gen": 0, "n_depth": 0, "avg_ts": 321.5},
    {"model_type": "starcoder", "n_threads": 2, "n_prompt": 0, "n_gen": 128, "n_depth": 0, "avg_ts": 43.25},
]
SETUP = Setup(model=Path("m.gguf"), threads=2)
FAKE = """#!/bin/sh
test "$*" = "-m m.gguf -t 2 -r 1 -o json -p 512 -n 128" && echo '{printed}'
"""


def fake_program(folder: Path, printed: str) -> Path:
    program = folder / "llama-bench"
    program.write_text(FAKE.format(printed=printed))
    program.chmod(0o755)
    return program


def test_prefill_and_decode_are_told_apart() -> None:
    """By what each test computed, whatever their order."""
    expected = Speeds(prefill=321.5, decode=43.25)

    assert parse_speeds(json.dumps(PRINTED)) == expected
    assert parse_speeds(json.dumps(PRINTED[::-1])) == expected


def test_it_runs_with_the_same_file_threads_and_lengths(tmp_path: Path) -> None:
    """Once, and its numbers come back."""
    program = fake_program(tmp_path, json.dumps(PRINTED))

    speeds = run_llama_bench(program, SETUP, num_prompt=512, num_decoded=128)

    assert speeds.decode == 43.25


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    """With what it was."""
    program = fake_program(tmp_path, "")

    with pytest.raises(InputError, match="llama-bench failed"):
        run_llama_bench(program, SETUP, num_prompt=1, num_decoded=1)
