"""The prefix store: which sequence a prompt starts from, and what is given up for it."""

import pytest

from assistant.runtime.parking import Parking
from assistant.runtime.prefix_tree import Sequence
from assistant.runtime.row import Row
from assistant.runtime.sequences import MIN_EVICTED, PrefixStore
from tests.fake_backend import FakeBackend


class Cache:
    """A store over a fake backend, spoken to as the scheduler does: acquire, compute the rest, release."""

    def __init__(self, *, num_sequences: int = 4, num_cells: int = 10_000, max_bytes: int = 0) -> None:
        self.backend = FakeBackend(num_cells=num_cells)
        self.store = PrefixStore(
            self.backend, num_sequences=num_sequences, num_cells=num_cells, parking=Parking(max_bytes)
        )

    def compute(self, sequence: Sequence, ids: list[int]) -> None:
        row = Row(sequence.index, len(sequence.tokens), ids, 1)
        if ids and self.backend.decode([row]) != 0:
            assert self.store.make_room(len(ids)), "the cache is full"
            assert self.backend.decode([row]) == 0, "the room that was made is not there"
        self.store.extend(sequence, ids)

    def begin(self, prompt: list[int], weights=(), owner=None) -> tuple[Sequence, int]:
        """Compute a prompt; the sequence stays busy. Also how much of it was there already."""
        sequence = self.store.acquire(prompt, weights, owner)
        assert sequence is not None
        num_reused = len(sequence.tokens)
        self.compute(sequence, prompt[num_reused:])
        return sequence, num_reused

    def ask(self, prompt: list[int], weights=(), owner=None) -> tuple[Sequence, int]:
        """Compute a prompt and leave it resident."""
        sequence, num_reused = self.begin(prompt, weights, owner)
        self.store.release(sequence)
        return sequence, num_reused

    def resident(self) -> list[list[int]]:
        """The tokens of every sequence that has some; they are what the cache holds."""
        tokens = [sequence.tokens for sequence in self.store.sequences]
        assert tokens == [self.backend.cache.get(index, []) for index in range(len(tokens))]
        assert self.store.num_used_cells == self.backend.num_used_cells
        return [each for each in tokens if each]


@pytest.fixture
def cache() -> Cache:
    return Cache()


def text(name: int, length: int) -> list[int]:
    """So many tokens that no other text has."""
    return [1000 * name + i for i in range(length)]


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


def test_a_large_sequence_is_parked_and_brought_back() -> None:
    """Whoever evicts it, the chat goes on where it was."""
    cache = Cache(num_sequences=1, max_bytes=100_000)
    chat = text(1, 1000)
    cache.ask(chat)
    cache.ask(text(2, 100))

    _, num_reused = cache.ask([*chat, 7])

    assert num_reused == 1000
    assert cache.resident() == [[*chat, 7]]


def test_two_large_chats_take_turns_in_one_sequence() -> None:
    """Each is parked when the other is brought back."""
    cache = Cache(num_sequences=1, max_bytes=100_000)
    first, second = text(1, 1000), text(2, 1000)

    num_reused = [cache.ask(prompt)[1] for prompt in (first, second, first, second, first)]

    assert num_reused == [0, 0, 999, 999, 999]


def test_room_is_made_for_what_is_brought_back() -> None:
    """By what was used longest ago, as for anything else."""
    cache = Cache(num_cells=2000, max_bytes=100_000)
    chat, old, new = text(1, 1000), text(2, 900), text(3, 900)
    cache.ask(chat)
    cache.store.make_room(2000)
    cache.ask(old)
    cache.ask(new)

    _, num_reused = cache.ask(chat)

    assert num_reused == 999
    assert sorted(cache.resident()) == [chat, old[:100], new]


def test_what_is_resident_stays_where_the_whole_cannot_be_brought_back() -> None:
    """Busy sequences leave no room for it: the beginning that is there is used."""
    cache = Cache(num_cells=1000, max_bytes=100_000)
    chat = text(1, 600)
    cache.ask(chat)
    cache.store.make_room(600)
    cache.begin(text(2, 450))

    _, num_reused = cache.ask(chat[:540])

    assert num_reused == 344


def test_a_parked_prefix_is_brought_back_as_far_as_it_agrees() -> None:
    """The rest is cut; the parking still has it."""
    cache = Cache(num_sequences=1, max_bytes=100_000)
    chat = text(1, 1000)
    cache.ask(chat)
    cache.ask(text(2, 100))

    _, num_reused = cache.ask([*chat[:800], 7])
    cache.ask(text(2, 100))
    _, num_reused_later = cache.ask([*chat, 7])

    assert (num_reused, num_reused_later) == (800, 1000)


