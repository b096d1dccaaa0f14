"""The prefix store: which sequence a prompt starts from, and what is given up for it."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.sequences import SequenceStore, common_prefix
from tests.fake_backend import FakeBackend

ids = st.lists(st.integers(0, 2), max_size=20)


def resident(store: SequenceStore, backend: FakeBackend, tokens: list[int]) -> None:
    """Leave `tokens` in the cache, as a finished request does."""
    sequence = store.acquire(tokens)
    assert sequence is not None
    backend.cache[sequence.index] = list(tokens)
    sequence.tokens = list(tokens)
    store.release(sequence)


@given(left=ids, right=ids)
def test_common_prefix_counts_the_first_elements_that_agree(left, right) -> None:
    """Against the plain loop."""
    expected = 0
    while expected < min(len(left), len(right)) and left[expected] == right[expected]:
        expected += 1

    assert common_prefix(left, right) == expected


def test_the_last_token_of_a_prompt_is_always_left_to_compute() -> None:
    """Its logits are wanted, also when the very same prompt was asked before."""
    backend = FakeBackend()
    store = SequenceStore(backend, 2)
    resident(store, backend, [1, 2, 3])

    sequence = store.acquire([1, 2, 3])

    assert sequence is not None
    assert sequence.tokens == [1, 2]


def test_a_short_common_beginning_is_shared_and_the_other_context_kept() -> None:
    """A new conversation that starts like a long one does not cost the long one its cache."""
    backend = FakeBackend()
    store = SequenceStore(backend, 2)
    long = [1, 2, *range(50)]
    resident(store, backend, long)

    sequence = store.acquire([1, 2, 99])

    assert sequence is not None
    assert sequence.tokens == [1, 2]
    assert backend.cache[sequence.index] == [1, 2]
    assert sorted(map(len, backend.cache.values())) == [2, len(long)]


def test_when_every_sequence_is_busy_none_is_given() -> None:
    """The caller queues."""
    store = SequenceStore(FakeBackend(), 1)

    first, second = store.acquire([1]), store.acquire([2])

    assert first is not None
    assert second is None


@given(prompts=st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=20))
def test_what_a_sequence_claims_is_what_the_cache_holds(prompts) -> None:
    """After any history, a sequence's tokens are the cache's, and a prefix of the prompt it was taken for."""
    backend = FakeBackend()
    store = SequenceStore(backend, 3)

    for prompt in prompts:
        sequence = store.acquire(prompt)
        assert sequence is not None
        assert backend.cache.get(sequence.index, []) == sequence.tokens == prompt[: len(sequence.tokens)]
        backend.cache[sequence.index] = list(prompt)
        sequence.tokens = list(prompt)
        store.release(sequence)
