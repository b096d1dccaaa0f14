"""The prefix store: which sequence a prompt starts from, and what is given up for it."""

import pytest

from assistant.runtime.prefix_store import MIN_EVICTED
from assistant.runtime.row import Row
from tests.prefix_cache import Cache, text


@pytest.fixture
def cache() -> Cache:
    return Cache()


def test_the_last_token_of_a_prompt_is_always_left_to_compute(cache) -> None:
    """Its logits are wanted, also when the very same prompt was asked before."""
    cache.ask([1, 2, 3])

    sequence = cache.store.acquire([1, 2, 3])

    assert sequence.tokens == [1, 2]
    assert cache.resident() == [[1, 2]]


def test_keystrokes_go_on_in_the_same_sequence(cache) -> None:
    """Each key appends to the prompt, and drops what the model had suggested after it."""
    document = text(1, 300)
    first, _ = cache.ask(document)

    for key in range(20):
        sequence, num_reused = cache.begin([*document, key])
        cache.compute(sequence, text(2, 50))
        cache.store.release(sequence)
        document = [*document, key]

        assert sequence is first
        assert num_reused == len(document) - 1


def test_an_owners_last_prompt_is_replaced_in_place(cache) -> None:
    """Where the prefix comes first, every key moves a whole suffix: the old one is exchanged, not kept beside."""
    prefix, suffix = text(1, 100), text(2, 400)
    first, _ = cache.ask([*prefix, *suffix], owner="a.py")

    second, num_reused = cache.ask([*prefix, 9, *suffix], owner="a.py")

    assert second is first
    assert num_reused == len(prefix)


def test_another_place_of_a_document_is_kept_beside(cache) -> None:
    """With the suffix first, prompts at two places have nothing in common: jumping back finds the old one."""
    cache.ask([1, 2, *text(1, 300)], owner="a.py")
    cache.ask([1, 2, *text(2, 300)], owner="a.py")

    _, num_reused = cache.ask([1, 2, *text(1, 300), 7], owner="a.py")

    assert num_reused == 302


def test_of_two_that_could_go_on_the_one_with_less_to_lose_does(cache) -> None:
    """The other is left as it is."""
    more, less = [*text(1, 100), *text(2, 50)], [*text(1, 100), *text(3, 10)]
    busy = [cache.begin(prompt)[0] for prompt in (more, less)]
    for sequence in busy:
        cache.store.release(sequence)

    cache.ask([*text(1, 100), 9])

    assert cache.resident() == [more, [*text(1, 100), 9]]


@pytest.mark.parametrize("num_shared", [10, 700])
def test_a_small_request_that_shares_a_beginning_leaves_a_long_chat_whole(cache, num_shared) -> None:
    """It takes another sequence, and the shared beginning lies in the same cells."""
    chat = text(1, 1000)
    cache.ask(chat)

    _, num_reused = cache.ask([*chat[:num_shared], *text(2, 20)])

    assert num_reused == num_shared
    assert chat in cache.resident()
    assert cache.store.num_used_cells == 1000 + 20


def test_a_busy_sequence_is_shared_too_and_stays_as_it_is(cache) -> None:
    """Two chats with one system prompt: the second starts while the first computes."""
    system = text(1, 500)
    busy, _ = cache.begin([*system, 1])

    _, num_reused = cache.begin([*system, 2])

    assert num_reused == 500
    assert busy.tokens == [*system, 1]
    assert cache.store.num_used_cells == 502


def test_a_prompt_catches_up_with_what_others_have_computed_of_it(cache) -> None:
    """Two chats that start at once compute their system prompt once; what both had computed is merged."""
    system = text(1, 500)
    first, second = cache.store.acquire([*system, 1]), cache.store.acquire([*system, 2])
    cache.compute(first, system[:400])
    cache.compute(second, system[:100])

    num_held = cache.store.catch_up(second, [*system, 2])

    assert num_held == 400
    assert cache.resident() == [system[:400], system[:400]]
    assert cache.store.num_used_cells == 400


