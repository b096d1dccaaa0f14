"""Two greedy answers may part where the best logits are as good as equal, and nowhere else."""

import numpy as np
import pytest

from assistant.bench.noise import NearTies

PIECES = [b"", b"a", b"b", b"ab", b"\n", b"\n "]
END, A, B, AB, NEWLINE, NEWLINE_SPACE = range(6)


def ties(*steps: dict[int, float]) -> NearTies:
    """A model that ends after one token of prompt and so many steps; logits not given are very low."""

    def compute(ids, **_):
        logits = np.full(len(PIECES), -100.0, np.float32)
        for token, value in steps[len(ids) - 1].items():
            logits[token] = value
        return logits

    return NearTies(compute=compute, pieces=PIECES, end_ids={END}, noise=0.5)


@pytest.mark.parametrize(("gap", "expected"), [(0.25, True), (0.75, False)])
def test_the_gap_where_they_part_decides(gap: float, expected: bool) -> None:
    """Measured after what both have in common."""
    model = ties({A: 1.0}, {A: 1.0, B: 1.0 - gap})

    assert model.excuse([0], b"aa", b"ab") is expected


def test_an_answer_may_end_at_a_near_tie() -> None:
    """The end of an answer is a token, too."""
    assert ties({A: 1.0}, {END: 1.0, B: 0.75}).excuse([0], b"a", b"ab")
    assert not ties({A: 1.0}, {END: 1.0, B: 0.0}).excuse([0], b"a", b"ab")


def test_one_text_may_be_made_of_other_tokens() -> None:
    """A longer token that as good as won explains a text that begins like the other."""
    assert ties({NEWLINE: 1.0, NEWLINE_SPACE: 0.75}).excuse([0], b"\nb", b"\n b")


def test_a_token_of_nowhere_is_no_near_tie() -> None:
    """What the model would never have said is an error, however close others are."""
    assert not ties({A: 1.0, AB: 0.9}).excuse([0], b"b", b"ab")
