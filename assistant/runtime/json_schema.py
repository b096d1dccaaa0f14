"""JSON schema to a grammar: what the grammar allows is valid, and what it cannot express is refused by name.

The grammar may be narrower than the schema: known properties come in the schema's order, and others only where none is
known; `oneOf` is read as `anyOf`. Nothing is ever fetched: a reference points into the schema. The converter of
llama-cpp-python was tried and left: it writes patterns and names unescaped into the grammar, answers with `assert`, and
expands repetitions into nested parentheses.
"""

import json
from typing import Any, NoReturn, cast
from urllib.parse import unquote

from assistant.errors import InputError
from assistant.protocol import Json
from assistant.runtime.grammar import Grammar, read_grammar

MAX_DEPTH = 100
"""Objects and lists within each other."""
ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
    | {"$schema", "$id", "$comment", "$defs", "definitions"}
)
"""They say nothing about what is valid."""
WHOLE_SCHEMAS = ("$ref", "anyOf", "oneOf", "allOf", "const", "enum")
"""Keywords that leave nothing for others to say."""
KEYWORDS: dict[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems"}),
    "string": frozenset({"minLength", "maxLength", "format"}),
    "number": frozenset(),
    "integer": frozenset(),
    "boolean": frozenset(),
    "null": frozenset(),
}
"""What may be said about each type."""
JSON_TYPES = {
    dict: "object",
    list: "array",
    str: "string",
    float: "number",
    int: "integer",
    bool: "boolean",
    type(None): "null",
}
FORMATS = {
    "date": r'"\"" date "\""',
    "time": r'"\"" time "\""',
    "date-time": r'"\"" date "T" time "\""',
    "uuid": r'"\"" hex{8} "-" (hex{4} "-"){3} hex{12} "\""',
}
"""All other formats are annotations."""
SEPARATOR = ' "," ws '
COMMON_RULES = r"""
ws ::= (" " | "\n" " "{0,40})?
colon ::= ":" " "?
any ::= object | array | string | number | boolean | null
object ::= "{" ws (string colon any ("," ws string colon any)* ws)? "}"
array ::= "[" ws (any ("," ws any)* ws)? "]"
string ::= "\"" char* "\""
char ::= [^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" ([0-9a-ce-fA-CE-F] hex{3} | [dD] ([0-7] hex{2} | pair)))
pair ::= [89abAB] hex{2} "\\u" [dD] [c-fC-F] hex{2}
hex ::= [0-9a-fA-F]
number ::= "-"? whole ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?
integer ::= "-"? whole
whole ::= "0" | [1-9] [0-9]{0,15}
boolean ::= "true" | "false"
null ::= "null"
date ::= [0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [12] [0-9] | "3" [01])
clock ::= ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9]
time ::= clock ":" [0-5] [0-9] ("." [0-9]{1,6})? ("Z" | [-+] clock)
"""
"""Blanks are where people put them; they and numbers are bounded, so that no model runs away in them."""


def read_schema(schema: Json) -> Grammar:
    """The grammar of the JSON texts that a schema allows; {} allows any object.

    Raises:
        InputError: The schema is wrong, too big, refers to itself without end, or says what a grammar cannot.
    """
    if _depth(schema) > MAX_DEPTH:
        _refuse(f"is more than {MAX_DEPTH} levels deep")
    converter = _Converter(schema)
    converter.convert()
    rules = [f"{name} ::= {body}" for name, body in converter.rules.items()]
    try:
        return read_grammar("\n".join(rules) + COMMON_RULES)
    except InputError as error:
        raise InputError(f"the JSON schema cannot be kept to: {error}", hint="make it smaller") from error


def _refuse(what: str) -> NoReturn:
    raise InputError(f"the JSON schema {what}", hint="leave it out, and check the answer yourself")


def _depth(value: Any) -> int:
    """Levels of objects and lists."""
    level, depth = [value], 0
    while level := [
        part
        for whole in level
        if isinstance(whole, dict | list)
        for part in (cast(Json, whole).values() if isinstance(whole, dict) else cast(list[Any], whole))
    ]:
        depth += 1
    return depth


