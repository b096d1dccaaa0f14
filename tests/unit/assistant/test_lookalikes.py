"""Words that read as others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.lookalikes import lookalikes


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("раypal()", "reads as paypal"),
        ("ѕсоре = 1", "reads as scope"),
        ("Αdmin = 1", "reads as Admin"),
        ("def ｅval(x): pass", "is the same name as eval to Python"),
        ("𝐞𝐱𝐞𝐜('x')", "is the same name as exec to Python"),
        ("usеrдата = 1", "mixes Latin and Cyrillic letters"),
    ],
)
def test_a_word_that_reads_as_another_is_found(code: str, why: str) -> None:
    """Mixed scripts, whole words of lookalikes, letters that Python folds."""
    assert [found.why for found in lookalikes(code)] == [why]


@pytest.mark.parametrize(
    "code",
    [
        *(
            "größe = naïve + ångström",
            "Δx = σ_max * π + μs",
            "имя = 'Привет, мир'",
            "# а также с ней\n",
            "変数 = 名前 + ひと",
        ),
        *("print('дата: x')", "x = 'он сор'  # мусор и сор"),
    ],
)
def test_languages_and_formulas_are_left_alone(code: str) -> None:
    """People write in their own scripts, and in Greek letters."""
    assert lookalikes(code) == []


def test_what_the_file_has_already_is_not_found() -> None:
    """As a whole word, not as a part of one."""
    assert lookalikes("раypal", known="x = раypal") == []
    assert lookalikes("раypal", known="x = раypalX")


@given(st.text(), st.text(max_size=20))
def test_any_text_can_be_asked_about(code: str, known: str) -> None:
    """Where a word is found it is."""
    for found in lookalikes(code, known):
        assert code[found.start :].startswith(found.word)
