"""Prompt lookup: speed against the share of accepted drafts, which references of chosen quality script.

The text must be known and must not repeat itself, else drafts come from the answer too: a chain model says such a one
(`cairn bench convert --shape starcoder-1b-chain`). References are cut from it, with words of another place in it where
they shall be wrong. After a wrong word the reference goes on in a piece of its own, which begins with what leads up to
the place, so that the next draft can be found.
"""

import random
from collections.abc import Iterator, Sequence

from assistant.bench.keystrokes import Progress
from assistant.bench.sheet import Sheet
from assistant.bench.statistics import middle, ratio
from assistant.bench.target import Answer, OurDaemon

ERROR_RATES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0)
LEAD_WORDS = 5
"""More than any n-gram that is looked up."""
BEGINNING = "def main():\n    return"

OLD_FUNCTION = '''def total_price(items):
    """Sum the prices of items, taxes included."""
    total = 0.0
    for item in items:
        price = item.price * item.count
        total += price + price * item.tax
    return round(total, 2)
'''


async def measure_lookup(daemon: OurDaemon, *, num_tokens: int, num_repeats: int, progress: Progress) -> Sheet:
    """Complete the same hole without references and with ever worse ones, in turn."""
    text = (await _complete(daemon, num_tokens, ())).text
    references = {rate: reference(text, rate, seed=number) for number, rate in enumerate(ERROR_RATES)}
    plain: list[Answer] = []
    drafted: dict[float, list[Answer]] = {rate: [] for rate in references}
    for number in range(num_repeats):
        for step, (rate, each) in enumerate(references.items()):
            progress("prompt lookup", number * len(references) + step, num_repeats * len(references))
            plain.append(await _complete(daemon, num_tokens, ()))
            drafted[rate].append(await _complete(daemon, num_tokens, (each,)))
    rows = [_row("none", plain, plain), *(_row(f"{rate:.0%} wrong", found, plain) for rate, found in drafted.items())]
    columns = ("references", "tokens/s", "ratio", "accepted %", "drafted", "accepted", "other text")
    return Sheet("Prompt lookup against the quality of what is looked up", columns, tuple(rows), bars="tokens/s")


async def _complete(daemon: OurDaemon, num_tokens: int, references: Sequence[str]) -> Answer:
    return await daemon.fill(BEGINNING, "\n", max_tokens=num_tokens, references=references)


def _row(name: str, found: Sequence[Answer], plain: Sequence[Answer]) -> tuple[str | float | int | None, ...]:
    speeds = [middle([answer.timings["decode_tokens_per_s"] for answer in each]) for each in (found, plain)]
    num_drafted, num_accepted = (
        sum(answer.timings.get(f"num_{what}_tokens", 0) for answer in found) for what in ("drafted", "accepted")
    )
    num_different = sum(answer.text != plain[0].text for answer in found)
    share = 100 * num_accepted / num_drafted if num_drafted else None
    return (name, speeds[0], ratio(speeds[0], speeds[1]), share, num_drafted, num_accepted, num_different)


def reference(text: str, error_rate: float, *, seed: int = 0) -> str:
    """The words of `text` in pieces; after each piece comes a wrong word.

    Args:
        text: Words with a space before each, all different.
        error_rate: Share of the words that are wrong, each drawn for itself.
        seed: Of the draw.
    """
    words = text.split()
    draw = random.Random(seed)  # noqa: S311
    wrong = [number for number in range(len(words)) if draw.random() < error_rate]
    return "\n".join(" ".join(["", *piece]) for piece in _pieces(words, wrong))


def _pieces(words: Sequence[str], wrong: Sequence[int]) -> Iterator[list[str]]:
    start = 0
    for place in wrong:
        # half the text away: no draft that follows this word is right
        yield [*words[max(0, start - LEAD_WORDS) : place], words[(place + len(words) // 2) % len(words)]]
        start = place + 1
    yield list(words[max(0, start - LEAD_WORDS) :])


async def rename_edit(daemon: OurDaemon, *, num_repeats: int) -> Sheet:
    """Write a function again under another name for its variable: the rest of it is there to be copied."""
    begun = OLD_FUNCTION.replace("item", "entry").splitlines(keepends=True)[:4]
    prefix = OLD_FUNCTION + "\n\n" + "".join(begun).replace("total_price", "entries_price")
    answers = [await daemon.fill(prefix, "\n", max_tokens=64) for _ in range(num_repeats)]
    other = [await daemon.fill(begun[0], "\n", max_tokens=64) for _ in range(num_repeats)]
    rows = (_row("with the old one above", answers, other)[:-1], _row("without", other, other)[:-1])
    columns = ("function", "tokens/s", "ratio", "accepted %", "drafted", "accepted")
    return Sheet("A variable renamed", columns, rows)
