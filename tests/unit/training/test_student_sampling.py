"""Answers of a student, many prompts at a time: as if each were asked alone."""

import random

import pytest

from training.model import new_student
from training.recipe import ModelRecipe
from training.sampling import Request, sample

CONTEXT = 64


class Numbers:
    """A vocabulary whose words are its ids."""

    end_of_text = 0

    def decode(self, ids: list[int]) -> str:
        return " ".join(map(str, ids))


@pytest.fixture(scope="module")
def model():
    """Random weights."""
    shape = ModelRecipe(vocab_size=97, hidden_size=32, num_layers=2, num_heads=4, context_tokens=CONTEXT)
    return new_student(shape, 97, seed=0).eval()


def prompts(count: int) -> list[Request]:
    rng = random.Random(0)
    lengths = [rng.randint(1, CONTEXT + 2) for _ in range(count)]
    return [Request(prompt=tuple(rng.randrange(1, 97) for _ in range(length)), temperature=0.0) for length in lengths]


def test_padding_changes_no_answer(model) -> None:
    """Greedy answers to prompts of all lengths, in one batch and one by one."""
    asked = prompts(40)

    together = sample(model, Numbers(), asked, max_new_tokens=20, seed=0)

    assert together == [sample(model, Numbers(), [each], max_new_tokens=20, seed=0)[0] for each in asked]


def test_no_answer_goes_past_the_context(model) -> None:
    """A prompt that fills it gets an empty answer, and its neighbours theirs."""
    asked = prompts(40)

    answers = sample(model, Numbers(), asked, max_new_tokens=20, seed=0)

    for request, answer in zip(asked, answers, strict=True):
        assert len(answer.split()) <= max(0, min(20, CONTEXT - len(request.prompt)))


def test_the_same_seed_says_the_same_and_another_something_else(model) -> None:
    """At temperature 1."""
    asked = [Request(prompt=(1, 2, 3), temperature=1.0)] * 8

    first, again, other = (sample(model, Numbers(), asked, max_new_tokens=12, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert len(set(first)) > 1
