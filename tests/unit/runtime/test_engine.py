"""The scheduler: keystrokes first, nothing computed twice, nobody's answer changed by anybody else."""

import itertools
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.runtime.jobs import RequestClass
from tests.fake_backend import greedy

PROMPT = [5, 1, 4, 2, 3]


class ScriptedDrafter:
    """Guesses the oracle's tokens, each right or wrong as the script says."""

    def __init__(self, prompt: list[int], script: list[bool]) -> None:
        self.tokens = list(prompt)
        self.script = script
        self.judged: list[tuple[int, int]] = []

    def draft(self, tokens, max_tokens) -> list[int]:
        assert tokens == self.tokens
        right = greedy(self.tokens, len(self.script))
        return [token if good else token + 1 for token, good in zip(right, self.script, strict=True)][:max_tokens]

    def observe(self, num_drafted: int, num_accepted: int) -> None:
        self.judged += [(num_drafted, num_accepted)] if num_drafted else []

    def extend(self, token: int) -> None:
        self.tokens.append(token)


def test_an_answer_is_what_the_model_says_token_by_token(start) -> None:
    """Prefill and decode feed the model every token once, in order."""
    harness = start()

    harness.engine.submit(harness.job(1, PROMPT, max_tokens=20))

    assert harness.answer(1) == greedy(PROMPT, 20)
    assert harness.last_event(1)["finish_reason"] == "length"


def test_a_prompt_longer_than_a_batch_is_fed_in_parts(start) -> None:
    """A batch holds `num_batch` tokens; a longer prompt takes several, and only its end is sampled."""
    harness = start(num_batch=8)
    prompt = list(range(50))

    harness.engine.submit(harness.job(1, prompt))

    assert harness.answer(1) == greedy(prompt, 8)


def test_a_prompt_that_continues_an_earlier_one_computes_only_what_is_new(start) -> None:
    """The KV entries of the common beginning are reused; the last token is computed for its logits."""
    harness = start()
    harness.engine.submit(harness.job(1, PROMPT, max_tokens=1))
    harness.last_event(1)
    before = harness.backend.num_decoded_tokens

    harness.engine.submit(harness.job(2, [*PROMPT, 9], max_tokens=1))

    assert harness.last_event(2)["timings"]["num_cached_tokens"] == len(PROMPT)
    assert harness.backend.num_decoded_tokens - before == 1
    assert harness.answer(2) == greedy([*PROMPT, 9], 1)


def test_a_keystroke_interrupts_a_chat_which_then_goes_on_unharmed(start) -> None:
    """A chat's decode is aborted for a keystroke, and resumes after the tokens that were already computed."""
    harness = start()
    harness.backend.hold.clear()
    harness.engine.submit(harness.job(1, list(range(40)), max_tokens=5))
    harness.backend.started.wait(5)

    harness.engine.submit(harness.job(2, PROMPT, kind=RequestClass.KEYSTROKE, max_tokens=3))
    harness.backend.hold.set()

    assert harness.answer(2) == greedy(PROMPT, 3)
    assert harness.answer(1) == greedy(list(range(40)), 5)
    order = [event["id"] for event in harness.log if "finish_reason" in event]
    assert order == [2, 1]


def test_a_newer_keystroke_of_the_same_document_cancels_the_older(start) -> None:
    """Per client and document only the newest completion runs; the older ends as cancelled."""
    harness = start()
    harness.backend.hold.clear()
    key = ("editor", "file:///a.py")
    harness.engine.submit(harness.job(1, PROMPT, kind=RequestClass.KEYSTROKE, key=key))
    harness.backend.started.wait(5)

    harness.engine.submit(harness.job(2, [*PROMPT, 9], kind=RequestClass.KEYSTROKE, key=key))

    assert harness.last_event(1)["finish_reason"] == "cancelled"
    harness.backend.hold.set()
    assert harness.answer(2) == greedy([*PROMPT, 9], 8)


def test_a_warm_up_never_takes_a_keystrokes_place(start) -> None:
    """Somebody waits for the one, nobody for the other; a keystroke, though, makes the warm-up needless."""
    harness = start()
    harness.backend.hold.clear()
    key = ("editor", "file:///a.py")
    harness.engine.submit(harness.job(1, PROMPT, kind=RequestClass.KEYSTROKE, key=key))
    harness.backend.started.wait(5)

    harness.engine.submit(harness.job(2, PROMPT, kind=RequestClass.WARM_UP, key=key))
    harness.engine.submit(harness.job(3, [*PROMPT, 9], kind=RequestClass.KEYSTROKE, key=("editor", "file:///b.py")))
    harness.backend.hold.set()

    assert harness.answer(1) == greedy(PROMPT, 8)
    assert harness.last_event(2)["finish_reason"] == "stop"


