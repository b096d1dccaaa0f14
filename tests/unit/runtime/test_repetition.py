"""Answers that go round in circles are stopped soon; code that repeats itself is not stopped at all."""

import random
import sysconfig
from pathlib import Path

import pytest

import assistant.models
from assistant.runtime.llama import Model, Vocab, quiet_logs
from assistant.runtime.repetition import LOOK_EVERY, MIN_COPIES, MIN_REPEATED_TOKENS, Repetition

TABLE = "TABLE = [\n" + "    0, 0, 0, 0, 0, 0, 0, 0,\n" * 4 + "    1, 2, 3, 4, 5, 6, 7, 8,\n" + "]\n"
LADDER = "".join(
    f'    elif kind == "{kind}":\n        return read_{kind}(file)\n' for kind in "abcdefghijklmnopqrstuvwxyz"
)
DASHES = f"# {'-' * 110}\n# Section\n# {'-' * 110}\n# {'=' * 110}\n"
CIRCLES = {
    "a word": " the",
    "a line": "        self.value = self.value\n",
    "a test": "    def test_one(self):\n        self.assertEqual(add(1, 1), 2)\n\n",
}


@pytest.fixture(scope="module")
def vocab() -> Vocab:
    """The built-in model's."""
    quiet_logs()
    return Model(Path(assistant.models.__file__).with_name("builtin.gguf")).vocab


def stopped_after(tokens: list[int]) -> int | None:
    """How many tokens were said when it was enough; None: never."""
    repetition = Repetition()
    return next((count for count, token in enumerate(tokens, 1) if repetition.push(token)), None)


@pytest.mark.parametrize("period", [1, 2, 7, 40, 64])
@pytest.mark.parametrize("num_before", [0, 1000, 3000])
def test_a_circle_is_stopped_after_as_many_tokens_as_were_agreed(period, num_before) -> None:
    """At least four times round, and at least 128 tokens; wherever it begins. It is noticed at the next look."""
    before = [1000 + token for token in range(num_before)]

    stopped = stopped_after([*before, *(list(range(period)) * 300)])

    agreed = num_before + period + max(MIN_REPEATED_TOKENS, (MIN_COPIES - 1) * period)
    assert stopped is not None
    assert agreed <= stopped < agreed + LOOK_EVERY


def test_a_circle_longer_than_64_tokens_or_with_a_new_number_in_it_goes_on() -> None:
    """The first is too long to be sure of, and the second is a table."""
    assert stopped_after(list(range(65)) * 20) is None
    assert stopped_after([token for row in range(200) for token in (1, 2, 3, 1000 + row)]) is None


@pytest.mark.parametrize("text", CIRCLES.values(), ids=CIRCLES)
def test_what_small_models_say_for_ever_is_stopped_within_a_screen(vocab, text) -> None:
    """Long before the limit of 512 tokens of a chat."""
    stopped = stopped_after(vocab.tokenize(text * 300))

    assert stopped is not None
    assert stopped < 256


@pytest.mark.parametrize("text", [TABLE, LADDER, DASHES], ids=["table", "elif", "dashes"])
def test_code_that_repeats_itself_goes_on(vocab, text) -> None:
    """Rows of zeros, a ladder of 26 `elif`, rules of dashes."""
    assert stopped_after(vocab.tokenize(text)) is None


def test_pythons_own_library_is_not_stopped(vocab) -> None:
    """Sixty of its files, in the vocabulary with the shortest tokens we have."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    for file in random.Random(1).sample(files, 60):
        assert stopped_after(vocab.tokenize(file.read_text("utf-8")[:8_000])) is None, file.name
