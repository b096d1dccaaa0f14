"""The parking: saved sequences in main memory, never more than was allowed."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.parking import Parked, Parking


def parked(*tokens: int, size: int = 10, weights=()) -> Parked:
    return Parked(list(tokens), weights, bytes(size))


def test_the_entry_that_agrees_for_longest_is_found() -> None:
    """Whatever follows in it."""
    parking = Parking(100)
    short, long = parked(1, 2, 9), parked(1, 2, 3, 8)
    parking.put(short)
    parking.put(long)

    length, found = parking.find([1, 2, 3, 4], ())

    assert (length, found) == (3, long)


def test_the_least_recently_used_leaves_for_a_new_one() -> None:
    """Bringing an entry back is a use."""
    parking = Parking(20)
    first, second, third = parked(1), parked(2), parked(3)
    parking.put(first)
    parking.put(second)
    parking.take(first)

    parking.put(third)

    assert parking.find([1], ()) == (1, first)
    assert parking.find([2], ()) == (0, None)


def test_an_entry_replaces_those_it_begins_with() -> None:
    """The longer one serves whoever wants the shorter."""
    parking = Parking(100)
    parking.put(parked(1, 2))
    parking.put(parked(1, 2, weights=("tuned",)))

    parking.put(parked(1, 2, 3))

    assert len(parking) == 2


@given(sizes=st.lists(st.integers(0, 150), max_size=30))
def test_it_never_takes_more_than_it_was_given(sizes) -> None:
    """An entry larger than the whole is not kept, and throws nobody out."""
    parking = Parking(100)

    for name, size in enumerate(sizes):
        num_before = len(parking)
        parking.put(parked(name, size=size))

        assert parking.num_bytes <= 100
        if size > 100:
            assert len(parking) == num_before
