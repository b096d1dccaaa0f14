"""Which rewritten problems are none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evolve.filters import FILTERS, why_not
from training.evolve.heuristics import FRAME, HEURISTICS, WEIGHTS, drawn_heuristic, evolution_prompt
from training.evolve.languages import names_another_language
from training.evolve.seeds import entry_point_of

PARENT = "Write a Python function that returns the sum of a list of numbers."
GOOD = "Write a Python function that takes a list of numbers and returns the sum of those that occur exactly once."


@pytest.mark.parametrize(
    ("child", "reason"),
    [
        (GOOD, ""),
        (f"{GOOD} The list has up to 100,000 numbers, so it must take linear time.", ""),
        (f"{GOOD}\n\nA colleague wrote this, which is wrong:\n```python\ndef f(xs):\n    return sum(xs)\n```", ""),
        ("Write a function that returns an answer: the key of the solution with the largest value.", ""),
        ("", "empty"),
        ("?!", "empty"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("As an AI language model I write no functions.", "refusal"),
        (f"#Rewritten Task#\n{GOOD}", "leaked_marker"),
        (f"{GOOD} It is harder than the given task.", "leaked_marker"),
        (f"{GOOD} {HEURISTICS['misleading']}", "copied_prompt"),
        (
            f"{GOOD} State one more requirement or limit that the solution must respect, in ten more words.",
            "copied_prompt",
        ),
        (f"{GOOD} It keeps the tables, the code and the input that the task below has.", "copied_prompt"),
        (f"{GOOD}\n\nCorrect code:\ndef f(xs): return sum(set(xs))", "leaked_answer"),
        (f"{GOOD}\n\n### Solution\n\ndef f(xs): return sum(set(xs))", "leaked_answer"),
        (f"Sure, here is a harder one:\n{GOOD}", "chatter"),
        ("Return the sum.", "too_short"),
        (GOOD * 8, "too_long"),
        (PARENT, "no_gain"),
        (f"  {PARENT.upper()} ", "no_gain"),
        ("Write a Python function that returns the numbers sum of a list of.", "no_gain"),
        (GOOD.replace("Python", "JavaScript"), "other_language"),
        ("Write a web page that shows the sum of a list of numbers that a function returns.", "not_function"),
        ("Explain in your own words how the numbers of a list are added up by a computer.", "not_function"),
    ],
)
def test_a_rewritten_problem_is_kept_or_left_out_for_a_reason(child: str, reason: str) -> None:
    """The first that applies."""
    assert why_not(PARENT, child) == reason


@pytest.mark.parametrize("heuristic", HEURISTICS)
def test_a_prompt_that_comes_back_is_no_problem(heuristic: str) -> None:
    """Neither whole nor the way alone."""
    (turn,) = evolution_prompt(PARENT, heuristic)
    assert why_not(PARENT, turn.content) == "leaked_marker"
    assert why_not(PARENT, HEURISTICS[heuristic] + " Return it from a function.") == "copied_prompt"


def test_a_parent_may_be_about_another_language() -> None:
    """Then it is not the rewriting that leads there."""
    assert (
        why_not("Turn a Java list into a Python list.", "Write a function that turns nested Java lists into one.") == ""
    )


@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_any_two_texts_have_a_verdict(parent: str, child: str) -> None:
    """Whatever a model says, to whatever file."""
    assert why_not(parent, child) in ("", *FILTERS)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_nothing_comes_of_nothing(text: str) -> None:
    """A problem that was not changed is left out, whatever it is."""
    assert why_not(text, text)


def test_every_way_is_drawn_and_the_same_for_the_same_row() -> None:
    """About as often as its weight says."""
    drawn = [drawn_heuristic(0, f"t{n}+1") for n in range(4000)]

    assert drawn == [drawn_heuristic(0, f"t{n}+1") for n in range(4000)]
    for name, weight in WEIGHTS.items():
        assert drawn.count(name) / 4000 == pytest.approx(weight / sum(WEIGHTS.values()), abs=0.03)


def test_a_prompt_names_the_way_and_holds_the_task() -> None:
    """Braces in a task are text."""
    (turn,) = evolution_prompt("Fill {x} in.", "rarer")
    assert HEURISTICS["rarer"] in turn.content
    assert "#Given Task#\nFill {x} in.\n" in turn.content
    assert len(FRAME) < 1000


@pytest.mark.parametrize(
    ("text", "is_other"),
    [
        *((f"Write a {name} program", True) for name in ("JavaScript", "java", "C++", "C#", "PHP", "SQL", "Node.js")),
        *(
            (text, True)
            for text in ("Sort it in C.", "Print it using R", "an HTML form", "write a shell script", "in Go,")
        ),
        *(
            (text, False)
            for text in ("a linked list node", "Go through the list", "as in column C 3", "rusty", "vitamin C")
        ),
        *((text, False) for text in ("Write Python code", "cascade", "a list in r steps", "expression", "reaction")),
    ],
)
def test_other_languages_are_known_by_name(text: str, is_other: bool) -> None:
    """Words that only look like one are none."""
    assert names_another_language(text) is is_other


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("Complete:\n\ndef add_all(xs):\n    pass", "add_all"),
        ("Write a function called `add_all` that…", "add_all"),
        ("Write a function named 'add_all'.", "add_all"),
        ("Write the function `add()`.", "add"),
        ("Write a Python function named add_all.", "add_all"),
        ("Write a function named after its author.", ""),
        ("Add all numbers.", ""),
    ],
)
def test_the_function_that_a_prompt_names_is_found(prompt: str, name: str) -> None:
    """Tests would call it by that name."""
    assert entry_point_of(prompt) == name
