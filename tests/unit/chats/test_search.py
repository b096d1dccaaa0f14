"""Search: any piece of any text, code with its punctuation included."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.chats.search import found_by, line_with, search, words_of
from assistant.chats.store import Chats
from assistant.errors import InputError
from tests.unit.chats.exchanges import exchange
from tests.unit.chats.test_tree import kept

CODE = """
def merge(*maps: dict[str, int]) -> Counter:
    '''Join.'''
    return sum((Counter(m) for m in maps), Counter())
"""


@pytest.fixture
def talks(chats: Chats) -> Chats:
    chats.save(exchange("join counters", CODE, chat="python"))
    chats.save(exchange("what does a->b[i]++ do?", "It adds one; *p++ does not: café ÉTÉ", chat="c"))
    chats.save(exchange("100% of `x'y\"z`? -- NOT (a OR b)", "NEAR/2 ^col: {braces} a_c", chat="odd"))
    return chats


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dict[str, int]) -> Counter:"], ["python"]),
        (["(*maps"], ["python"]),
        (["a->b[i]++"], ["c"]),
        (["p++"], ["c"]),
        (["++"], ["c", "c"]),
        (["i"], ["c", "c", "python", "python"]),
        (["%"], ["odd"]),
        (["x'y\"z"], ["odd"]),
        (['"z`'], ["odd"]),
        (["-- NOT (a OR b)"], ["odd"]),
        (["NEAR/2"], ["odd"]),
        (["^col:"], ["odd"]),
        (["a_c"], ["odd"]),
        (["{braces}", "a_c", "/2"], ["odd"]),
        (["COUNTERS"], ["python"]),
        (["Café"], ["c"]),
        (["été"], ["c"]),
        (["return", "Join", "m"], ["python"]),
        (["return", "braces"], []),
        (["nowhere"], []),
        (["a.c"], []),
        (["***"], []),
    ],
)
def test_messages_are_found_that_have_every_word_as_it_stands(
    talks: Chats, words: list[str], expected: list[str]
) -> None:
    """No character is special; large letters are like small ones; the newest come first."""
    found = [hit.chat for hit in search(talks, words)]

    assert found == [chat for chat in found if chat in expected]
    assert sorted(found) == sorted(expected)


def test_a_hit_shows_the_line_in_which_it_is(talks: Chats) -> None:
    """From a little before it, where that is far in."""
    (hit,) = search(talks, ["counter())"])

    assert hit.role == "assistant"
    assert hit.line == "…m((Counter(m) for m in maps), Counter())"
    assert line_with("b", "a\nxby\nc") == "xby"
    assert line_with("nowhere", "first\nsecond") == "first"


@pytest.mark.parametrize("words", [[], [""], ["\0"], ["", "\0"]])
def test_to_look_for_nothing_is_an_error(talks: Chats, words: list[str]) -> None:
    """Not all there is."""
    with pytest.raises(InputError, match="nothing was looked for"):
        search(talks, words)


def test_quotes_keep_words_together() -> None:
    """As search boxes do; a quote without its pair is a character."""
    assert words_of('one "two  three" fo"ur') == ["one", "two  three", 'fo"ur']
    assert words_of("  ") == []


def test_what_is_being_said_is_found(chats: Chats) -> None:
    """Of an answer on its way, and of one whose writer was killed, what there is."""
    chats.save(exchange("q", turn="t", answer="first wo"))
    chats.save(exchange("q", turn="t", answer="first words"))

    assert len(search(chats, ["first words"])) == 1


def test_the_list_to_choose_from_has_the_last_chats_first(talks: Chats) -> None:
    """Without words all of them; with words, one line a chat, and what was found in it."""
    assert [each.chat for each in found_by(talks, " ")] == ["odd", "c", "python"]

    (found,) = found_by(talks, "counter")

    assert (found.chat, found.title, found.detail) == (
        "python",
        "join counters",
        "…rge(*maps: dict[str, int]) -> Counter:",
    )


def test_a_title_is_found_too(talks: Chats) -> None:
    """Before what was said, and the chat then goes on where it stands."""
    talks.rename("c", "Pointers and Counters")

    assert [(each.chat, bool(each.hash)) for each in found_by(talks, "counters")] == [("c", False), ("python", True)]


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.text("aAbB\"'*(%_ é\n\0", max_size=8), max_size=5),
    word=st.text("aAb\"'*(%_ é", min_size=1, max_size=5),
)
def test_what_is_found_is_what_has_the_word(texts: list[str], word: str) -> None:
    """The oracle reads every text. Short words are compared without regard to accented capitals only in ASCII."""
    with kept() as chats:
        for number, text in enumerate(texts):
            chats.save(exchange(text, chat=str(number)))

        found = sorted(hit.chat for hit in search(chats, [word]))

    assert found == [str(number) for number, text in enumerate(texts) if word.lower() in text.lower()]
