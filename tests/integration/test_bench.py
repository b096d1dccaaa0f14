"""The benchmarks run, small, on the built-in model, and leave nothing behind."""

import json
from pathlib import Path

import psutil
import pytest

from assistant.bench.near_ties import prompt_of
from assistant.bench.servers import Setup, our_daemon
from assistant.bench.soak_requests import draw_requests
from assistant.paths import BUILTIN_MODEL
from assistant.runtime.observe import loaded

SETUP = Setup(model=BUILTIN_MODEL, threads=1)
MEASURED = {
    "runtime": ["--prompt", "32", "--decode", "16", "--repeats", "1"],
    "keystrokes": ["--keys", "8", "--prefill", "500", "--prefills", "1", "--cancels", "1"],
    "lookup": ["--tokens", "16", "--repeats", "1"],
    "noise": [],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_a_benchmark_reports_in_numbers_and_as_a_picture(cairn, tmp_path: Path, name: str) -> None:
    """Every sheet has rows; no process is left."""
    before = set(psutil.pids())

    result = cairn("bench", name, "--threads", "1", *MEASURED[name], "--json", "--plot", str(tmp_path / "plot.svg"))

    assert result.returncode == 0, result.stderr
    assert all(sheet["rows"] for sheet in json.loads(result.stdout)["sheets"])
    assert (tmp_path / "plot.svg").read_text("utf-8").startswith("<svg")
    left = [psutil.Process(pid).cmdline() for pid in set(psutil.pids()) - before]
    assert not [command for command in left if str(BUILTIN_MODEL) in command]


@pytest.mark.slow
def test_a_small_soak_loses_nothing(cairn) -> None:
    """Eight clients, some of which leave: no error, no other answer than alone, nothing left in the engine.

    The parking is full, and conversations leave it, before memory is compared.
    """
    counts = ["--requests", "1000", "--different", "50", "--parking-mb", "1"]

    result = cairn("bench", "soak", "--threads", "1", *counts, "--json")

    assert result.returncode == 0, result.stdout


async def test_the_judge_of_near_ties_reads_the_engines_prompt() -> None:
    """It builds each kind of prompt of as many tokens as the daemon counts."""
    asks = {ask.kind: ask for ask in draw_requests(20)}

    async with our_daemon(SETUP) as daemon:
        counted = {kind: (await daemon.ask(ask.path, ask.body)).num_prompt_tokens for kind, ask in asks.items()}

    with loaded(BUILTIN_MODEL) as model:
        assert {kind: len(prompt_of(model, ask)[0]) for kind, ask in asks.items()} == counted


async def test_a_daemon_of_the_benchmark_ends_with_it() -> None:
    """Its process is gone when the measurement is over."""
    async with our_daemon(SETUP) as daemon:
        pid = (await daemon.status())["pid"]

    assert not psutil.pid_exists(pid)


@pytest.mark.slow
def test_the_benchmark_of_the_language_server_measures_every_line(cairn) -> None:
    """What a machine of this moment takes is for the reader to judge."""
    result = cairn("bench", "lsp", "--keys", "60", "--starts", "1", "--files", "50", "--json")

    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)["sheets"][0]["rows"]
    assert len(rows) == 6
    assert all(0 < row["p50"] <= row["p95"] for row in rows)
