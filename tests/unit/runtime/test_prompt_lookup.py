"""Prompt lookup: what follows the last tokens where they stood before is the draft."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.runtime.prompt_lookup import PromptLookup

TEXT = list(range(100, 140))


def extended(lookup: PromptLookup, tokens: list[int]) -> PromptLookup:
    for token in tokens:
        lookup.extend(token)
    return lookup


def test_what_followed_the_last_three_tokens_is_drafted() -> None:
    """Two alike are no reason: they come up everywhere."""
    assert PromptLookup([1, 2, 3, 4, 5, 6, 7, 2, 3, 4]).draft(3) == [5, 6, 7]
    assert PromptLookup([1, 2, 3, 4, 5, 6, 7, 3, 4]).draft(3) == []
    assert PromptLookup([]).draft(3) == []


def test_of_several_places_the_last_counts() -> None:
    """What was said latest is likeliest to be said again."""
    assert PromptLookup([1, 2, 3, 50, 1, 2, 3, 60, 1, 2, 3]).draft(1) == [60]


def test_a_longer_match_counts_more_than_a_later_one() -> None:
    """Five tokens alike say more than three, also when they stand in another text."""
    assert PromptLookup([7, 8, 1, 2, 3, 50, 9, 9, 1, 2, 3, 60, 7, 8, 1, 2, 3]).draft(1) == [50]
    assert PromptLookup([9, 9, 1, 2, 3, 60, 7, 8, 1, 2, 3], [[7, 8, 1, 2, 3, 50]]).draft(1) == [50]


def test_the_answer_is_looked_up_too() -> None:
    """As it grows."""
    lookup = PromptLookup([1])

    assert extended(lookup, [5, 6, 7, 8, 9, 5, 6, 7]).draft(9) == [8, 9, 5, 6, 7]


def test_references_count_where_prompt_and_answer_have_nothing() -> None:
    """A clipboard or a neighbouring file that the model does not see."""
    assert PromptLookup([1, 2, 3], [[4, 5], [0, 1, 2, 3, 70]]).draft(2) == [70]
    assert PromptLookup([1, 2, 3, 60, 1, 2, 3], [[1, 2, 3, 70]]).draft(1) == [60]


def test_one_token_that_differs_is_followed_through() -> None:
    """A renamed variable: right after it, when no three tokens are alike yet, the old place is worth a try."""
    lookup = extended(PromptLookup(TEXT), TEXT[:8])
    assert lookup.draft(2) == TEXT[8:10]

    lookup.extend(1)

    assert lookup.draft(2) == TEXT[9:11]


def test_two_tokens_that_differ_end_the_drafts_until_one_agrees_again() -> None:
    """The new name has three tokens where the old one had one."""
    lookup = extended(PromptLookup(TEXT), TEXT[:8])
    lookup.draft(1)

    drafts = [extended(lookup, [token]).draft(2) for token in (1, 2, 3, TEXT[9])]

    assert drafts == [TEXT[9:11], [], [], TEXT[10:12]]


def test_a_place_left_for_good_is_given_up() -> None:
    """Then a token that agrees by chance means nothing."""
    lookup = extended(PromptLookup(TEXT), TEXT[:8])
    lookup.draft(1)

    assert extended(lookup, [1] * 3 + [2] * 3 + [3] * 4 + [TEXT[9]]).draft(2) == []


def test_at_the_end_of_a_text_another_is_looked_up() -> None:
    """The clipboard has been said; what follows stands in the prompt."""
    lookup = PromptLookup([4, 5, 6, 60, 0, 1, 2], [[0, 1, 2, 4, 5, 6]])

    assert lookup.draft(9) == [4, 5, 6]
    assert extended(lookup, [4, 5, 6]).draft(1) == [60]


@given(
    prompt=st.lists(st.integers(0, 3), max_size=30),
    answer=st.lists(st.integers(0, 3), max_size=30),
    drafts=st.sets(st.integers(0, 30)),
)
def test_asking_for_drafts_or_not_finds_the_same_matches(prompt, answer, drafts) -> None:
    """An index built late equals one that grew; an oracle searches for the last occurrence."""
    lookup = PromptLookup(prompt)
    for index, token in enumerate(answer):
        if index in drafts:
            lookup.draft(4)
        lookup.extend(token)

    fresh = PromptLookup([*prompt, *answer]).draft(4)

    assert fresh == last_occurrence([*prompt, *answer], 4)
    assert bool(fresh) <= bool(lookup.draft(4))


def last_occurrence(tokens: list[int], count: int) -> list[int]:
    """What follows the last earlier occurrence of the last five tokens, else of the last three."""
    for length in (5, 3):
        for end in range(len(tokens) - 1, length - 1, -1):
            if tokens[end - length : end] == tokens[-length:]:
                return tokens[end : end + count]
    return []
