"""Choosing tokens: greedy or drawn, with penalties or a grammar, and the same with drafts as without."""

import numpy as np
import pytest

from assistant.errors import InputError
from assistant.protocol import Sampling
from assistant.runtime.grammar import read_grammar
from assistant.runtime.matcher import Alphabet, Matcher
from assistant.runtime.sampling import Sampler

GREEDY = Sampling(temperature=0)
PIECES = [b"", *(bytes([97 + letter]) for letter in range(26)), b"\n"]
END = 0
WRONG = -1
ALPHABET = Alphabet(PIECES, frozenset({END}))


def logits(**likes: float) -> np.ndarray:
    """A model that likes the named pieces, `_` for the end."""
    scores = np.zeros(len(PIECES), np.float32)
    for name, score in likes.items():
        scores[END if name == "_" else PIECES.index(name.encode())] = score
    return scores


def choose(sampling: Sampling, rows: list[np.ndarray], *, grammar: str = "", prompt=()) -> bytes:
    """The pieces chosen from rows of logits, one after the other."""
    matcher = Matcher(read_grammar(grammar), ALPHABET) if grammar else None
    sampler = Sampler(sampling, rows.__getitem__, num_tokens=len(PIECES), prompt=prompt, matcher=matcher)
    tokens = [sampler.choose(index) for index in range(len(rows))]
    sampler.close()
    return b"".join(PIECES[token] for token in tokens)


def test_greedy_takes_the_likeliest() -> None:
    """Whatever top-k and the like say."""
    assert choose(Sampling(temperature=0, top_k=1, top_p=0.1), [logits(c=2, b=1), logits(b=0.1)]) == b"cb"


def test_a_seed_draws_the_same_again() -> None:
    """And another seed something else; -1 is another one every time."""
    rows = [np.random.default_rng(row).random(len(PIECES), np.float32) for row in range(40)]

    assert choose(Sampling(temperature=1, seed=7), rows) == choose(Sampling(temperature=1, seed=7), rows)
    assert choose(Sampling(temperature=1, seed=7), rows) != choose(Sampling(temperature=1, seed=8), rows)
    assert choose(Sampling(temperature=1), rows) != choose(Sampling(temperature=1), rows)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(temperature=5, top_k=2, top_p=1),
        Sampling(temperature=0.01, top_k=0, top_p=1),
        Sampling(temperature=5, top_k=0, top_p=0.7),
        Sampling(temperature=5, top_k=0, top_p=1, min_p=0.3),
    ],
    ids=["top_k", "temperature", "top_p", "min_p"],
)
def test_every_field_keeps_unlikely_tokens_away(sampling) -> None:
    """Two have a chance, the others would have one at this temperature."""
    drawn = set(choose(sampling, [logits(b=9, c=8.9)] * 60))

    assert ord("b") in drawn
    assert drawn <= set(b"bc")


@pytest.mark.parametrize(
    "penalty",
    [{"repeat_penalty": 4.0}, {"frequency_penalty": 2.0}, {"presence_penalty": 2.0}],
    ids=lambda p: next(iter(p)),
)
def test_penalties_count_the_last_64_tokens_of_prompt_and_answer(penalty) -> None:
    """What was said there is less likely; a token further back counts no more."""
    sampling = Sampling(temperature=0, **penalty)
    a, z = PIECES.index(b"a"), PIECES.index(b"z")

    assert choose(sampling, [logits(a=2, b=1)] * 2) == b"ab"
    assert choose(sampling, [logits(a=2, b=1)], prompt=[a, *[z] * 63]) == b"b"
    assert choose(sampling, [logits(a=2, b=1)], prompt=[a, *[z] * 64]) == b"a"


@pytest.mark.parametrize("temperature", [0, 1])
def test_a_grammar_takes_over_where_the_free_choice_is_refused(temperature) -> None:
    """Among what it allows the likeliest is taken, or one is drawn."""
    sampling = Sampling(temperature=temperature, seed=1)
    rows = [logits(x=99), logits(b=99), logits(x=99, c=50), logits(x=99)]

    assert choose(sampling, rows, grammar='root ::= "ab" [cd]') == b"abc"


def test_within_a_grammar_draws_follow_the_chances() -> None:
    """The model likes x, which is not allowed; of a, b and c it likes b and c alike."""
    drawn = choose(Sampling(temperature=1, seed=3, top_p=1), [logits(x=99, b=9, c=9)] * 200, grammar="root ::= [abc]*")

    assert set(drawn) <= set(b"abc")
    assert 70 < drawn.count(b"b") < 130


def test_an_answer_ends_where_its_grammar_does() -> None:
    """There the end is the only token; before it, it is none."""
    assert choose(GREEDY, [logits(_=9, a=1), logits(a=9, _=1)], grammar='root ::= "a"') == b"a"


def test_a_grammar_that_the_model_cannot_write_is_an_error() -> None:
    """It ends the answer, not the engine."""
    with pytest.raises(InputError, match="no token"):
        choose(GREEDY, [logits(a=1)], grammar='root ::= "é"')


@pytest.mark.parametrize(
    "sampling", [GREEDY, Sampling(temperature=1, seed=5, repeat_penalty=1.3)], ids=["greedy", "drawn"]
)
@pytest.mark.parametrize("grammar", ["root ::= [a-z]*", "root ::= ([a-m] [n-z])*"], ids=["any letters", "in turns"])
def test_checking_a_draft_chooses_the_same_tokens(sampling, grammar) -> None:
    """Rows after the first wrong token of a draft are never asked for, so there is nothing to take back."""
    rows = [logits(_=-99) + np.random.default_rng(row).random(len(PIECES), np.float32) * 4 for row in range(30)]
    expected = choose(sampling, rows, grammar=grammar)
    matcher = Matcher(read_grammar(grammar), ALPHABET)
    batch: list[np.ndarray] = []
    sampler = Sampler(sampling, lambda index: batch[index], num_tokens=len(PIECES), matcher=matcher)

    said: list[int] = []
    while len(said) < len(rows):
        draft = [*(PIECES.index(bytes([letter])) for letter in expected[len(said) : len(said) + 2]), WRONG]
        batch[:] = rows[len(said) : len(said) + len(draft) + 1]
        for index in range(len(batch)):
            said.append(sampler.choose(index))
            if index == len(draft) or said[-1] != draft[index]:
                break
    sampler.close()

    assert b"".join(PIECES[token] for token in said) == expected
