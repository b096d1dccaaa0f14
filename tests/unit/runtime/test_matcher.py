"""Following a grammar: the tokens it allows are those of the texts it describes, and the work per token is bounded."""

import ctypes
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import assistant.models
from assistant.errors import InputError
from assistant.runtime.grammar import read_grammar
from assistant.runtime.llama import Model, lib, quiet_logs
from assistant.runtime.matcher import Alphabet, Matcher
from tests.unit.runtime.test_grammar import ARITHMETIC, JSON, LIST

END = 0
PIECES = [b"", b"a", b"b", b"c", b"ab", b"aab", b"\xc3", b"\xa9", b"\xc3\xa9", b"\xff", b"a\xc3", b" " * 16]
ALPHABET = Alphabet(PIECES, frozenset({END}))


def matcher(text: str) -> Matcher:
    return Matcher(read_grammar(text), ALPHABET)


def allowed(matcher: Matcher) -> set[bytes]:
    """What may come next; `END` for the end."""
    return {PIECES[token] or "END" for token in range(len(PIECES)) if matcher.allows(token)}


def accepts(matcher: Matcher, data: bytes) -> bool:
    """Whether the grammar describes this text, said byte by byte."""
    for byte in data:
        token = PIECES.index(bytes([byte]))
        if not matcher.allows(token):
            return False
        matcher.accept(token)
    return matcher.allows(END)


def test_a_token_is_allowed_if_all_its_characters_are() -> None:
    """The end is allowed where the grammar may end, and nowhere else."""
    follower = matcher('root ::= "a" "a"? "b"')

    assert allowed(follower) == {b"a", b"ab", b"aab"}
    follower.accept(PIECES.index(b"ab"))
    assert allowed(follower) == {"END"}


def test_a_character_may_come_in_several_tokens() -> None:
    """The first byte of é is allowed where é is; then only its second is, and the answer cannot end between them."""
    follower = matcher('root ::= "a"? "é" | "b"')
    assert allowed(follower) == {b"a", b"b", b"\xc3", b"\xc3\xa9", b"a\xc3"}

    follower.accept(PIECES.index(b"a\xc3"))

    assert allowed(follower) == {b"\xa9"}
    follower.accept(PIECES.index(b"\xa9"))
    assert allowed(follower) == {"END"}


def test_bytes_that_begin_no_allowed_character_are_refused() -> None:
    """0xC3 begins the characters from À to ÿ."""
    assert b"\xc3" in allowed(matcher("root ::= [^ab]"))
    assert b"\xc3" not in allowed(matcher("root ::= [^À-ÿ]"))
    assert b"\xff" not in allowed(matcher("root ::= ."))


def test_the_likeliest_are_the_best_of_the_allowed_best_first() -> None:
    """The oracle: ask for every token, and sort."""
    follower = matcher('root ::= [a-c]+ | "é"')
    logits = np.random.default_rng(1).random(len(PIECES), np.float32)

    best = follower.likeliest(logits, 3)

    every = [token for token in range(len(PIECES)) if follower.allows(token)]
    assert best.tolist() == sorted(every, key=lambda token: -logits[token])[:3]


def test_a_text_the_vocabulary_cannot_write_is_an_error() -> None:
    """A dead end is said, not sampled from."""
    with pytest.raises(InputError, match="no token"):
        matcher('root ::= "x"').likeliest(np.zeros(len(PIECES), np.float32), 1)


@pytest.mark.parametrize(
    "text",
    ['root ::= " " root "b" | " " root "c" | "x"', 'root ::= term "+" root | term\nterm ::= "a" root "c" | "b"'],
    ids=["two ways per blank", "an expression read in two ways per parenthesis"],
)
def test_a_grammar_with_too_many_readings_at_once_is_an_error(text) -> None:
    """Readings double with every character; llama.cpp follows all of them, for hours."""
    follower = matcher(text)

    with pytest.raises(InputError, match="too many ways"):
        say_as_often_as_allowed(follower, [b" " * 16, b"a"], 32)


def say_as_often_as_allowed(follower: Matcher, pieces: list[bytes], times: int) -> None:
    for piece in pieces * times:
        if follower.allows(PIECES.index(piece)):
            follower.accept(PIECES.index(piece))


