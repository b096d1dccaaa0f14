"""Text that continues the last suggestion: the daemon answers it from memory."""

from collections.abc import Sequence

from assistant.bench.keystrokes import Progress
from assistant.bench.sheet import Sheet
from assistant.bench.statistics import percentile
from assistant.bench.target import Answer, OurDaemon
from assistant.bench.trace import Hole

NUM_SUGGESTIONS = 10
SUGGESTION_TOKENS = 24
MAX_KEYS = 10


async def type_through(target: OurDaemon, holes: Sequence[Hole], progress: Progress) -> Sheet:
    """Type what was suggested, key by key."""
    answers: list[Answer] = []
    for number, hole in enumerate(holes):
        progress("typing through", number, len(holes))
        answers += await _follow(target, hole)
    remembered = [answer for answer in answers if answer.timings.get("is_remembered")]
    inside = [answer.timings["ttft_ms"] for answer in remembered]
    outside = [answer.total_ms for answer in remembered]
    numbers = (percentile(times, percent) for times in (inside, outside) for percent in (50, 95))
    return Sheet(
        "Keys that type the last suggestion",
        ("typed through", "inside p50 ms", "inside p95 ms", "whole p50 ms", "whole p95 ms", "remembered", "keys"),
        ((target.name, *numbers, len(remembered), len(answers)),),
    )


async def _follow(target: OurDaemon, hole: Hole) -> list[Answer]:
    suggestion = (await _suggest(target, hole)).text
    typed = range(1, min(MAX_KEYS, len(suggestion)))
    return [await _suggest(target, Hole(hole.prefix + suggestion[:count], hole.suffix)) for count in typed]


async def _suggest(target: OurDaemon, hole: Hole) -> Answer:
    return await target.fill(
        hole.prefix, hole.suffix, max_tokens=SUGGESTION_TOKENS, client="bench", document="through.py"
    )
