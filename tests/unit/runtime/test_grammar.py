"""Reading GBNF: what cannot be matched in bounded time is refused by name, before anything is computed."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.runtime.grammar import CharacterClass, read_grammar
from assistant.runtime.matcher import Alphabet, Matcher

JSON = r"""
root   ::= object  # the grammar that llama.cpp ships
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::=
  "{" ws (
            string ":" ws value
    ("," ws string ":" ws value)*
  )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
ws ::= | " " | "\n" [ \t]{0,20}
"""
ARITHMETIC = r"""
root  ::= (expr "=" ws term "\n")+
expr  ::= term ([-+*/] term)*
term  ::= ident | num | "(" ws expr ")" ws
ident ::= [a-z] [a-z0-9_]* ws
num   ::= [0-9]+ ws
ws    ::= [ \t\n]*
"""
LIST = 'root ::= item+\r\nitem ::= "- " [^\\r\\n\\x0b\\x0c\\x85\\u2028\\u2029]+ "\\n"'
ENDLESS = "never gets past the beginning of"
REFUSED = {
    "direct left recursion": ('root ::= root "a" | "b"', f"{ENDLESS} root"),
    "a rule that is only itself": ("root ::= root", f"{ENDLESS} root"),
    "indirect left recursion": ('root ::= a "x"\na ::= b "y"\nb ::= a "z" | "q"', ENDLESS),
    "left recursion behind the empty text": ('root ::= e root "x" | "y"\ne ::= "" | "k"', f"{ENDLESS} root"),
    "left recursion behind a rule that may be empty": ('root ::= e root "x" | "y"\ne ::= f\nf ::= "k"?', ENDLESS),
    "left recursion behind a repetition": ('root ::= [ ]* root "x" | "y"', f"{ENDLESS} root"),
    "an undefined rule": ("root ::= nope", "does not define nope"),
    "no root": ('start ::= "a"', "does not define root"),
    "nothing": ("", "does not define root"),
    "a comment": ("# only", "does not define root"),
    "a rule defined twice": ('root ::= "a"\nroot ::= "b"', "line 2: root is defined twice"),
    "parentheses in parentheses": (f'root ::= {"(" * 30_000}"a"{")" * 30_000}', "more than 50 parentheses"),
    "a parenthesis that stays open": ('root ::= ("a"', "expected )"),
    "a repetition that ends before it begins": ('root ::= "a"{5,2}', "at least 5 and at most 2 times"),
    "a million repetitions": ('root ::= "a"{1000000}', "more than 20000 elements"),
    "as many that are optional": ('root ::= "a"{0,1000000}', "more than 20000 elements"),
    "repetitions of repetitions": ('root ::= ("a"{150} | "b"){150}{150}{150}{150} "c"{19500}', "20000 elements"),
    "a number beyond all sizes": ('root ::= "a"{99999999999999999999999}', "a repetition is {2}, {2,} or {2,5}"),
    "nothing to repeat": ("root ::= *", "nothing to repeat"),
    "an empty class": ('root ::= [] "a"', "an empty character class"),
    "a range that ends before it begins": ("root ::= [z-a]", "a range that ends before it begins"),
    "a character beyond Unicode": (r'root ::= "\U00110000"', "there is no character U+110000"),
    "an unknown escape": (r'root ::= "\q"', r"unknown escape \q"),
    "a text without end": ('root ::= "a', "unexpected end"),
    "an escape without end": ('root ::= "\\', "unknown escape"),
    "token references": ('root ::= "a" !<[5]>', "token references are not supported"),
    "junk": ("".join(chr(32 + i * 7919 % 95) for i in range(65_536)), "cannot be read in line 1"),
    "too much of it": ("#" * 70_000, "has 70000 characters"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_matched_is_refused_by_name(text, reason) -> None:
    """With a message that says what is wrong and a hint; never by a crash of the engine."""
    with pytest.raises(InputError) as refusal:
        read_grammar(text)

    assert reason in str(refusal.value)
    assert refusal.value.hint


@pytest.mark.parametrize("text", [JSON, ARITHMETIC, LIST, 'root ::= ("a"? "b"?)* "c"', 'root ::= ("a"*)*', "root ::="])
def test_grammars_as_people_write_them_are_read(text) -> None:
    """Comments, line ends of any kind, rules over several lines; also repetitions of what may be empty."""
    assert read_grammar(text).rules


def test_forty_rules_that_each_ask_twice_for_the_next_are_read_once() -> None:
    """The check for left recursion takes linear time; llama.cpp's takes two to the fortieth."""
    chain = "\n".join(f"a{i} ::= a{i + 1} | a{i + 1}" for i in range(40))

    assert len(read_grammar(f'root ::= a0\n{chain}\na40 ::= "x"').rules) == 42


@given(
    ranges=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)).map(lambda r: (r[0], r[0] + r[1])), max_size=4),
    negated=st.booleans(),
    low=st.integers(0, 25),
    width=st.integers(0, 6),
)
def test_a_class_meets_a_range_if_it_matches_one_of_its_characters(ranges, negated, low, width) -> None:
    """Also a negated class whose ranges overlap."""
    kind = CharacterClass(tuple(sorted(ranges)), negated)

    assert kind.meets(low, low + width) == any(kind.matches(code) for code in range(low, low + width + 1))


ALPHABET = Alphabet([b"", *(bytes([byte]) for byte in range(256)), b"  ", b"((", b"aaaa", b'"}'], frozenset({0}))
FRAGMENTS = st.sampled_from(
    ["root", "ws", " ::= ", "|", "(", ")", "*", "+?", "{0,9}", "{3}", '"', "[", "^", "-", "\\x", "\n"]
)


@st.composite
def mutated(draw) -> str:
    """A good grammar with a few pieces cut out, doubled or put in."""
    text = draw(st.sampled_from([JSON, ARITHMETIC, LIST]))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 12))
        text = text[:start] + draw(st.one_of(FRAGMENTS, st.just(text[start:end] * 2), st.just(""))) + text[end:]
    return text


@settings(max_examples=150, deadline=None)
@given(text=mutated(), seed=st.integers(0, 99))
def test_a_damaged_grammar_is_refused_or_works(text, seed) -> None:
    """Whatever it has become: an error that says why, or an answer whose every token is allowed."""
    random = np.random.default_rng(seed)
    with contextlib.suppress(InputError):
        matcher = Matcher(read_grammar(text), ALPHABET)
        for _ in range(8):
            [token] = matcher.likeliest(random.random(len(ALPHABET.pieces), np.float32), 1).tolist()

            assert matcher.allows(token)

            matcher.accept(token)
            if token == 0:
                break