@pytest.mark.parametrize("text", [f"root ::= {'[a-c ]* ' * 60}", 'root ::= ("a" | "a")*', f"root ::= {'[ab]? ' * 200}"])
def test_equal_readings_are_one(text) -> None:
    """Ambiguity alone does no harm: the first of these hangs llama.cpp."""
    follower = matcher(text)

    for _ in range(20):
        follower.accept(int(follower.likeliest(np.arange(len(PIECES), 0, -1, dtype=np.float32), 2)[-1]))

    assert follower.allows(END)


def test_a_long_way_through_a_grammar_is_followed_to_its_end() -> None:
    """Over more states than are remembered."""
    assert accepts(matcher('root ::= "a"{5000} "b"'), b"a" * 5000 + b"b")


EXPRESSIONS = st.recursive(
    st.sampled_from([('"a"', "a"), ('"b"', "b"), ("[ab]", "[ab]"), ("[^a]", "[^a]"), ('"ab"', "(?:ab)"), ('""', "")]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: (" ".join(p[0] for p in parts), "".join(p[1] for p in parts))
        ),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda parts: (f"({' | '.join(p[0] for p in parts)})", f"(?:{'|'.join(p[1] for p in parts)})")
        ),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}"])).map(
            lambda part: (f"({part[0][0]}){part[1]}", f"(?:{part[0][1]}){part[1]}")
        ),
    ),
    max_leaves=6,
)
"""GBNF and the regular expression that means the same."""


@settings(max_examples=300, deadline=None)
@given(expression=EXPRESSIONS, text=st.text("abc", max_size=7))
def test_a_grammar_without_recursion_allows_what_the_regular_expression_does(expression, text) -> None:
    """Python's `re` is the oracle."""
    gbnf, regex = expression

    assert accepts(matcher(f"root ::= {gbnf}"), text.encode()) == bool(re.fullmatch(regex, text))


@pytest.fixture(scope="module")
def model() -> Model:
    """The built-in one."""
    quiet_logs()
    return Model(Path(assistant.models.__file__).with_name("builtin.gguf"))


@pytest.mark.parametrize("text", [JSON, ARITHMETIC, LIST], ids=["json", "arithmetic", "list"])
@pytest.mark.parametrize("seed", range(4))
def test_llama_cpp_allows_the_same_tokens(model, text, seed) -> None:
    """Along a random answer, over all tokens that are whole characters, NUL apart.

    The others differ on purpose: llama.cpp takes a control token for its name, allows bytes that no character begins
    with, refuses the first byte of é where one character with the same first byte is excluded, and never says NUL.
    """
    random, vocab = np.random.default_rng(seed), model.vocab
    follower = Matcher(read_grammar(text), Alphabet(vocab.pieces, vocab.end_ids))
    theirs = lib.llama_sampler_init_grammar(lib.llama_model_get_vocab(model.handle), text.encode(), b"root")
    whole = [token for token, piece in enumerate(vocab.pieces) if token in vocab.end_ids or is_text(piece)]
    likes = np.full(vocab.num_tokens, -np.inf, np.float32)

    for _ in range(12):
        mask = allowed_by_llama_cpp(theirs, vocab.num_tokens)
        assert [token for token in whole if follower.allows(token)] == [token for token in whole if mask[token]]

        likes[whole] = random.random(len(whole), np.float32)
        token = int(follower.likeliest(likes, 1)[0])
        if token in vocab.end_ids:
            break
        follower.accept(token)
        lib.llama_sampler_accept(theirs, token)

    lib.llama_sampler_free(theirs)


def is_text(piece: bytes) -> bool:
    """Whether these bytes are whole characters, one at least and none of them NUL."""
    return piece != b"" and b"\0" not in piece and piece.decode(errors="ignore").encode() == piece


def allowed_by_llama_cpp(grammar, num_tokens: int) -> np.ndarray:
    """(vocabulary,) bool."""
    candidates = np.zeros(num_tokens, [("id", np.int32), ("logit", np.float32), ("p", np.float32)])
    candidates["id"] = np.arange(num_tokens)
    data = ctypes.cast(candidates.ctypes.data, lib.llama_token_data_p)
    array = lib.llama_token_data_array(data=data, size=num_tokens, selected=-1, sorted=False)
    lib.llama_sampler_apply(grammar, ctypes.byref(array))
    return np.isfinite(candidates["logit"])
