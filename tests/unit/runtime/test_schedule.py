"""Whose turn it is."""

import pytest

from assistant.runtime.jobs import Job, RequestClass
from assistant.runtime.prefix_tree import Sequence
from assistant.runtime.schedule import FEWEST_TOKENS, LONGEST_WAIT_S, MIXED_STEP_S, Costs, Turn, next_turn
from assistant.runtime.stops import StopStrings

NOW = 1000.0


def job(
    kind: RequestClass, *, is_decoding: bool = False, weights=(), waited_s: float = 0.0, turn_s: float = 0.0
) -> Job:
    """A job with a sequence, whose prompt is computed or still to compute."""
    made = Job(
        id=0,
        request_class=kind,
        tokens=[1] * 100,
        max_tokens=10,
        stops=StopStrings(()),
        decoder=None,
        pick=lambda index: 0,
        close=lambda: None,
        weights=weights,
    )
    made.sequence = Sequence(0)
    if is_decoding:
        made.sequence.tokens = [1] * 100
        made.tokens.append(2)
    made.last_turn_at, made.last_turn_s = NOW - waited_s, turn_s
    return made


def costs(**seconds: float) -> Costs:
    """What decodes of so many tokens cost: `p` for prompts, `d` for answers."""
    known = Costs()
    for name, value in seconds.items():
        (known.prefill if name[0] == "p" else known.decode).add(int(name[1:]), value)
    return known


def turn(*jobs: Job, known: Costs | None = None, can_abort: bool = True, is_typing: bool = False) -> Turn:
    return next_turn(jobs, known or Costs(), num_batch=512, can_abort=can_abort, now=NOW, is_typing=is_typing)


KEYSTROKE, CHAT, WARM_UP = RequestClass.KEYSTROKE, RequestClass.CHAT, RequestClass.WARM_UP


def test_nobody_means_nothing_to_do() -> None:
    """No job, no turn."""
    assert turn().jobs == ()


def test_a_keystroke_goes_before_a_chat_and_a_chat_before_a_warm_up() -> None:
    """As long as nobody has waited for long."""
    keystroke, chat, warm_up = job(KEYSTROKE), job(CHAT), job(WARM_UP)

    assert turn(warm_up, chat, keystroke).jobs == (keystroke,)
    assert turn(warm_up, chat).jobs == (chat,)
    assert turn(warm_up).jobs == (warm_up,)


def test_a_chat_that_was_passed_over_for_long_gets_a_short_turn() -> None:
    """It cannot be interrupted, or it would never get anywhere; so it is short."""
    chat = job(CHAT, waited_s=LONGEST_WAIT_S + 0.1)

    chosen = turn(job(KEYSTROKE), chat, known=costs(p8=0.05, p512=3.2))

    assert chosen.jobs == (chat,)
    assert chosen.is_protected
    assert FEWEST_TOKENS <= chosen.prompt_tokens < 32


def test_such_turns_take_a_tenth_of_the_time_at_most() -> None:
    """On a slow machine one takes long; the next waits nine times as long."""
    chat = job(CHAT, waited_s=4.0, turn_s=0.5)
    keystroke = job(KEYSTROKE)

    assert turn(keystroke, chat).jobs == (keystroke,)


@pytest.mark.parametrize(("together_s", "rides"), [(0.105, True), (0.18, False)])
def test_a_chats_token_joins_a_completions_decode_where_that_was_measured_to_be_cheap(together_s, rides) -> None:
    """Two tokens in one decode cost what one does, or nearly twice as much: that is the machine's to say."""
    keystroke, chat = job(KEYSTROKE, is_decoding=True), job(CHAT, is_decoding=True)

    chosen = turn(keystroke, chat, known=costs(d1=0.1, d2=together_s))

    assert chosen.jobs == ((keystroke, chat) if rides else (keystroke,))


def test_a_chat_never_joins_while_a_completions_prompt_is_computed() -> None:
    """Nothing stands between a keystroke and its first token."""
    keystroke = job(KEYSTROKE)

    assert turn(keystroke, job(CHAT, is_decoding=True)).jobs == (keystroke,)


def test_while_a_chat_is_decoding_the_prompt_of_another_comes_in_parts() -> None:
    """Both go on in every step, and the step is short enough to read on."""
    decoding, new = job(CHAT, is_decoding=True), job(CHAT)

    chosen = turn(decoding, new, known=costs(p8=0.02, p512=MIXED_STEP_S * 8))

    assert set(chosen.jobs) == {decoding, new}
    assert chosen.prompt_tokens < 128


def test_a_prompt_alone_takes_the_whole_batch() -> None:
    """What interrupts it is the abort flag."""
    assert turn(job(CHAT), known=costs(p512=60.0)).prompt_tokens == 512


def test_while_somebody_types_prompts_are_computed_in_parts_that_can_be_lost() -> None:
    """The next keystroke interrupts the running part; in long ones a chat would never get anywhere."""
    chosen = turn(job(CHAT), known=costs(p8=0.02, p512=1.28), is_typing=True)

    assert 16 <= chosen.prompt_tokens <= 32


def test_hardware_that_cannot_be_interrupted_gets_short_calls() -> None:
    """The time model says how many tokens fit into them."""
    chosen = turn(job(CHAT), known=costs(p8=0.004, p512=0.256), can_abort=False)

    assert 50 <= chosen.prompt_tokens <= 64


def test_jobs_under_other_adapters_take_turns() -> None:
    """A decode has one set of weights; who waited longest decides which."""
    plain, adapted = job(CHAT, waited_s=0.2), job(CHAT, weights=(("a", 1.0),), waited_s=0.1)
    other = job(CHAT, waited_s=0.0)

    assert turn(adapted, plain, other).jobs == (plain, other)