def test_keystrokes_of_other_documents_are_left_alone(start) -> None:
    """Two editors, or two files, do not cancel each other."""
    harness = start()

    for job_id, document in ((1, "a"), (2, "b")):
        job = harness.job(job_id, [*PROMPT, job_id], kind=RequestClass.KEYSTROKE, key=("editor", document))
        harness.engine.submit(job)

    assert harness.answer(1) == greedy([*PROMPT, 1], 8)
    assert harness.answer(2) == greedy([*PROMPT, 2], 8)


def test_cancel_ends_a_running_job_in_the_middle_of_a_decode(start) -> None:
    """Cancelling does not wait for the decode to end."""
    harness = start()
    harness.backend.hold.clear()
    harness.engine.submit(harness.job(1, PROMPT))
    harness.backend.started.wait(5)

    harness.engine.cancel(1)

    assert harness.last_event(1)["finish_reason"] == "cancelled"


def test_a_full_cache_gives_up_what_was_used_longest_ago(start) -> None:
    """Idle sequences are evicted until the batch fits; the request does not fail."""
    harness = start(num_cells=64)
    for job_id in range(3):
        harness.engine.submit(harness.job(job_id, [job_id, *range(20)], max_tokens=2))
        harness.last_event(job_id)

    harness.engine.submit(harness.job(9, [50, *range(30)], max_tokens=2))

    assert harness.answer(9) == greedy([50, *range(30)], 2)


def test_a_request_that_cannot_fit_is_refused_and_the_next_is_answered(start) -> None:
    """With nothing left to evict the request ends with an error, and takes nothing with it."""
    harness = start(num_cells=16)

    harness.engine.submit(harness.job(1, list(range(30))))

    assert "full" in harness.last_event(1)["error"]
    harness.engine.submit(harness.job(2, PROMPT, max_tokens=2))
    assert harness.answer(2) == greedy(PROMPT, 2)


def test_more_jobs_than_sequences_wait_their_turn(start) -> None:
    """A job without a free sequence is queued, not lost."""
    harness = start(num_sequences=2)

    for job_id in range(6):
        harness.engine.submit(harness.job(job_id, [job_id, 2, 3], max_tokens=4))

    for job_id in range(6):
        assert harness.answer(job_id) == greedy([job_id, 2, 3], 4)


def test_chats_never_take_every_sequence_from_keystrokes(start) -> None:
    """However many chats run, a keystroke finds a sequence; and the chats end, too."""
    harness = start(num_sequences=2)
    harness.backend.hold.clear()
    for job_id in range(5):
        harness.engine.submit(harness.job(job_id, [job_id, 2, 3], max_tokens=4))
    harness.backend.started.wait(5)

    harness.engine.submit(harness.job(9, PROMPT, kind=RequestClass.KEYSTROKE, max_tokens=4))
    harness.backend.hold.set()

    assert harness.answer(9) == greedy(PROMPT, 4)
    for job_id in range(5):
        assert harness.answer(job_id) == greedy([job_id, 2, 3], 4)


