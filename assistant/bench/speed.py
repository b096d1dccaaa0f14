"""Prefill, decode and parallel streams of our daemon, beside llama-bench on the same file, in turn."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.bench.bandwidth import memory_bytes_per_s, weight_bytes_per_token
from assistant.bench.keystrokes import Progress
from assistant.bench.llama_bench import Speeds, run_llama_bench
from assistant.bench.servers import Setup
from assistant.bench.sheet import Sheet
from assistant.bench.statistics import middle, ratio
from assistant.bench.target import Answer, OurDaemon
from assistant.protocol import Json

NUM_STREAMS = (1, 2, 4)
_BEGINNINGS = ("def main():\n", "import os\n", "class Stack:\n", "x = [", "# Sort a list\n", "for i in", "if a", "y =")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How much is computed each time."""

    num_prompt: int = 512
    num_decoded: int = 128
    num_repeats: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One repeat of ours."""

    prefill: Answer
    decode: Answer
    status: Json
    """After the decode."""

    @property
    def speeds(self) -> Speeds:
        """In tokens/s, as the engine measured them."""
        return Speeds(
            prefill=1e3 * self.prefill.num_evaluated_tokens / self.prefill.timings["ttft_ms"],
            decode=self.decode.timings["decode_tokens_per_s"],
        )


async def measure_speed(
    daemon: OurDaemon, setup: Setup, lengths: Lengths, prompts: Iterator[str], peer: Path | None, progress: Progress
) -> list[Sheet]:
    """Take turns with llama-bench; then streams side by side.

    Raises:
        InputError: llama-bench failed.
    """
    beginnings = await _that_go_on(daemon, lengths.num_decoded)
    ours: list[Run] = []
    theirs: list[Speeds] = []
    for number in range(lengths.num_repeats):
        progress("prefill and decode", number, lengths.num_repeats)
        ours.append(await _run(daemon, lengths, next(prompts), beginnings[0]))
        if peer:
            sizes = {"num_prompt": lengths.num_prompt, "num_decoded": lengths.num_decoded}
            theirs.append(await asyncio.to_thread(run_llama_bench, peer, setup, **sizes))
    speed = _speed_sheet([run.speeds for run in ours], theirs)
    decode = middle([run.speeds.decode for run in ours]) or 0.0
    return [speed, _step_sheet(ours), _limit_sheet(setup, decode), await _streams(daemon, lengths, beginnings)]


async def _that_go_on(daemon: OurDaemon, num_decoded: int) -> list[str]:
    """Beginnings of texts, those first whose continuation does not end before its time."""
    lengths = {
        text: (await daemon.continue_text(text, max_tokens=num_decoded)).num_completion_tokens for text in _BEGINNINGS
    }
    return sorted(lengths, key=lambda text: -lengths[text])


async def _run(daemon: OurDaemon, lengths: Lengths, prompt: str, beginning: str) -> Run:
    prefill = await daemon.continue_text(prompt, max_tokens=1)
    decode = await daemon.continue_text(beginning, max_tokens=lengths.num_decoded)
    return Run(prefill=prefill, decode=decode, status=await daemon.status())


def _speed_sheet(ours: Sequence[Speeds], theirs: Sequence[Speeds]) -> Sheet:
    rows: list[tuple[str | float | None, ...]] = []
    for phase in ("prefill", "decode"):
        medians = [middle([getattr(speeds, phase) for speeds in found]) for found in (ours, theirs)]
        rows.append((phase, *medians, ratio(medians[0], medians[1])))
    return Sheet("Tokens/s of one stream, medians", ("one stream", "cairn", "llama-bench", "ratio"), tuple(rows))


def _step_sheet(ours: Sequence[Run]) -> Sheet:
    """What a request and a step cost; the engine says how much of a step is llama.cpp's."""
    ttft = middle([run.prefill.ttft_ms for run in ours])
    steps = [run.status for run in ours if "engine_step_us" in run.status]
    step, decode = (middle([status[name] for status in steps]) for name in ("engine_step_us", "engine_decode_us"))
    share = 100 * (step - decode) / step if step and decode else None
    num_drafted = sum(run.decode.timings.get("num_drafted_tokens", 0) for run in ours)
    num_tokens = middle([run.decode.num_completion_tokens for run in ours])
    columns = ("TTFT ms", "prompt tokens", "step µs", "llama.cpp µs", "Python %", "tokens decoded", "drafted")
    num_prompt = middle([run.prefill.num_evaluated_tokens for run in ours])
    row = (ttft, num_prompt, step, decode, share, num_tokens, num_drafted)
    return Sheet("One request and one step (a decode with drafts is no plain decode)", columns, (row,))


def _limit_sheet(setup: Setup, decode: float) -> Sheet:
    limit, weights = memory_bytes_per_s(setup.threads), weight_bytes_per_token(setup.model)
    share = 100 * decode * weights / limit
    columns = ("memory GB/s", "weights MB a token", "limit tokens/s", "decode tokens/s", "share %")
    row = (limit / 1e9, weights / 1e6, limit / weights, decode, share)
    return Sheet("Decoding against what the memory can deliver", columns, (row,))


async def _streams(daemon: OurDaemon, lengths: Lengths, beginnings: Sequence[str]) -> Sheet:
    rows: list[tuple[int, float | None, float | None]] = []
    for count in NUM_STREAMS:
        totals = [await _together(daemon, lengths, beginnings[:count]) for _ in range(lengths.num_repeats)]
        total = middle(totals)
        rows.append((count, total, ratio(total, rows[0][1] if rows else total)))
    return Sheet("Streams at once", ("streams", "tokens/s together", "ratio to one"), tuple(rows), "tokens/s together")


async def _together(daemon: OurDaemon, lengths: Lengths, beginnings: Sequence[str]) -> float:
    """Tokens/s of all streams from the first token on."""
    asks = (daemon.continue_text(text, max_tokens=lengths.num_decoded) for text in beginnings)
    answers = await asyncio.gather(*asks)
    seconds = (max(answer.total_ms for answer in answers) - min(answer.ttft_ms for answer in answers)) / 1e3
    return sum(answer.num_completion_tokens for answer in answers) / seconds
