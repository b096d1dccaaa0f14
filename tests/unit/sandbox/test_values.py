"""Values between the judge and a program: exact types, whole, and equal only where they are."""

import json
import math
from collections import OrderedDict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.values import Tolerance, canonical, canonical_text, decoded, in_order, is_opaque, is_same

HASHABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=5,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.sets(HASHABLE, max_size=3)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_a_value_arrives_as_it_was_sent(value: Any) -> None:
    """Type by type, and in the order of its keys."""
    sent = json.loads(json.dumps(in_order(value)))

    assert shape(decoded(sent)) == shape(value)


@given(VALUES)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    """NaN too: a test that expects it gets it."""
    text = canonical_text(value)

    assert is_same(text, text)
    assert not is_opaque(text)


@given(VALUES, VALUES)
def test_canonical_texts_are_equal_where_values_and_types_are(one: Any, other: Any) -> None:
    """So that equality of text is enough for most comparisons."""
    assert (canonical_text(one) == canonical_text(other)) == (shape(one) == shape(other))


def shape(value: Any) -> Any:
    """An oracle of its own: values as nested tuples with the names of their types; sets without an order."""
    kind = type(value).__name__
    match value:
        case list() | tuple():
            return kind, tuple(map(shape, value))
        case set() | frozenset():
            return kind, frozenset(map(shape, value))
        case dict():
            return kind, frozenset((shape(key), shape(each)) for key, each in value.items())
        case float():
            return kind, value.hex()
        case complex():
            return kind, value.real.hex(), value.imag.hex()
        case _:
            return kind, value


@pytest.mark.parametrize(
    ("expected", "found", "same"),
    [
        (1, 1.0, True), (1, True, False), (0, False, False), (2, 2.0000001, False), ([1], (1,), False),
        ({1}, frozenset({1}), True), ({"a": 1}, {"a": 1.0}, True), ({"a": 1}, {"a": True}, False),
        ({1}, {True}, False), ({1: 2}, {True: 2}, False), ({(0,): 2}, {(False,): 2}, False),
        ({1: 2}, {1.0: 2}, True), ({(1, frozenset({2}))}, {(1.0, frozenset({2}))}, True), (None, 0, False),
        (float("nan"), float("nan"), True), ("1", 1, False), (b"1", "1", False), ([1, 2], [1], False),
        (10**400, 1.0, False), (10**30, 10**30 + 1, False),
    ],
)  # fmt: skip
def test_types_count_except_among_numbers_and_among_sets(expected: Any, found: Any, *, same: bool) -> None:
    """As a test would have it."""
    assert is_same(canonical_text(expected), canonical_text(found)) is same


@pytest.mark.parametrize(("found", "near"), [(1.0000001, True), (1.1, False), (1, True), (math.inf, False)])
def test_rounding_is_allowed_where_it_is_asked_for(found: float, *, near: bool) -> None:
    """Relative, and only where a float is among the two."""
    assert is_same(canonical_text([1.0]), canonical_text([found]), tolerance=Tolerance(relative=1e-6)) is near
    assert not is_same(canonical_text(1_000_000), canonical_text(1_000_001), tolerance=Tolerance(absolute=1.5))


@pytest.mark.parametrize("value", [object(), OrderedDict(a=1), range(3), iter([1]), [lambda: 0], {"x": type}])
def test_what_is_not_built_in_equals_nothing(value: Any) -> None:
    """Not even itself: only its type's name came back."""
    text = canonical_text(value)

    assert is_opaque(text)
    assert not is_same(text, text)
    with pytest.raises(ValueError, match="no value"):
        in_order(value)


def test_text_that_looks_like_a_name_of_a_type_is_text() -> None:
    """Quotes within strings are escaped."""
    assert not is_opaque(canonical_text('{"other": "x"}'))
    assert not is_opaque(canonical_text({"other": "x"}))


def test_what_is_too_deep_or_too_large_is_refused() -> None:
    """Lists within themselves are endless."""
    loop: list[Any] = []
    loop.append(loop)

    for value in (loop, [0] * 1_000_000):
        with pytest.raises(ValueError, match="too deeply or too large"):
            canonical(value)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_a_program_may_have_written_is_compared_without_failing(forged: Any) -> None:
    """The text may be any JSON."""
    is_same(canonical_text([1]), json.dumps(forged), tolerance=Tolerance(relative=0.1))
