"""JSON schemas as grammars: what they allow is valid, and what a grammar cannot express is refused by name."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.runtime.json_schema import read_schema
from assistant.runtime.matcher import Alphabet, Matcher

BYTES = Alphabet([b"", *(bytes([byte]) for byte in range(256))], frozenset({0}))
PERSON = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Person",
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "age": {"type": "integer", "description": "in years"},
        "tags": {"type": "array", "items": {"enum": ["a", 'b"\\\n', 3]}, "maxItems": 2},
        "friend": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    },
    "required": ["name", "friend"],
    "additionalProperties": False,
}
PAIR = {"type": "array", "prefixItems": [{"type": "integer"}, {"$ref": "#/$defs/a~1b/0"}], "$defs": {"a/b": [{}]}}


def allows(schema: dict, text: str) -> bool:
    """Whether an answer may be this text."""
    matcher = Matcher(read_schema(schema), BYTES)
    for byte in text.encode():
        if not matcher.allows(byte + 1):
            return False
        matcher.accept(byte + 1)
    return matcher.allows(0)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (PERSON, '{"name":"Bob","friend":null}'),
        (PERSON, '{"name": "Bob", "age": 3, "tags": ["a", 3], "friend": {"name": "A", "friend": null}}'),
        (PERSON, '{"name":"é\\n\\"\\u00e9x","tags":["b\\"\\\\\\n"],"friend":null}'),
        (PERSON, '{\n  "name": "x",\n  "friend": null\n}'),
        (PAIR, '[1, {"any": ["thing", 1e5, -0.5, true]}]'),
        ({}, '{"any": {"object": []}}'),
        ({"type": "object"}, "{}"),
        ({"additionalProperties": {"type": "boolean"}}, '{"k": true, "l": false}'),
        ({"required": ["k"]}, '{"k": [1]}'),
        ({"type": ["string", "null"]}, "null"),
        ({"items": {"const": {"a": 1}}, "minItems": 2, "maxItems": 3}, '[{"a": 1},{"a": 1}]'),
        ({"type": "string", "format": "date-time"}, '"2024-02-03T10:11:12.5Z"'),
        ({"type": "string", "format": "uuid"}, '"01234567-89ab-cdef-0123-456789abcdef"'),
        ({"type": "string", "format": "hostname"}, '"whatever"'),
        ({"allOf": [{"type": "number"}]}, "-12.25e-3"),
    ],
)
def test_valid_answers_are_allowed(schema, text) -> None:
    """With and without blanks, optional properties or not, recursive or not."""
    json.loads(text)

    assert allows(schema, text)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (PERSON, '{"name":"","friend":null}'),
        (PERSON, '{"name":"toolong","friend":null}'),
        (PERSON, '{"age":3,"friend":null}'),
        (PERSON, '{"name":"x"}'),
        (PERSON, '{"name":"x","age":3.5,"friend":null}'),
        (PERSON, '{"name":"x","tags":["a","a","a"],"friend":null}'),
        (PERSON, '{"name":"x","friend":null,"more":1}'),
        (PERSON, '{"name":"x","friend":null'),
        (PERSON, '{"name":"\\ud800","friend":null}'),
        (PAIR, '["1", 2]'),
        (PAIR, "[1]"),
        ({}, "[1]"),
        ({"items": {"type": "null"}, "minItems": 2}, "[null]"),
        ({"type": "string", "enum": ["a", 1]}, "1"),
        ({"type": "integer"}, "01"),
    ],
)
def test_invalid_answers_are_not(schema, text) -> None:
    """Nor is a text that ends too soon."""
    assert not allows(schema, text)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "https://example.org/schema.json"}, "only what is within the schema is read"),
        ({"$ref": "#/nope"}, "refers to '#/nope', which it does not have"),
        ({"$ref": 3}, "refers to 3"),
        ({"$ref": "#"}, "never gets past the beginning"),
        ({"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "never gets past the beginning"),
        ({"type": "string", "pattern": "^a$"}, "says pattern"),
        ({"type": "integer", "minimum": 3}, "says minimum"),
        ({"anyOf": [{}], "properties": {}}, "says properties"),
        ({"not": {}}, "says not"),
        ({"type": "zebra"}, "unknown type 'zebra'"),
        ({"type": 3}, "no list of values for type"),
        ({"type": []}, "says type"),
        ({"anyOf": []}, "no list of values for anyOf"),
        ({"allOf": [{}, {}]}, "allOf of several"),
        ({"enum": [1], "type": "string"}, "allows no value"),
        ({"properties": {"a": 3}}, "has 3 where a schema should be"),
        ({"properties": [1]}, "properties or required of the wrong kind"),
        ({"required": [[1]]}, "properties or required of the wrong kind"),
        ({"type": "array", "minItems": -1}, "minItems -1"),
        ({"type": "array", "minItems": 3, "maxItems": 2}, "minItems 3 and maxItems 2"),
        ({"prefixItems": [{}], "minItems": 2}, "another number of items"),
        ({"type": "array", "items": {"type": "null"}, "maxItems": 10**6}, "more than 20000 elements"),
    ],
)
def test_what_a_grammar_cannot_keep_to_is_refused_by_name(schema, reason) -> None:
    """Nothing is fetched, nothing is ignored that would make an answer invalid, and no schema is too big to refuse."""
    with pytest.raises(InputError, match=reason.replace("#", "[#]")) as refusal:
        read_schema(schema)

    assert refusal.value.hint


@pytest.mark.parametrize(
    "levels",
    [{"type": "array", "items": None}, {"enum": [None]}, {"items": [None]}, {"properties": {"a": None}}],
    ids=str,
)
def test_a_schema_of_hundreds_of_levels_is_refused(levels) -> None:
    """Before Python's own limit is reached; what is below it is read."""

    def nested(depth: int) -> dict:
        text, leaf = json.dumps(levels), '{"type": "null"}'
        for _ in range(depth):
            leaf = text.replace("null", leaf, 1)
        return json.loads(leaf)

    read_schema(nested(48))
    with pytest.raises(InputError, match="more than 100 levels deep"):
        read_schema(nested(300))


def test_a_chain_of_hundreds_of_references_is_followed() -> None:
    """One after the other, so that no limit is met."""
    chain = {f"d{i}": {"items": {"$ref": f"#/$defs/d{i + 1}"}, "maxItems": 1} for i in range(300)}

    assert allows({"$ref": "#/$defs/d0", "$defs": {**chain, "d300": {"type": "null"}}}, "[[]]")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None)
@given(value=VALUES, is_ascii=st.booleans())
def test_every_json_value_is_any_value_and_its_own_constant(value, is_ascii) -> None:
    """Whatever characters its keys and texts contain: none gets out of the grammar's quotes."""
    text = json.dumps({"value": value}, ensure_ascii=False)

    assert allows({"const": {"value": value}}, text)
    assert allows({"properties": {"value": True}}, json.dumps({"value": value}, ensure_ascii=is_ascii))
