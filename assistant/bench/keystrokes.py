"""The typing trace replayed: what a key costs, ours and llama-server's, run by run in turn."""

from collections.abc import Callable, Sequence

from assistant.bench.sheet import Sheet
from assistant.bench.statistics import middle, percentile, ratio
from assistant.bench.target import Answer, Target
from assistant.bench.trace import Hole

MAX_TOKENS = 8
"""A few words: the next key comes soon."""
Progress = Callable[[str, int, int], None]
"""Called with what is measured, how much of it is done, and of how much."""


async def type_key(target: Target, hole: Hole, *, document: str = "trace.py") -> Answer:
    """Ask for the rest of the line after a key."""
    return await target.fill(
        hole.prefix, hole.suffix, max_tokens=MAX_TOKENS, stop=["\n"], client="bench", document=document
    )


async def replay(
    targets: Sequence[Target], runs: Sequence[Sequence[Hole]], warm_up: Sequence[Hole], progress: Progress
) -> Sheet:
    """Type every run at every server. Before that they warm up on another file: what is counted nobody has seen."""
    answers: dict[str, list[Answer]] = {target.name: [] for target in targets}
    for number, run in enumerate([warm_up, *runs]):
        progress("typing", number, len(runs) + 1)
        for target in targets:
            found = [await type_key(target, hole) for hole in run]
            answers[target.name] += found if number else []
    return _sheet(answers)


def _sheet(answers: dict[str, list[Answer]]) -> Sheet:
    baseline = next(iter(answers.values()))
    columns = ("typing", "p50 ms", "p95 ms", "p99 ms", "evaluated p50", "evaluated p95", "p50 ratio", "p95 ratio")
    return Sheet(
        "Time from a key to the first text, prompt tokens evaluated for it, and ratios of ours to theirs",
        columns,
        tuple((name, *_numbers(found), *_ratios(baseline, found)) for name, found in answers.items()),
        bars="p50 ms",
    )


def _numbers(found: Sequence[Answer]) -> tuple[float | None, ...]:
    ttft = [answer.ttft_ms for answer in found]
    evaluated = [answer.num_evaluated_tokens for answer in found]
    return (*(percentile(ttft, percent) for percent in (50, 95, 99)), middle(evaluated), percentile(evaluated, 95))


def _ratios(ours: Sequence[Answer], theirs: Sequence[Answer]) -> tuple[float | None, ...]:
    if ours is theirs:
        return (None, None)
    ttfts = [[answer.ttft_ms for answer in found] for found in (ours, theirs)]
    return tuple(ratio(percentile(ttfts[0], percent), percentile(ttfts[1], percent)) for percent in (50, 95))
