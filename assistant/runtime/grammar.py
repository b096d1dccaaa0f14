"""GBNF, llama.cpp's grammar notation, read strictly and bounded: what passes here can be matched in bounded time.

llama.cpp's own grammar code is not used, because no check before it is enough. At the revision this engine is bound to
a child process was killed by hidden left recursion (`e ::= f`, `f ::= "k"?`, `root ::= e root "x"`), 30,000
parentheses, `"a"{5,2}` and `"a" !<[5]>`, and hung by forty rules of the form `a ::= b | b`, by `" " root "b" | " " root
"c" | "x"` and by sixty `[a-z ]*` in a row: the last two while a token was chosen, where no limit can be set.

Syntax: llama.cpp's grammars/README.md. Left out are its token references (`<...>`): control tokens are ours to place.
"""

import graphlib
import re
from dataclasses import dataclass, field
from typing import NoReturn

from assistant.errors import InputError

MAX_CHARACTERS = 65_536
MAX_ELEMENTS = 20_000
"""Characters, classes and references after repetitions are written out."""
MAX_DEPTH = 50
"""Parentheses within parentheses."""
LAST_CHARACTER = 0x10FFFF

_NAME = re.compile(r"[a-zA-Z0-9-]+")
_SPACE = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_SPACE_AND_NEWLINES = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_REPETITION = re.compile(r"\{[ \t]*([0-9]{1,9})[ \t]*(?:(,)[ \t]*([0-9]{1,9})?[ \t]*)?\}")
_HEX = {"x": re.compile("[0-9a-fA-F]{2}"), "u": re.compile("[0-9a-fA-F]{4}"), "U": re.compile("[0-9a-fA-F]{8}")}
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", '"': '"', "[": "[", "]": "]", "-": "-"}

Element = int
"""A rule's number, or `~number` of a character class."""
Alternates = list[list[Element]]
"""What a rule may stand for: one of these sequences."""