class _Converter:
    """Schemas become GBNF expressions, those with parts rules of their own, named `s0`, `s1` and so on."""

    def __init__(self, schema: Json) -> None:
        self._document = schema
        self._references: list[str] = []
        self._names: dict[str, str] = {}
        """The rule of each reference."""
        self.rules: dict[str, str] = {}

    def convert(self) -> None:
        """Write `root` and what it needs. A reference is followed once, after the schema that it stands in."""
        self.rules["root"] = self._expression(self._document) if self._document else "object"
        for reference in self._references:  # which grows meanwhile
            self.rules[self._names[reference]] = self._expression(self._target(reference))

    def _expression(self, schema: Any) -> str:
        """GBNF for what `schema` allows."""
        if schema is True or schema == {}:
            return "any"
        if not isinstance(schema, dict):
            _refuse(f"has {schema!r:.40} where a schema should be")
        said = {key: value for key, value in cast(Json, schema).items() if key not in ANNOTATIONS}
        for key in WHOLE_SCHEMAS:
            if key in said:
                self._refuse_others(said, {key, "type"} if key in ("const", "enum") else {key})
                return self._whole_schema(key, said)
        return self._alternatives([self._of_type(kind, said) for kind in _types(said)]) if said else "any"

    def _whole_schema(self, key: str, said: Json) -> str:
        match key:
            case "$ref":
                return self._reference(said[key])
            case "anyOf" | "oneOf":
                return self._alternatives([self._expression(schema) for schema in _list(key, said[key])])
            case "allOf":
                if len(_list(key, said[key])) > 1:
                    _refuse("says allOf of several schemas, which a grammar cannot keep to")
                return self._expression(said[key][0])
            case _:
                values = [said[key]] if key == "const" else _list(key, said[key])
                return self._alternatives([_literal(value) for value in values if _is_of_type(value, said)])

    def _refuse_others(self, said: Json, known: set[str] | frozenset[str]) -> None:
        if others := sorted(set(said) - known):
            _refuse(f"says {others[0]}, which a grammar cannot keep to here")

    def _reference(self, reference: Any) -> str:
        if not isinstance(reference, str) or not reference.startswith("#"):
            _refuse(f"refers to {reference!r:.80}; only what is within the schema is read")
        if reference not in self._names:
            self._names[reference] = self._new_rule("")
            self._references.append(reference)
        return self._names[reference]

    def _target(self, reference: str) -> Any:
        target: Any = self._document
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            parts = dict(enumerate(cast(list[Any], target))) if isinstance(target, list) else target
            place = int(key) if isinstance(target, list) and key.isdecimal() else key
            if not isinstance(parts, dict) or place not in parts:
                _refuse(f"refers to {reference!r:.80}, which it does not have")
            target = cast(dict[int | str, Any], parts)[place]
        return target

    def _of_type(self, kind: str, said: Json) -> str:
        if kind == "object" and said.keys() & KEYWORDS["object"]:
            return self._object(said)
        if kind == "array" and said.keys() & KEYWORDS["array"]:
            return self._array(said)
        if kind == "string" and ("minLength" in said or "maxLength" in said):
            return rf'"\"" char{_times(said, "Length")} "\""'
        return FORMATS.get(str(said.get("format")), kind) if kind == "string" else kind

    def _object(self, said: Json) -> str:
        properties: Json = said.get("properties", {})
        required: list[str] = said.get("required", [])
        if not isinstance(cast(Any, properties), dict) or not set(map(type, _list("required", required, 0))) <= {str}:
            _refuse("has properties or required of the wrong kind")
        properties = {**properties, **{name: True for name in required if name not in properties}}
        if not properties:
            return self._map(said.get("additionalProperties", True))
        first, following = '"}"', 'ws "}"'
        for name, schema in reversed(properties.items()):
            pair = self._new_rule(f"{_literal(name)} colon {self._expression(schema)}")
            skipped = ("", "") if name in required else (f" | {first}", f" | {following}")
            first = self._new_rule(f"{pair} {following}{skipped[0]}")
            following = self._new_rule(f'"," ws {pair} {following}{skipped[1]}')
        return f'"{{" ws {first}'

    def _map(self, values: Any) -> str:
        if values is False:
            return '"{" ws "}"'
        pair = self._new_rule(f"string colon {self._expression(values)}")
        return f'"{{" ws ({pair} ("," ws {pair})* ws)? "}}"'

    def _array(self, said: Json) -> str:
        items = said.get("prefixItems", said.get("items", True))
        least, most = _bounds(said, "Items")
        if isinstance(items, list):
            parts = [self._expression(item) for item in cast(list[Any], items)]
            if len(parts) < least or (most is not None and len(parts) > most):
                _refuse("wants another number of items than its prefixItems are")
            return f'"[" ws {SEPARATOR.join(parts)} ws "]"'
        if most == 0:
            return '"[" ws "]"'
        item = self._new_rule(self._expression(items))
        more = f'("," ws {item}){{{max(0, least - 1)},{"" if most is None else most - 1}}}'
        return f'"[" ws {item} {more} ws "]"' if least else f'"[" ws ({item} {more} ws)? "]"'

    def _alternatives(self, expressions: list[str]) -> str:
        if not expressions:
            _refuse("allows no value at all")
        return expressions[0] if len(expressions) == 1 else self._new_rule(" | ".join(expressions))

    def _new_rule(self, body: str) -> str:
        name = f"s{len(self.rules)}"
        self.rules[name] = body
        return name


def _types(said: Json) -> list[str]:
    """The types a schema allows: those it names, or the one that all its keywords are about."""
    kinds = said.get("type", [kind for kind, keywords in KEYWORDS.items() if said.keys() <= keywords])
    kinds = _list("type", [kinds] if isinstance(kinds, str) else kinds, 0)
    known = {"type"}.union(*(KEYWORDS.get(str(kind), ()) for kind in kinds))
    if not kinds or not set(said) <= known:
        _refuse(f"says {min(set(said) - known, default='type')}, which a grammar cannot keep to here")
    if unknown := [kind for kind in kinds if not isinstance(kind, str) or kind not in KEYWORDS]:
        _refuse(f"has the unknown type {unknown[0]!r:.40}")
    return kinds


def _is_of_type(value: Any, said: Json) -> bool:
    kind = JSON_TYPES[type(value)]
    return (
        "type" not in said
        or kind in (kinds := _types({"type": said["type"]}))
        or (kind == "integer" and "number" in kinds)
    )


def _list(keyword: str, value: Any, least: int = 1) -> list[Any]:
    if not isinstance(value, list) or len(cast(list[Any], value)) < least:
        _refuse(f"has no list of values for {keyword}")
    return cast(list[Any], value)


def _bounds(said: Json, what: str) -> tuple[int, int | None]:
    least, most = said.get(f"min{what}", 0), said.get(f"max{what}")
    if type(least) is not int or least < 0 or (most is not None and (type(most) is not int or most < least)):
        _refuse(f"has min{what} {least!r:.40} and max{what} {most!r:.40}")
    return least, most


def _times(said: Json, what: str) -> str:
    least, most = _bounds(said, what)
    return f"{{{least},{'' if most is None else most}}}"


def _literal(value: Any) -> str:
    """A GBNF literal of the value's JSON text."""
    text = json.dumps(value, ensure_ascii=False)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
