"""Follows a grammar along an answer: which tokens may come next.

The state is a set of stacks, as in llama.cpp; but equal stacks are one, what a character leads to is remembered, and
the work per token is limited. Tokens are looked at likeliest first, and only as many as are needed.
"""

import codecs
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from assistant.errors import InputError
from assistant.runtime.grammar import CharacterClass, Grammar

MAX_WORK = 200_000
"""Stacks looked at for one token, a quarter of a second: what needs more is ambiguous beyond use."""
MAX_STACKS = 1_000_000
"""Stacks met in one answer, some 150 MB."""
MAX_STATES = 2_000
"""States whose successors are remembered."""
NUM_LIKELIEST = 256
"""So many tokens are tried before all are put in order."""
NO_BYTE = 256
EMPTY = 0
"""The number of the stack without elements: the grammar may end."""
END = sys.maxsize
"""In the table of elements, the end of a sequence; rules are numbers from 0, character classes negative."""


class Alphabet:
    """A vocabulary, as far as grammars are concerned. Made once per model.

    Args:
        pieces: Bytes of each token; empty for those that stand for no text, which no grammar allows.
        end_ids: Tokens that end an answer: allowed where the grammar may end.
    """

    def __init__(self, pieces: list[bytes], end_ids: frozenset[int]) -> None:
        self.pieces = pieces
        self.end_ids = end_ids
        self.sorted_end_ids = np.array(sorted(end_ids), np.int64)
        self.first_bytes = np.array([piece[0] if piece else NO_BYTE for piece in pieces], np.int16)
        """(vocabulary,) int16."""
        self.first_bytes[self.sorted_end_ids] = NO_BYTE


class _State:
    """Where an answer may stand in a grammar."""

    __slots__ = ("can_end", "first_bytes", "next", "stacks")

    def __init__(self, stacks: frozenset[int]) -> None:
        self.can_end = EMPTY in stacks
        self.stacks = stacks - {EMPTY}
        """Each has a character class on top."""
        self.next: dict[int, _State | None] = {}
        """What follows a character; None: it is not allowed."""
        self.first_bytes: npt.NDArray[np.bool_] | None = None
        """(257,) bool: bytes that a token may begin with here."""


