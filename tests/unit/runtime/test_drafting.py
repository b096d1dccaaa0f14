"""How much to draft: gains where drafts are right, and never more than 2 % lost where they are not."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from assistant.runtime.drafting import MAX_DRAFT, DraftCredit, Drafting

SEEDS = range(5)


def flat(num_tokens: int) -> float:
    """A decode that is bound by memory."""
    return 0.04 * (1 + 0.12 * (num_tokens - 1))


def steep(num_tokens: int) -> float:
    """A decode that is bound by arithmetic."""
    return 0.04 * (1 + 0.5 * (num_tokens - 1))


def tiled(num_tokens: int) -> float:
    """Eight rows and more are multiplied faster than seven."""
    return flat(num_tokens) if num_tokens < 8 else 0.04 * 1.5


def decode(
    cost_s: Callable[[int], float], acceptance: Callable[[int], float], num_tokens: int, seed: int, credit=None
) -> list[float]:
    """After each step, the speed so far as a multiple of plain decoding."""
    chance, drafting = random.Random(seed), Drafting(cost_s, credit or DraftCredit())
    seconds, num_said, speeds = 0.0, 0, []
    while num_said < num_tokens:
        num_drafted = drafting.num_tokens()
        assert 0 <= num_drafted <= MAX_DRAFT
        num_accepted = 0
        while num_accepted < num_drafted and chance.random() < acceptance(num_said):
            num_accepted += 1
        seconds += cost_s(1 + num_drafted)
        num_said += 1 + num_accepted
        drafting.observe(num_drafted, num_accepted)
        speeds.append(num_said * cost_s(1) / seconds)
    return speeds


@pytest.mark.parametrize("cost_s", [flat, steep, tiled])
@pytest.mark.parametrize("percent", [0, 10, 30, 60, 90])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_speed_is_never_below_098_of_plain_decoding(cost_s, percent, seed) -> None:
    """Not only at the end: after every single step."""
    assert min(decode(cost_s, lambda _: percent / 100, 1000, seed)) >= 0.98


@pytest.mark.parametrize("cost_s", [flat, steep])
def test_nor_where_the_luck_turns(cost_s) -> None:
    """Right for 100 tokens, then wrong for 100."""
    speeds = decode(cost_s, lambda num_said: 0.95 if num_said // 100 % 2 else 0.0, 4000, seed=1)

    assert min(speeds) >= 0.98


def test_nor_over_many_answers() -> None:
    """What one answer saved another may lose, but no more than a few tokens' time of it."""
    credit = DraftCredit()
    for _ in range(20):
        decode(flat, lambda _: 1.0, 50, seed=0, credit=credit)

    unlucky = decode(flat, lambda _: 0.0, 500, seed=0, credit=credit)

    assert credit.seconds >= 0
    assert 500 / unlucky[-1] <= 500 * 1.02 + 2


@pytest.mark.parametrize(
    ("cost_s", "percent", "least"), [(flat, 60, 1.3), (flat, 90, 2.4), (steep, 90, 1.1), (tiled, 90, 4.0)]
)
def test_drafts_that_are_right_pay(cost_s, percent, least) -> None:
    """On average over seeds, from the first token of a new engine on."""
    speeds = [decode(cost_s, lambda _: percent / 100, 500, seed)[-1] for seed in SEEDS]

    assert sum(speeds) / len(speeds) >= least


def test_a_new_answer_drafts_at_once_where_others_have_earned_it() -> None:
    """A new engine first saves up for it."""
    credit = DraftCredit()
    assert Drafting(flat, credit).num_tokens() == 0

    decode(flat, lambda _: 0.0, 400, seed=0, credit=credit)

    assert Drafting(flat, credit).num_tokens() >= 2


def test_a_draft_that_cannot_pay_is_never_made() -> None:
    """Where two tokens cost as much as twice one there is nothing to gain, not even a try."""
    drafting = Drafting(lambda num_tokens: 0.04 * num_tokens, DraftCredit())

    for _ in range(1000):
        assert drafting.num_tokens() == 0
        drafting.observe(0, 0)


def test_after_failures_there_are_fewer_and_fewer_tries() -> None:
    """And still some: the text may have come to a place that was seen before."""
    drafting, tries = Drafting(flat, DraftCredit()), []
    for step in range(2000):
        num_drafted = drafting.num_tokens()
        drafting.observe(num_drafted, 0)
        tries += [step] if num_drafted else []

    gaps = [after - before for before, after in pairwise(tries)]
    assert 10 < len(tries) < 60
    assert max(gaps) == gaps[-1] <= 130
