"""What is answered from memory, against a model that anybody can compute."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.protocol import Chunk, FimRequest, first_line
from assistant.server import suggestions
from assistant.server.suggestions import Suggestions

ASKED = FimRequest(prefix="a = ", suffix="\n", client="me", document="a.py")


def said(memory: Suggestions, request: FimRequest, text: str) -> None:
    """The model's whole answer to `request`."""
    suggestion = memory.begin(request)
    suggestion.text, suggestion.finish_reason = text, "stop"


def rest(memory: Suggestions, request: FimRequest) -> str | None:
    """What memory has for `request`."""
    known = memory.find(request)
    return known and known.rest(request)


@given(text=st.text("ab\n", min_size=1), typed=st.text("ab\n"), other=st.text("ab\n"))
def test_an_answer_from_memory_is_exactly_the_rest_of_what_the_model_said(text, typed, other) -> None:
    """Whatever is typed: the naive model is a string, and typing along it leaves its end."""
    memory = Suggestions()
    said(memory, replace(ASKED, document="b.py"), other)
    said(memory, ASKED, text)

    found = rest(memory, replace(ASKED, prefix=ASKED.prefix + typed))

    assert found == (text[len(typed) :] if text.startswith(typed) and typed != text else None)


@given(asked=st.lists(st.tuples(st.text("ab", max_size=3), st.text("ab", max_size=4)), max_size=8), at=st.text("ab"))
def test_of_several_suggestions_only_what_was_said_there_is_answered(asked, at) -> None:
    """Any history: an answer is the end of some remembered text at its own place, and the newest one's."""
    memory = Suggestions()
    for prefix, text in asked:
        said(memory, replace(ASKED, prefix=prefix), text)

    found = rest(memory, replace(ASKED, prefix=at))

    whole = [prefix + text for prefix, text in asked[-suggestions.MAX_PER_DOCUMENT :] if at.startswith(prefix)]
    left = [each[len(at) :] for each in whole if each.startswith(at) and each != at]
    assert found == (left[-1] if left else None)


@given(text=st.text("ab", min_size=1), num_said=st.integers(0, 5), typed=st.text("ab"))
def test_a_running_suggestion_is_continued_as_long_as_both_agree(text, num_said, typed) -> None:
    """Ahead of it by agreeing characters: more may come, so the rest is empty and not "no"."""
    memory = Suggestions()
    running = memory.begin(ASKED)
    running.text = text[:num_said]

    found = running.rest(replace(ASKED, prefix=ASKED.prefix + typed))

    agree = running.text.startswith(typed) or typed.startswith(running.text)
    assert found == (running.text[len(typed) :] if agree else None)


@pytest.mark.parametrize(
    "change",
    [
        {"suffix": "\n\n"},
        {"chunks": (Chunk(name="b.py", text="x"),)},
        {"name": "b.py"},
        {"single_line": True},
        {"max_tokens": 3},
        {"stop": ("x",)},
        {"temperature": 0.5},
        {"client": "you"},
        {"document": "b.py"},
        {"prefix": "b = "},
    ],
    ids=str,
)
def test_another_question_is_not_answered_from_memory(change) -> None:
    """Equal in all that decides what the model says."""
    memory = Suggestions()
    said(memory, ASKED, "1")

    assert rest(memory, replace(ASKED, **change)) is None


@pytest.mark.parametrize("change", [{"references": ("copied",)}, {"early_ms": 9}, {"deadline_ms": 9}], ids=str)
def test_how_fast_it_is_wanted_is_no_part_of_the_question(change) -> None:
    """Nor is what drafts are taken from."""
    memory = Suggestions()
    said(memory, ASKED, "1")

    assert rest(memory, replace(ASKED, **change)) == "1"


def test_what_was_there_before_a_slip_is_there_after_it() -> None:
    """A wrong key and a backspace do not cost the suggestion."""
    memory = Suggestions()
    said(memory, ASKED, "first")
    said(memory, replace(ASKED, prefix="a = x"), "other")

    assert rest(memory, ASKED) == "first"


def test_a_running_suggestion_ends_with_the_next_one() -> None:
    """The engine cancels it, so nobody may wait for it."""
    memory = Suggestions()
    memory.begin(ASKED)

    memory.begin(replace(ASKED, prefix="a = x"))

    assert memory.find(ASKED) is None


def test_what_failed_is_forgotten() -> None:
    """Twice, too."""
    memory = Suggestions()
    failed = memory.begin(ASKED)

    memory.forget(failed)
    memory.forget(failed)

    assert memory.find(ASKED) is None


def test_the_document_not_asked_about_longest_is_forgotten_first() -> None:
    """So many documents are remembered and no more."""
    memory = Suggestions()
    for number in range(suggestions.MAX_DOCUMENTS + 1):
        said(memory, replace(ASKED, document=str(number)), "1")
        if number == 1:
            said(memory, replace(ASKED, document="0"), "2")

    assert len(memory) == suggestions.MAX_DOCUMENTS
    assert rest(memory, replace(ASKED, document="0")) == "2"
    assert rest(memory, replace(ASKED, document="1")) is None


def test_memory_is_bounded_in_characters() -> None:
    """Large files push out older ones, not the daemon."""
    memory = Suggestions()
    large = "x" * (suggestions.MAX_CHARS // 4)
    for number in range(8):
        said(memory, replace(ASKED, suffix=large, document=str(number)), "1")

    assert memory.num_chars() <= suggestions.MAX_CHARS
    assert rest(memory, replace(ASKED, suffix=large, document="7")) == "1"


@given(text=st.text("a \n"))
def test_a_first_line_ends_after_something_was_said(text) -> None:
    """Blank lines before it belong to it; without a line break it is not complete."""
    line = first_line(text)

    if line is None:
        assert "\n" not in text.lstrip()
    else:
        assert line.strip()
        assert text.startswith(line + "\n")
        assert "\n" not in line.lstrip()