class Matcher:
    """A grammar, and the place in it that an answer has come to.

    Raises:
        InputError: The grammar is too ambiguous already at its beginning.
    """

    def __init__(self, grammar: Grammar, alphabet: Alphabet) -> None:
        self._alphabet = alphabet
        self._classes = grammar.classes
        self._elements: list[int] = []
        self._starts: list[list[int]] = []
        """For each rule, where its sequences begin in the table of elements."""
        self._lay_out(grammar)
        self._stacks: list[tuple[int, int]] = [(0, EMPTY)]
        """Position of the top element, and the number of the stack below it. Equal stacks have one number."""
        self._numbers: dict[tuple[int, int], int] = {}
        self._states: dict[frozenset[int], _State] = {}
        self._work = 0
        self._state = self._settle([self._push(start, EMPTY) for start in self._starts[grammar.root]])
        self._partial = b""
        """The beginning of a character whose other bytes are still to come."""

    def allows(self, token: int) -> bool:
        """Whether the answer may go on with `token`, or end with it.

        Raises:
            InputError: The grammar is too ambiguous.
        """
        self._work = 0
        return self._is_allowed(token)

    def accept(self, token: int) -> None:
        """Go on with an allowed token."""
        if token not in self._alphabet.end_ids:
            after = self._after(self._alphabet.pieces[token])
            assert after is not None, "this token is not allowed here"
            self._state, self._partial = after

    def likeliest(self, logits: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.int64]:
        """The best allowed tokens, best first.

        Args:
            logits: (vocabulary,) float32.
            count: How many at most.

        Returns:
            (n,) int64, 1 <= n <= count.

        Raises:
            InputError: No token is allowed, or the grammar is too ambiguous.
        """
        self._work = 0
        found: list[int] = []
        for token in _by_falling_logit(self._candidates(), logits):
            if self._is_allowed(token):
                found.append(token)
                if len(found) == count:
                    break
        if not found:
            raise InputError("the model has no token for what the grammar asks for", hint="let it allow more")
        return np.array(found, np.int64)

    def _is_allowed(self, token: int) -> bool:
        if token in self._alphabet.end_ids:
            return self._state.can_end and not self._partial
        piece = self._alphabet.pieces[token]
        return bool(piece) and self._after(piece) is not None

    def _after(self, piece: bytes) -> tuple[_State, bytes] | None:
        """State and unfinished character after these bytes; None where they are not allowed."""
        data = self._partial + piece
        try:
            text, num_read = codecs.utf_8_decode(data, "strict", False)
        except UnicodeDecodeError:
            return None
        state: _State | None = self._state
        for character in map(ord, text):
            state = state.next[character] if character in state.next else self._step(state, character)
            if state is None:
                return None
        partial = data[num_read:]
        return (state, partial) if not partial or self._can_begin(state, partial) else None

    def _candidates(self) -> npt.NDArray[np.int64]:
        """Tokens whose first byte is allowed, and end tokens where the answer may end."""
        state, first_bytes = self._state, self._alphabet.first_bytes
        if self._partial:
            return np.flatnonzero((first_bytes >= 0x80) & (first_bytes < 0xC0))
        if state.first_bytes is None:
            state.first_bytes = np.zeros(NO_BYTE + 1, np.bool_)
            state.first_bytes[:0x80] = [self._step(state, byte) is not None for byte in range(0x80)]
            state.first_bytes[0xC2:0xF5] = [self._can_begin(state, bytes([byte])) for byte in range(0xC2, 0xF5)]
        candidates = np.flatnonzero(state.first_bytes[first_bytes])
        return np.concatenate([candidates, self._alphabet.sorted_end_ids]) if state.can_end else candidates

    def _step(self, state: _State, character: int) -> _State | None:
        """The state after `character`, or None; remembered."""
        stacks: list[int] = []
        for number in state.stacks:
            position, below = self._stacks[number]
            if self._class_at(position).matches(character):
                stacks.append(self._push(position + 1, below))
        self._spend(len(state.stacks))
        after = state.next[character] = self._settle(stacks) if stacks else None
        return after

    def _settle(self, stacks: list[int]) -> _State:
        """Put in place of a rule on top of a stack what it stands for, until each has a character class on top."""
        todo = list(dict.fromkeys(stacks))
        seen = set(todo)
        settled: list[int] = []
        for number in todo:  # which grows meanwhile
            position, below = self._stacks[number]
            element = self._elements[position]
            if number == EMPTY or element < 0:
                settled.append(number)
                continue
            below = self._push(position + 1, below)
            further = {self._push(start, below) for start in self._starts[element]} - seen
            self._spend(len(further))
            seen |= further
            todo += further
        return self._remembered(frozenset(settled))

    def _push(self, position: int, below: int) -> int:
        """The stack with the element at `position` on top of `below`; at the end of a sequence that is `below`."""
        if self._elements[position] == END:
            return below
        number = self._numbers.setdefault((position, below), len(self._stacks))
        if number == len(self._stacks):
            self._stacks.append((position, below))
        return number

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MAX_WORK or len(self._stacks) > MAX_STACKS:
            raise InputError(
                "the grammar can be read in too many ways at once", hint="let alternatives begin differently"
            )

    def _remembered(self, stacks: frozenset[int]) -> _State:
        if stacks not in self._states:
            if len(self._states) == MAX_STATES:
                for state in self._states.values():
                    state.next.clear()
                self._states.clear()
            self._states[stacks] = _State(stacks)
        return self._states[stacks]

    def _can_begin(self, state: _State, partial: bytes) -> bool:
        """Whether an allowed character begins with these bytes."""
        low, high = _code_points(partial)
        return any(self._class_at(self._stacks[number][0]).meets(low, high) for number in state.stacks)

    def _class_at(self, position: int) -> CharacterClass:
        return self._classes[~self._elements[position]]

    def _lay_out(self, grammar: Grammar) -> None:
        for alternates in grammar.rules:
            starts: list[int] = []
            for sequence in alternates:
                starts.append(len(self._elements))
                self._elements += [*sequence, END]
            self._starts.append(starts)


def _by_falling_logit(tokens: npt.NDArray[np.int64], logits: npt.NDArray[np.float32]) -> Iterator[int]:
    """Ids, the likeliest first. Few callers ask for more than those, so the others are not sorted before they must."""
    scores = -logits[tokens]
    if len(tokens) > NUM_LIKELIEST:
        places = np.argpartition(scores, NUM_LIKELIEST)
        for part in np.split(places, [NUM_LIKELIEST]):
            yield from tokens[part[np.argsort(scores[part], kind="stable")]].tolist()
    else:
        yield from tokens[np.argsort(scores, kind="stable")].tolist()


def _code_points(partial: bytes) -> tuple[int, int]:
    """First and last character whose UTF-8 begins with these bytes."""
    lead = partial[0]
    size, first_of_size = (2, 0x80) if lead < 0xE0 else (3, 0x800) if lead < 0xF0 else (4, 0x10000)
    value = lead & (0x7F >> size)
    for byte in partial[1:]:
        value = value << 6 | byte & 0x3F
    num_missing_bits = 6 * (size - len(partial))
    low = value << num_missing_bits
    return max(low, first_of_size), min(low | (1 << num_missing_bits) - 1, 0x10FFFF)
