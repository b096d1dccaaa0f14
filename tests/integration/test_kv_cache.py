"""llama.cpp's cache does what the prefix store takes for granted: shared, merged and restored entries are as good."""

import numpy as np
import pytest

from assistant.paths import BUILTIN_MODEL
from assistant.runtime.context import Context
from assistant.runtime.llama import Model
from assistant.runtime.row import Row

PROMPT = [(37 * i) % 400 + 20 for i in range(200)]
NUM_CELLS = 512


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(BUILTIN_MODEL)


@pytest.fixture
def context(model: Model) -> Context:
    return Context(model, num_cells=NUM_CELLS, num_sequences=4, num_batch=256, threads=1)


def compute(context: Context, sequence: int, start: int = 0) -> np.ndarray:
    """The logits after the prompt, of which `sequence` holds the first `start` tokens."""
    assert context.num_computed(sequence) == start
    assert context.decode([Row(sequence, start, PROMPT[start:], 1)]) == 0
    return context.logits(len(PROMPT) - start - 1).copy()


def assert_alike(logits: np.ndarray, expected: np.ndarray) -> None:
    """But for the noise of another order of sums."""
    assert np.abs(logits - expected).max() < 0.1 * expected.std()


def test_a_shared_prefix_serves_as_if_it_were_computed(context) -> None:
    """It takes no cells of its own, and outlives the sequence that it came from."""
    expected = compute(context, 0)

    context.share(0, 1, 0, 150)
    context.truncate(0, 0)

    assert_alike(compute(context, 1, start=150), expected)


def test_entries_computed_twice_can_be_merged(context) -> None:
    """A sequence's own entries in the middle are exchanged for another's; the freed cells are free."""
    expected = compute(context, 0)
    compute(context, 1)

    context.share(0, 1, 0, 120)
    context.share(0, 1, 120, 199)
    context.truncate(1, 199)

    assert_alike(compute(context, 1, start=199), expected)
    num_free = NUM_CELLS - 201
    assert context.decode([Row(2, 0, [5] * 256, 1)]) == 0
    assert context.decode([Row(2, 256, [5] * (num_free - 256), 1)]) == 0
    assert context.decode([Row(3, 0, [5], 1)]) == 1


def test_a_saved_sequence_is_restored_into_another(context) -> None:
    """Also in part: what follows the common beginning is cut."""
    expected = compute(context, 0)
    state = context.save(0)
    context.truncate(0, 0)

    assert context.restore(2, state)

    context.truncate(2, 100)
    assert_alike(compute(context, 2, start=100), expected)


@pytest.mark.parametrize("damage", [lambda state: state[:1000], lambda state: bytes(len(state))])
def test_a_state_that_is_not_one_is_refused(context, damage) -> None:
    """The sequence stays empty, and the context usable."""
    expected = compute(context, 0)
    state = context.save(0)

    assert not context.restore(1, damage(state))

    assert context.num_computed(1) == 0
    assert_alike(compute(context, 1), expected)


def test_a_state_without_room_for_it_is_refused(context) -> None:
    """Nothing is overwritten."""
    compute(context, 0)
    state = context.save(0)
    compute(context, 1)

    assert not context.restore(2, state)

    assert context.num_computed(2) == 0
