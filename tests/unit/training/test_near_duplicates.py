"""Near duplicates: what is removed is as similar as it says, counted by other means."""

import random
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH
from hypothesis import given
from hypothesis import strategies as st

from training.bands import BandIndex
from training.dedup import MAX_MISS, NUM_PERM, NearDuplicates, bands, jaccard, keep_first, shingles

WORDS = [f"word{number}" for number in range(400)]


def brute_force(left: str, right: str) -> float:
    """Jaccard of the sets of word 5-grams, from its definition. Texts are of lower-case words and blanks."""
    one, other = grams(left), grams(right)
    return len(one & other) / len(one | other) if one | other else 0.0


@cache
def grams(text: str) -> set[tuple[str, ...]]:
    """Word 5-grams."""
    found = text.split()
    return {tuple(found[start : start + 5]) for start in range(len(found) - 4)}


def edited(text: str, num_changes: int, rng: random.Random) -> str:
    """The text with words changed at random places."""
    found = text.split()
    for place in rng.sample(range(len(found)), num_changes):
        found[place] = rng.choice(WORDS)
    return " ".join(found)


def families_of_texts(seed: int) -> list[str]:
    """Thirty originals, each with copies that differ in up to eight of sixty words."""
    rng = random.Random(seed)
    originals = [" ".join(rng.choices(WORDS, k=60)) for _ in range(30)]
    texts = [edited(text, changes, rng) for text in originals for changes in (0, 1, 2, 3, 4, 8)]
    return rng.sample(texts, len(texts))


@given(left=st.lists(st.sampled_from("abcd"), max_size=30), right=st.lists(st.sampled_from("abcd"), max_size=30))
def test_the_similarity_is_the_share_of_common_word_5_grams(left: Sequence[str], right: Sequence[str]) -> None:
    """As the definition says, for texts with repeated words and for short and empty ones."""
    one, other = " ".join(left), " ".join(right)

    assert jaccard(shingles(one), shingles(other)) == brute_force(one, other)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_text_is_removed_exactly_if_brute_force_finds_it_similar_to_a_kept_one(seed: int, threshold: float) -> None:
    """The sketches only save looking: the earliest kept text that is similar enough is found, with its similarity."""
    near = NearDuplicates(threshold)
    kept: list[str] = []
    for text in families_of_texts(seed):
        similar = [(number, brute_force(text, other)) for number, other in enumerate(kept)]
        expected = next((pair for pair in similar if pair[1] >= threshold), None)

        assert near.match_or_add(text) == expected
        if expected is None:
            kept.append(text)


class ByDatasketch:
    """The same with the library's own index, whose memory is ten times that of ours."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.index = MinHashLSH(num_perm=NUM_PERM, params=bands(threshold))
        self.added: list[np.ndarray] = []

    def match_or_add(self, text: str) -> tuple[int, float] | None:
        found = shingles(text)
        sketch = MinHash(num_perm=NUM_PERM, hashfunc=int)
        sketch.update_batch((found & 0xFFFFFFFF).tolist())
        for number in sorted(self.index.query(sketch) if found.size else []):
            if (similarity := jaccard(found, self.added[number])) >= self.threshold:
                return number, similarity
        if found.size:
            self.index.insert(len(self.added), sketch, check_duplication=False)
        self.added.append(found)
        return None


@pytest.mark.parametrize("threshold", [0.3, 0.7, 0.9])
def test_what_is_found_is_what_the_librarys_index_finds(threshold: float) -> None:
    """Pair by pair, also where sketches miss one."""
    ours, theirs = NearDuplicates(threshold), ByDatasketch(threshold)
    texts = [*families_of_texts(3), "", "a b c d", *families_of_texts(4), *families_of_texts(3)]

    assert [ours.match_or_add(text) for text in texts] == [theirs.match_or_add(text) for text in texts]


@given(st.lists(st.lists(st.integers(0, 2), min_size=6, max_size=6), max_size=30), st.integers(1, 9))
def test_documents_with_a_common_band_are_found_whether_sorted_in_or_not(
    sketches: list[list[int]], max_recent: int
) -> None:
    """By comparing all with all."""
    index = BandIndex(3, 2, max_recent=max_recent)
    for number, sketch in enumerate(sketches):
        alike = [
            other
            for other, known in enumerate(sketches[:number])
            if any(sketch[at : at + 2] == known[at : at + 2] for at in (0, 2, 4))
        ]

        assert index.find(np.array(sketch, np.uint64)) == alike
        index.add(number, np.array(sketch, np.uint64))


def test_the_bands_miss_few_pairs_at_the_threshold() -> None:
    """Of pairs right at it at most the stated share; of more similar ones less."""
    for threshold in (0.3, 0.5, 0.7, 0.85, 0.95, 1.0):
        num_bands, rows = bands(threshold)

        assert num_bands * rows <= NUM_PERM
        assert (1 - threshold**rows) ** num_bands <= MAX_MISS


@given(st.lists(st.text(max_size=60), max_size=12))
def test_the_first_of_its_kind_stays_whatever_the_texts(texts: list[str]) -> None:
    """Order is kept, what is left repeats nothing, and a second pass changes nothing."""
    kept = [texts[number] for number in keep_first(texts)]

    assert keep_first(texts) == sorted(keep_first(texts))
    assert len(set(kept)) == len(kept)
    assert keep_first(kept) == list(range(len(kept)))
    assert {text for text in texts if text not in kept}.isdisjoint(kept)


@pytest.mark.parametrize(
    "texts", [["", " "], ["x + y", "x - y"], ["读取文件", "写入文件"], ["+", "-"], ["\ud800", "\ud801"]]
)
def test_texts_of_fewer_than_five_words_are_only_compared_exactly(texts: list[str]) -> None:
    """There is too little to be nearly the same, in any script."""
    assert keep_first(texts) == [0, 1]


def test_case_and_punctuation_and_underscores_make_no_difference() -> None:
    """Words are letters and digits."""
    text = "def add_all(first, second): return first + second"

    assert keep_first([text, text.upper(), text.replace("_", " - "), text.replace(" ", "\n")]) == [0]


def test_shingles_are_distinct_and_ascending() -> None:
    """That is what counting the common ones needs."""
    found = shingles("a b c d e a b c d e a b c d e f")

    assert np.array_equal(found, np.unique(found))
    assert found.size == 6