requests = st.lists(
    st.tuples(
        st.lists(st.integers(0, 4), min_size=1, max_size=30),
        st.sampled_from([RequestClass.KEYSTROKE, RequestClass.CHAT]),
        st.integers(1, 6),
        st.booleans(),
        st.lists(st.booleans(), max_size=8),
        st.sampled_from([(), (("a", 1.0),)]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=requests)
def test_whatever_is_asked_together_each_answer_is_its_own(start, requests) -> None:
    """Batching, sharing, guessing, aborting and cancelling never change a token of an answer that finishes."""
    harness = start(num_sequences=3, num_batch=16, num_cells=100)

    for job_id, (prompt, kind, max_tokens, is_cancelled, guesses, weights) in enumerate(requests):
        drafter = ScriptedDrafter(prompt, guesses)
        job = harness.job(job_id, prompt, kind=kind, max_tokens=max_tokens, drafter=drafter, weights=weights)
        harness.engine.submit(job)
        if is_cancelled:
            harness.engine.cancel(job_id)

    for job_id, (prompt, _, max_tokens, *_) in enumerate(requests):
        expected = greedy(prompt, max_tokens)
        answer = harness.answer(job_id)
        if harness.last_event(job_id)["finish_reason"] == "length":
            assert answer == expected
        else:
            assert answer == expected[: len(answer)]


def test_an_answer_ends_before_its_stop_string(start) -> None:
    """The stop string spans two tokens: neither is said, although the first came a step earlier."""
    harness = start()
    expected = greedy(PROMPT, 8)
    first, second = expected[3], expected[4]

    harness.engine.submit(harness.job(1, PROMPT, max_tokens=20, stop=(f"{first} {second}",)))

    assert harness.answer(1) == expected[:3]
    assert harness.last_event(1)["finish_reason"] == "stop"
    assert harness.last_event(1)["timings"]["num_completion_tokens"] == 5


def test_text_held_for_a_stop_string_is_said_when_the_answer_ends_without_it(start) -> None:
    """The limit of tokens comes first; nothing of the text is lost."""
    harness = start()
    expected = greedy(PROMPT, 4)

    harness.engine.submit(harness.job(1, PROMPT, max_tokens=4, stop=(f"{expected[3]} never",)))

    assert harness.answer(1) == expected
    assert harness.last_event(1)["finish_reason"] == "length"


def test_guessed_tokens_are_taken_as_far_as_they_are_right(start) -> None:
    """Checked in one decode; the model's own token follows the last right one, and the rest is forgotten."""
    harness = start()
    drafter = ScriptedDrafter(PROMPT, [True, True, False, True])

    harness.engine.submit(harness.job(1, PROMPT, max_tokens=10, drafter=drafter))

    assert harness.answer(1) == greedy(PROMPT, 10)
    assert drafter.judged[0] == (4, 2)
    timings = harness.last_event(1)["timings"]
    assert timings["num_drafted_tokens"] == sum(drafted for drafted, _ in drafter.judged)
    assert timings["num_accepted_tokens"] == sum(accepted for _, accepted in drafter.judged)


def test_right_guesses_save_decodes(start) -> None:
    """Sixteen tokens by five at once are four decodes, and the prompt's."""
    harness = start()

    harness.engine.submit(harness.job(1, PROMPT, max_tokens=16, drafter=ScriptedDrafter(PROMPT, [True] * 4)))

    assert harness.answer(1) == greedy(PROMPT, 16)
    assert harness.engine.num_steps == 4


def test_a_warm_up_computes_the_prompt_and_says_nothing(start) -> None:
    """The request it was made for finds all but its last token in the cache."""
    harness = start()
    harness.engine.submit(harness.job(1, PROMPT, kind=RequestClass.WARM_UP))
    assert harness.last_event(1)["text"] == ""

    harness.engine.submit(harness.job(2, PROMPT, kind=RequestClass.KEYSTROKE, max_tokens=2))

    assert harness.answer(2) == greedy(PROMPT, 2)
    assert harness.last_event(2)["timings"]["num_cached_tokens"] == len(PROMPT) - 1


def test_chats_that_do_not_fit_together_are_answered_one_after_the_other(start) -> None:
    """The later one waits aside; it loses its place in the cache and nothing of its answer."""
    harness = start(num_cells=64, num_batch=64)
    prompts = [[chat, *range(24)] for chat in (1, 2)]

    for job_id, prompt in enumerate(prompts):
        harness.engine.submit(harness.job(job_id, prompt, max_tokens=20))

    for job_id, prompt in enumerate(prompts):
        assert harness.answer(job_id) == greedy(prompt, 20)


def test_a_deadline_ends_an_answer_with_what_there_is(start) -> None:
    """The daemon keeps the time; the engine ends the job with the reason it is told."""
    harness = start()
    harness.backend.hold.clear()
    harness.engine.submit(harness.job(1, PROMPT))
    harness.backend.started.wait(5)

    harness.engine.cancel(1, "deadline")

    assert harness.last_event(1)["finish_reason"] == "deadline"


def test_jobs_under_adapters_are_computed_with_them_and_share_nothing_with_the_others(start) -> None:
    """KV entries computed with other weights are of no use, however alike the prompts are."""
    harness = start()
    adapted = (("a", 1.0),)
    harness.engine.submit(harness.job(1, PROMPT, max_tokens=2))
    harness.last_event(1)

    harness.engine.submit(harness.job(2, PROMPT, max_tokens=2, weights=adapted))
    harness.last_event(2)
    harness.engine.submit(harness.job(3, PROMPT, max_tokens=2))
    harness.last_event(3)

    assert harness.weights == [adapted, ()]
    assert [harness.last_event(job_id)["timings"]["num_cached_tokens"] for job_id in (1, 2, 3)] == [0, 0, 4]


def test_a_chat_gets_on_while_somebody_types_without_a_pause(start) -> None:
    """Nobody starves: keystrokes that never end leave a chat its turns."""
    harness = start()
    numbers = itertools.count(1)

    def type_on() -> None:
        """Submit another keystroke with every decode: one always waits when one is done."""
        time.sleep(0.002)
        harness.engine.submit(harness.job(next(numbers), PROMPT, kind=RequestClass.KEYSTROKE, max_tokens=1))

    harness.backend.on_decode = type_on
    harness.engine.submit(harness.job(0, PROMPT, max_tokens=2))

    assert harness.answer(0) == greedy(PROMPT, 2)
    harness.backend.on_decode = lambda: None