@dataclass(frozen=True, slots=True)
class CharacterClass:
    """Code points within the ranges or, where negated, outside of all."""

    ranges: tuple[tuple[int, int], ...]
    """First and last code point of each, in order of the first."""
    negated: bool = False

    def matches(self, character: int) -> bool:
        """Whether this code point belongs to the class."""
        return any(first <= character <= last for first, last in self.ranges) != self.negated

    def meets(self, low: int, high: int) -> bool:
        """Whether some code point from `low` to `high` belongs to the class."""
        if not self.negated:
            return any(first <= high and low <= last for first, last in self.ranges)
        for first, last in self.ranges:
            if first > low:
                break
            low = max(low, last + 1)
        return low <= high


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar that can be matched: every rule is defined and none begins with itself."""

    rules: list[Alternates]
    classes: list[CharacterClass]
    root: int


def read_grammar(text: str) -> Grammar:
    """Read GBNF.

    Raises:
        InputError: It is not GBNF, too big, incomplete, or a rule begins with itself.
    """
    if len(text) > MAX_CHARACTERS:
        raise _refusal(f"has {len(text)} characters", f"{MAX_CHARACTERS} are the limit")
    reader = _Reader(text)
    reader.read()
    rules = [reader.rules[number] for number in range(len(reader.labels))]
    culprit = _left_recursive(rules)
    if culprit is not None:
        name = reader.labels[culprit]
        raise _refusal(f"never gets past the beginning of {name}", "let no rule begin with itself: recurse at its end")
    return Grammar(rules=rules, classes=list(reader.classes), root=reader.names["root"])


def _refusal(what: str, hint: str) -> InputError:
    return InputError(f"the grammar {what}", hint=hint)


@dataclass(slots=True)
class _Reader:
    """Recursive descent; parentheses and repetitions become rules of their own, named after the rule they are in."""

    text: str
    at: int = 0
    names: dict[str, int] = field(default_factory=dict[str, int])
    labels: list[str] = field(default_factory=list[str])
    """For each rule's number, the name to speak of it."""
    rules: dict[int, Alternates] = field(default_factory=dict[int, Alternates])
    classes: dict[CharacterClass, int] = field(default_factory=dict[CharacterClass, int])
    num_elements: int = 0

    def read(self) -> None:
        self._skip(_SPACE_AND_NEWLINES)
        while self.at < len(self.text):
            self._rule()
        for name in ("root", *self.names):
            if self.names.get(name) not in self.rules:
                raise _refusal(f"does not define {name}", f"add a rule `{name} ::= ...`")

    def _rule(self) -> None:
        name = self._take(_NAME, "the name of a rule: letters, digits and -")
        self._skip(_SPACE)
        self._expect("::=")
        self._skip(_SPACE_AND_NEWLINES)
        number = self._named(name)
        if number in self.rules:
            self._fail(f"{name} is defined twice")
        self.rules[number] = self._alternates(name, depth=0)
        if self.at < len(self.text) and self._peek() not in "\r\n":
            self._fail(f"unexpected {self._peek()!r}")
        self._skip(_SPACE_AND_NEWLINES)

    def _alternates(self, name: str, depth: int) -> Alternates:
        alternates = [self._sequence(name, depth)]
        while self._peek() == "|":
            self.at += 1
            self._skip(_SPACE_AND_NEWLINES)
            alternates.append(self._sequence(name, depth))
        return alternates

    def _sequence(self, name: str, depth: int) -> list[Element]:
        items: list[list[Element]] = []
        while (start := self._peek()) and (start in '"[.(*+?{' or _NAME.match(start)):
            if start in "*+?{":
                least, most = self._times()
                if not items:
                    self._fail("nothing to repeat")
                items[-1] = self._repeated(items[-1], least, most, name)
            else:
                items.append(self._item(start, name, depth))
                self._spend(len(items[-1]))
            self._skip(_SPACE_AND_NEWLINES if depth else _SPACE)
        if start in ("<", "!"):
            self._fail("token references are not supported")
        return [element for item in items for element in item]

    def _item(self, start: str, name: str, depth: int) -> list[Element]:
        if _NAME.match(start):
            return [self._named(self._take(_NAME, "a name"))]
        self.at += 1
        if start == ".":
            return [self._class(CharacterClass((), negated=True))]
        if start == '"':
            return self._literal()
        if start == "[":
            return [self._class(self._character_class())]
        if depth == MAX_DEPTH:
            self._fail(f"more than {MAX_DEPTH} parentheses within each other")
        self._skip(_SPACE_AND_NEWLINES)
        number = self._new_rule(name, self._alternates(name, depth + 1))
        self._expect(")")
        return [number]

    def _literal(self) -> list[Element]:
        item: list[Element] = []
        while self._peek() != '"':
            character = self._character()
            item.append(self._class(CharacterClass(((character, character),))))
        self.at += 1
        return item

    def _character_class(self) -> CharacterClass:
        negated = self._peek() == "^"
        self.at += negated
        ranges: list[tuple[int, int]] = []
        while self._peek() != "]":
            first = last = self._character()
            if self._peek() == "-" and self.text[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                last = self._character()
            if last < first:
                self._fail("a range that ends before it begins")
            ranges.append((first, last))
        if not ranges:
            self._fail("an empty character class")
        self.at += 1
        return CharacterClass(tuple(sorted(ranges)), negated)

    def _character(self) -> int:
        character = self._peek()
        self.at += 1
        if character != "\\":
            return ord(character) if character else self._fail("unexpected end")
        escape = self._peek()
        self.at += 1
        if escape in _HEX:
            code = int(self._take(_HEX[escape], f"hexadecimal digits after \\{escape}"), 16)
            return code if code <= LAST_CHARACTER else self._fail(f"there is no character U+{code:X}")
        return ord(_ESCAPES[escape]) if escape in _ESCAPES else self._fail(f"unknown escape \\{escape}")

    def _times(self) -> tuple[int, int | None]:
        """How often at least and at most; None: any number."""
        if (sign := self._peek()) != "{":
            self.at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        match = _REPETITION.match(self.text, self.at) or self._fail("a repetition is {2}, {2,} or {2,5}")
        self.at = match.end()
        least, comma, most = match.groups()
        times = int(least), (int(most) if most else None) if comma else int(least)
        if times[1] is not None and times[1] < times[0]:
            self._fail(f"at least {times[0]} and at most {times[1]} times")
        return times

    def _repeated(self, item: list[Element], least: int, most: int | None, name: str) -> list[Element]:
        """`S{2,4}` is S S (S (S)?)?, `S*` a rule `R ::= S R |`."""
        num_optional = 1 if most is None else most - least
        self._spend(least + 2 * num_optional)
        if len(item) > 1:
            item = [self._new_rule(name, [item])]
        if most is None and item:
            number = self._new_rule(name, [])
            self.rules[number] = [[*item, number], []]
            return [*item * least, number]
        tail: list[Element] = []
        for _ in range(num_optional):
            tail = [self._new_rule(name, [[*item, *tail], []])]
        return [*item * least, *tail]

    def _spend(self, num_elements: int) -> None:
        self.num_elements += num_elements
        if self.num_elements > MAX_ELEMENTS:
            raise _refusal(f"has more than {MAX_ELEMENTS} elements, repetitions written out", "repeat less")

    def _named(self, name: str) -> int:
        if name not in self.names:
            self.names[name] = len(self.labels)
            self.labels.append(name)
        return self.names[name]

    def _new_rule(self, name: str, alternates: Alternates) -> int:
        self.labels.append(name)
        self.rules[len(self.labels) - 1] = alternates
        return len(self.labels) - 1

    def _class(self, kind: CharacterClass) -> Element:
        return ~self.classes.setdefault(kind, len(self.classes))

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _take(self, pattern: re.Pattern[str], what: str) -> str:
        match = pattern.match(self.text, self.at) or self._fail(f"expected {what}")
        self.at = match.end()
        return match[0]

    def _expect(self, text: str) -> None:
        if not self.text.startswith(text, self.at):
            self._fail(f"expected {text}")
        self.at += len(text)

    def _fail(self, what: str) -> NoReturn:
        line = self.text.count("\n", 0, self.at) + 1
        raise _refusal(f"cannot be read in line {line}: {what}", "llama.cpp's grammars/README.md describes GBNF")


def _left_recursive(rules: list[Alternates]) -> int | None:
    """A rule that may come to itself again before any character, with something still to follow; or None."""
    empty = _may_be_empty(rules)
    try:
        graphlib.TopologicalSorter(
            {number: _first_rules(number, alternates, empty) for number, alternates in enumerate(rules)}
        ).prepare()
    except graphlib.CycleError as error:
        return error.args[1][0]
    return None


def _first_rules(number: int, alternates: Alternates, empty: set[int]) -> set[int]:
    """The rules that `number` may begin with.

    The repetition in `("a"?)*` may come to itself too, but at its very end: nothing piles up.
    """
    firsts: set[int] = set()
    for sequence in alternates:
        for place, element in enumerate(sequence):
            if element < 0:
                break
            if element != number or not 0 < place == len(sequence) - 1:
                firsts.add(element)
            if element not in empty:
                break
    return firsts


def _may_be_empty(rules: list[Alternates]) -> set[int]:
    """The rules that the empty text satisfies, in time linear in the size of the grammar."""
    waiting: list[list[list[int]]] = [[] for _ in rules]
    """For each rule, the sequences (as `[rule, elements still in question]`) that contain it."""
    found = [number for number, alternates in enumerate(rules) if [] in alternates]
    for number, alternates in enumerate(rules):
        for sequence in alternates:
            if sequence and min(sequence) >= 0:
                entry = [number, len(sequence)]
                for element in sequence:
                    waiting[element].append(entry)
    empty = set(found)
    for number in found:
        for entry in waiting[number]:
            entry[1] -= 1
            if entry[1] == 0 and entry[0] not in empty:
                empty.add(entry[0])
                found.append(entry[0])
    return empty
