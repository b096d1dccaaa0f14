"""The families are sound: right programs agree, mistakes are found out, and what is held out stays out."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sandbox.programs import Job, ProgramRunner, Results
from training.families.catalogue import FAMILIES, HELD_OUT
from training.families.drawing import Attempt
from training.families.family import Draft, Family
from training.families.mistakes import mutants
from training.families.teachers import mistake
from training.families.writing import draft

EACH_FAMILY = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
ROOM = Path(__file__).parents[3] / "training"


def drafts_of(family: Family, count: int) -> list[Draft]:
    return [Attempt(family, "train", 3, number).draft() for number in range(count)]


def run(drafts: Sequence[Draft], programs: Sequence[str], runner: ProgramRunner) -> list[Results]:
    pairs = zip(drafts, programs, strict=True)
    return runner.run_all([Job(program=text, entry_point=each.entry_point, inputs=each.inputs) for each, text in pairs])


def outcome(result: Results, right: Results) -> str:
    if not result.compiled:
        return "does not compile"
    if None in result.values:
        return "crashes"
    return "passes" if result.values == right.values else "fails"


def test_there_are_families_of_every_kind_and_the_readme_names_them_all() -> None:
    """At least forty, over at least the subjects that were asked for."""
    names = [family.name for family in FAMILIES]
    readme = (ROOM / "README.md").read_text("utf-8")

    assert len(set(names)) == len(names) >= 40
    assert len({family.subject for family in FAMILIES}) >= 15
    assert set(names) > HELD_OUT
    assert [name for name in names if f"`{name}`" not in readme] == []


@EACH_FAMILY
def test_programs_in_every_style_agree_on_all_inputs(family: Family, runner: ProgramRunner) -> None:
    """They are each other's oracle; a reference never fails on an input."""
    drafts = drafts_of(family, 4)
    asked = [(each, text) for each in drafts for text in each.programs]

    results = run([each for each, _ in asked], [text for _, text in asked], runner)

    for each in drafts:
        same = {result.values for (owner, _), result in zip(asked, results, strict=True) if owner is each}
        assert len(same) == 1
        assert None not in next(iter(same))


@pytest.mark.slow
@EACH_FAMILY
def test_mistakes_are_found_out_and_reach_every_class(family: Family, runner: ProgramRunner) -> None:
    """Of eight mistakes at least two fail a check, in at least 95 % of the draws; no class of outcomes is missing."""
    drafts = drafts_of(family, 20)
    right = run(drafts, [each.programs[0] for each in drafts], runner)
    wrong = [[mistake(each, random.Random(f"{at}/{turn}")) for at, each in enumerate(drafts)] for turn in range(8)]

    found = [
        [outcome(result, reference) for result, reference in zip(run(drafts, texts, runner), right, strict=True)]
        for texts in wrong
    ]

    caught = [sum(turn[at] != "passes" for turn in found) >= 2 for at in range(len(drafts))]
    assert sum(caught) >= 0.95 * len(drafts)
    assert {"does not compile", "crashes", "fails"} <= set(Counter(each for turn in found for each in turn))


@given(st.sampled_from(FAMILIES), st.integers())
def test_a_draft_is_the_same_every_time_and_whole(family: Family, seed: int) -> None:
    """No slot is left open; every program compiles."""
    each = draft(family, f"{seed}")

    assert draft(family, f"{seed}") == each
    assert "$" not in each.prompt
    assert each.entry_point in each.prompt
    assert 1 <= each.level <= 3
    assert 10 <= len(each.inputs) <= 30
    for text in each.programs:
        assert "$" not in text
        assert text.isascii()
        compile(text, "<program>", "exec")


@given(st.sampled_from(FAMILIES), st.integers())
def test_a_prompt_never_contains_a_solution(family: Family, seed: int) -> None:
    """Not even one that shows a program to repair."""
    each = draft(family, f"{seed}")

    for text in each.programs:
        _, _, body = text.partition("):\n")
        assert body.strip() not in each.prompt


@given(st.sampled_from(FAMILIES), st.integers())
def test_a_mutant_compiles_unless_that_is_its_mistake(family: Family, seed: int) -> None:
    """Every program has mutants of every sort."""
    for text in draft(family, f"{seed}").programs:
        found = mutants(text)

        assert {each.effect for each in found} == {"compile", "crash", "wrong"}
        for each in found:
            assert compiles(each.program) == (each.effect != "compile")


def compiles(text: str) -> bool:
    try:
        compile(text, "<program>", "exec")
    except SyntaxError:
        return False
    return True