def test_nothing_is_shared_between_weights(cache) -> None:
    """Under another LoRA adapter the same tokens have other KV entries."""
    cache.ask(text(1, 100), weights=("base",))

    _, num_reused = cache.ask(text(1, 100), weights=("tuned",))

    assert num_reused == 0
    assert cache.store.num_used_cells == 200


def test_when_every_sequence_is_busy_none_is_given() -> None:
    """The caller queues."""
    cache = Cache(num_sequences=1)

    first, second = cache.store.acquire([1]), cache.store.acquire([2])

    assert first is not None
    assert second is None


def test_without_an_empty_sequence_the_one_used_longest_ago_leaves() -> None:
    """A use renews it: the document in use survives a fresh chat."""
    cache = Cache(num_sequences=3)
    document, old, new = text(1, 200), text(2, 200), text(3, 200)
    for prompt in (document, old, new, document):
        cache.ask(prompt)

    cache.ask(text(4, 200))

    assert sorted(cache.resident()) == [document, new, text(4, 200)]


def test_a_sequence_that_others_hold_all_of_leaves_first() -> None:
    """Nothing is lost with it but its number."""
    cache = Cache(num_sequences=2)
    cache.ask(text(1, 500))
    cache.ask([*text(1, 200), 7])
    cache.store.cut(cache.store.sequences[1], 200)

    cache.ask(text(2, 50))

    assert sorted(cache.resident()) == [text(1, 500), text(2, 50)]


def test_room_is_made_from_the_end_of_the_oldest() -> None:
    """What continues a conversation starts from its beginning, so that is what stays."""
    cache = Cache(num_cells=2000)
    old, new = text(1, 1000), text(2, 900)
    cache.ask(old)
    cache.ask(new)

    is_made = cache.store.make_room(110)

    assert is_made
    assert cache.resident() == [old[:-MIN_EVICTED], new]


def test_shared_cells_are_freed_with_their_last_holder() -> None:
    """Evicting one of two branches frees what it has for itself; the common beginning goes with the other."""
    cache = Cache(num_cells=1000)
    cache.ask([*text(1, 400), *text(2, 200)])
    cache.ask([*text(1, 400), *text(3, 300)])

    assert cache.store.make_room(300)
    assert cache.resident() == [[*text(1, 400), *text(3, 300)]]

    assert cache.store.make_room(1000)
    assert cache.resident() == []


def test_room_that_cannot_be_made_costs_nothing() -> None:
    """Busy sequences are never touched, and idle ones not in vain."""
    cache = Cache(num_cells=1000)
    cache.begin(text(1, 500))
    cache.ask(text(2, 300))

    is_made = cache.store.make_room(501)

    assert not is_made
    assert cache.resident() == [text(1, 500), text(2, 300)]


def test_a_rejected_draft_is_cut_off(cache) -> None:
    """The tokens before it stay."""
    sequence, _ = cache.begin([1, 2, 3])
    cache.compute(sequence, [4, 5, 6])

    cache.store.cut(sequence, 4)

    assert cache.resident() == [[1, 2, 3, 4]]


def test_a_cut_drops_what_an_aborted_decode_left_behind(cache) -> None:
    """The cache holds more than the sequence was told of."""
    sequence, _ = cache.begin([1, 2, 3])
    cache.backend.decode([Row(sequence.index, 3, [4, 5], 1)])

    cache.store.cut(sequence, 3)

    assert cache.resident() == [[1, 2, 3]]


def test_a_failed_sequence_is_forgotten_for_itself_alone(cache) -> None:
    """Others keep the cells that they share with it."""
    system = text(1, 200)
    cache.ask([*system, *text(2, 100)])
    failed, _ = cache.begin([*system, *text(3, 300)])

    cache.store.forget(failed)

    assert cache.resident() == [[*system, *text(2, 100)]]
    assert not failed.is_busy
