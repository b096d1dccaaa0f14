"""What the prefix store evicts and parks, and what it brings back."""

from tests.prefix_cache import Cache, text


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
