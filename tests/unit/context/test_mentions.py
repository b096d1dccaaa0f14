"""Files named in a question, found by a few letters, and chips for pastes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.context.fuzzy import best_paths
from assistant.context.mentions import Mention, mentions, spelled, typed_path
from assistant.context.pastes import Pastes


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("what does @src/a.py do?", [Mention("src/a.py")]),
        ("look at @a.py.", [Mention("a.py")]),
        ("(@a.py:10-40, @b.py:7)", [Mention("a.py", 10, 40), Mention("b.py", 7, 7)]),
        ('@"my file.py":3-4 please', [Mention("my file.py", 3, 4)]),
        ("@a.py and @a.py", [Mention("a.py")]),
        ("@app/[slug]/page.tsx", [Mention("app/[slug]/page.tsx")]),
        ("mail me@example.com, or x = a @ b", []),
    ],
)
def test_mentions_are_read_as_people_write_them(question, named) -> None:
    """With punctuation around them; addresses and operators are none."""
    assert mentions(question) == named


@given(st.text(st.characters(exclude_characters='"\n', exclude_categories=["Cs", "Cc"]), min_size=1))
def test_a_spelled_path_is_read_back(path) -> None:
    """Whatever is in it."""
    assert mentions(f"see @{spelled(path)} there")[:1] == [Mention(path)]


@pytest.mark.parametrize(
    ("before", "typed"),
    [("see @sr", "sr"), ("@", ""), ('@"my f', '"my f'), ("me@x", None), ("see @a.py now", None), ("a\n@b", "b")],
)
def test_completion_knows_what_is_being_typed(before, typed) -> None:
    """Only at the end of what stands before the cursor."""
    assert typed_path(before) == typed


PATHS = ["assistant/tui/app.py", "assistant/tui/prompt.py", "tests/unit/tui/test_prompt.py", "assistant/prompts.py"]


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("prompt", "assistant/tui/prompt.py"),
        ("prompts", "assistant/prompts.py"),
        ("tuiprom", "assistant/tui/prompt.py"),
        ("test_pr", "tests/unit/tui/test_prompt.py"),
        ("aap", "assistant/tui/app.py"),
        ("assistant/tui/ap", "assistant/tui/app.py"),
        ("pormpts", "assistant/prompts.py"),
    ],
)
def test_a_few_letters_find_the_path_that_is_meant(typed, best) -> None:
    """In order, by the name first; with a slip, too."""
    assert best_paths(typed, PATHS)[0] == best


@given(st.text(max_size=200), st.lists(st.text(max_size=30), max_size=20))
def test_anything_can_be_typed(typed, paths) -> None:
    """What is offered is among the paths."""
    assert set(best_paths(typed, paths)) <= set(paths)


def test_a_long_paste_is_a_chip_that_becomes_the_text_again() -> None:
    """Two of the same length are told apart; a short one is itself; what only looks like a chip stays."""
    pastes = Pastes()
    one, other = "\n".join("a" * 120), "\n".join("b" * 120)

    chips = [pastes.chip(text) for text in (one, other, one, "short")]

    assert chips == ["[pasted 120 lines]", "[pasted 120 lines #2]", "[pasted 120 lines]", "short"]
    assert pastes.expand(f"fix {chips[1]} like {chips[0]}") == f"fix {other} like {one}"
    assert pastes.expand("[pasted 7 lines]") == "[pasted 7 lines]"