def test_small_sequences_are_not_parked() -> None:
    """Computing them again is as cheap."""
    cache = Cache(num_sequences=1, max_bytes=100_000)

    cache.ask(text(1, 200))
    cache.ask(text(2, 200))

    assert cache.store.num_parked == 0


def test_what_is_resident_is_not_exchanged_for_little_more() -> None:
    """Reading a state costs more than computing a small batch."""
    cache = Cache(num_sequences=1, max_bytes=100_000)
    cache.ask(text(1, 1000))
    cache.ask(text(2, 10))
    sequence, _ = cache.begin(text(1, 1000))
    cache.store.cut(sequence, 950)
    cache.store.release(sequence)

    _, num_reused = cache.ask(text(1, 1000))

    assert num_reused == 950


def test_a_chat_that_is_evicted_again_is_the_youngest_in_the_parking() -> None:
    """Its use while it was resident counts, although it was parked before."""
    cache = Cache(num_sequences=2, max_bytes=4 * 2500)
    first, second, third = text(1, 1000), text(2, 1000), text(3, 1000)
    small = [text(name, 10) for name in range(10, 20)]
    for prompt in (first, second, *small[:2], first, second, first, *small[2:4]):
        cache.ask(prompt)

    for prompt in (third, *small[4:6]):
        cache.ask(prompt)

    assert cache.ask(first)[1] == 999
    assert cache.ask(second)[1] == 0


def test_parked_under_other_weights_is_not_found() -> None:
    """A state is as useless under them as resident cells are."""
    cache = Cache(num_sequences=1, max_bytes=100_000)
    cache.ask(text(1, 1000), weights=("base",))
    cache.ask(text(2, 100))

    _, num_reused = cache.ask(text(1, 1000), weights=("tuned",))

    assert num_reused == 0


def test_what_is_parked_is_brought_back_where_others_weights_were() -> None:
    """The sequence that it is restored into changes its weights too."""
    cache = Cache(num_sequences=1, max_bytes=100_000)
    cache.ask(text(1, 1000), weights=("base",))
    cache.ask(text(2, 100), weights=("tuned",))

    _, num_reused = cache.ask(text(1, 1000), weights=("base",))

    assert num_reused == 999


def test_before_the_cache_goes_each_large_sequence_is_parked_once() -> None:
    """One that another continues is in that one's state; nothing is evicted."""
    cache = Cache(max_bytes=100_000)
    chat = text(1, 500)
    other, _ = cache.begin([*chat, *text(2, 100)])
    cache.ask(chat)
    cache.store.release(other)
    cache.ask(text(3, 100))
    before = cache.resident()

    cache.store.park_all()

    assert cache.backend.num_saved == cache.store.num_parked == 1
    assert cache.store.parked_bytes == 4 * 600
    assert cache.resident() == before


def test_a_chat_that_lost_its_end_is_brought_back_in_its_own_place() -> None:
    """What is resident of it leaves for the whole of it; nobody else has to."""
    cache = Cache(num_cells=2000, max_bytes=100_000)
    chat, document = text(1, 1500), text(2, 400)
    cache.ask(chat)
    cache.ask(document)
    cache.store.make_room(400)
    assert len(cache.resident()[0]) < 1500

    _, num_reused = cache.ask([*chat, 7])

    assert num_reused == 1500
    assert sorted(cache.resident()) == [[*chat, 7], document]


def test_what_is_parked_is_not_brought_back_over_more_than_it_saves() -> None:
    """A state is restored whole: for a system prompt's sake nobody's document is thrown out."""
    cache = Cache(num_sequences=3, num_cells=2000, max_bytes=100_000)
    system = text(1, 200)
    cache.ask([*system, *text(2, 1500)])
    cache.store.make_room(2000)
    cache.ask(text(3, 1200))

    _, num_reused = cache.ask([*system, 7])

    assert num_reused == 0
    assert text(3, 1200) in cache.resident()


def test_a_state_that_is_not_accepted_is_computed_again() -> None:
    """Nobody is told; it only takes longer."""
    cache = Cache(num_sequences=1, max_bytes=100_000)
    cache.backend.restore = lambda sequence, state: False
    cache.ask(text(1, 1000))
    cache.ask(text(2, 100))

    _, num_reused = cache.ask(text(1, 1000))

    assert num_reused == 0
    assert cache.resident() == [text(1, 1000)]
