"""Whose turn it is: which jobs share the next decode, and how much of a prompt it may take. Pure, no llama.cpp.

Keystroke before chat before warm-up; among chats those that are decoding before those whose prompt is being computed.
Yet nobody starves: a chat that was passed over for long gets a short turn of its own, at most a tenth of the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.runtime.jobs import Job, RequestClass
from assistant.runtime.step_costs import StepCosts

LONGEST_WAIT_S = 1.0
"""A chat waits for keystrokes this long, and nine times its last turn, before it gets a turn between them."""
WAIT_PER_TURN = 9.0
SHORT_TURN_S = 0.05
"""How long such a turn may take: a keystroke that comes meanwhile waits for its end. While somebody types, prompts are
cut into such parts, too: the one that a keystroke interrupts is lost, those before it are not."""
MIXED_STEP_S = 0.25
"""While one chat is decoding, the prompt of another is computed in parts of so long: that is a pause between words."""
UNABORTABLE_STEP_S = 0.03
"""How long a decode may take on hardware that cannot interrupt it."""
FREE_RIDE = 1.15
"""A chat's next token joins the decode of a completion if that takes at most this many times as long."""
FEWEST_TOKENS = 4
"""Smaller parts of a prompt cost nearly as much as this."""


@dataclass(slots=True, kw_only=True)
class Costs:
    """What decodes cost: those that compute prompts, and those whose every token's logits are wanted."""

    prefill: StepCosts = field(default_factory=StepCosts)
    decode: StepCosts = field(default_factory=StepCosts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The jobs of the next decode."""

    jobs: tuple[Job, ...] = ()
    prompt_tokens: int = 0
    """How many tokens of prompts the decode may take, all jobs together."""
    is_protected: bool = False
    """A keystroke that comes now waits: else the chat would never get anywhere."""


def next_turn(
    jobs: Sequence[Job], costs: Costs, *, num_batch: int, can_abort: bool, now: float, is_typing: bool
) -> Turn:
    """Choose among `jobs`, which all wait for a decode.

    Args:
        jobs: Each has a sequence.
        costs: What decodes were measured to cost.
        num_batch: Tokens a decode takes.
        can_abort: Whether a keystroke can interrupt it.
        now: `time.perf_counter()`.
        is_typing: Whether the next keystroke is expected soon.
    """
    if not jobs:
        return Turn()
    if not can_abort:
        num_batch = _part_of(num_batch, UNABORTABLE_STEP_S, costs)
    first = min(job.request_class for job in jobs)
    if first == RequestClass.KEYSTROKE:
        if starved := [job for job in jobs if _is_starved(job, now)]:
            return _short_turn(starved, costs, num_batch)
        chosen = _oldest_weights([job for job in jobs if job.request_class == first])
        return Turn(jobs=(*chosen, *_free_riders(jobs, chosen, costs)), prompt_tokens=num_batch)
    if is_typing:
        num_batch = _part_of(num_batch, SHORT_TURN_S, costs)
    if first == RequestClass.CHAT:
        chosen = _oldest_weights([job for job in jobs if job.request_class == first])
        return Turn(jobs=tuple(chosen), prompt_tokens=_share_of_prompts(chosen, costs, num_batch))
    return Turn(jobs=tuple(jobs[:1]), prompt_tokens=num_batch)


def _is_starved(job: Job, now: float) -> bool:
    wait_s = max(LONGEST_WAIT_S, WAIT_PER_TURN * job.last_turn_s)
    return job.request_class == RequestClass.CHAT and now - job.last_turn_at > wait_s


def _short_turn(starved: list[Job], costs: Costs, num_batch: int) -> Turn:
    oldest = min(starved, key=lambda job: job.last_turn_at)
    return Turn(jobs=(oldest,), prompt_tokens=_part_of(num_batch, SHORT_TURN_S, costs), is_protected=True)


def _oldest_weights(jobs: list[Job]) -> list[Job]:
    """Those under the same adapters as the one that waited longest: one decode has one set of weights."""
    oldest = min(jobs, key=lambda job: job.last_turn_at)
    return [job for job in jobs if job.weights == oldest.weights]


def _free_riders(jobs: Sequence[Job], chosen: list[Job], costs: Costs) -> list[Job]:
    """Decoding chats whose next token costs a decoding completion next to nothing; untried sizes are tried."""
    if not all(job.is_decoding for job in chosen):
        return []
    count = len(chosen)
    chats = [job for job in jobs if job.request_class == RequestClass.CHAT and job.is_decoding]
    riders = [job for job in chats if job.weights == chosen[0].weights]
    together = count + len(riders)
    is_tried = costs.decode.is_known(count) and costs.decode.is_known(together)
    if is_tried and costs.decode.seconds(together) > FREE_RIDE * costs.decode.seconds(count):
        return []
    return riders


def _share_of_prompts(chats: list[Job], costs: Costs, num_batch: int) -> int:
    num_decoding = sum(job.is_decoding for job in chats)
    if not num_decoding or num_decoding == len(chats):
        return num_batch
    return _part_of(num_batch, MIXED_STEP_S, costs)


def _part_of(num_batch: int, seconds: float, costs: Costs) -> int:
    """How many tokens of a prompt can be computed in so many seconds."""
    return costs.prefill.largest_within(seconds, at_least=min(FEWEST_TOKENS, num_batch), at_most=num_batch)
