"""Fill-in-the-middle examples: cut anywhere, nothing lost."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.prompts import STARCODER_FIM
from training.blocks import pieces
from training.fim import Hole, editor_hole, hole_ids, random_hole

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)
SEEDS = st.integers(0, 2**32)


@given(text=TEXTS, seed=SEEDS)
def test_a_hole_loses_nothing(text: str, seed: int) -> None:
    """Prefix, middle and suffix are the text."""
    for cut in (random_hole, editor_hole):
        hole = cut(text, random.Random(seed))

        assert hole.prefix + hole.middle + hole.suffix == text


@given(text=TEXTS, seed=SEEDS)
def test_an_editor_hole_ends_at_the_end_of_a_line(text: str, seed: int) -> None:
    """What is served ends there, so that is what is learnt."""
    hole = editor_hole(text, random.Random(seed))

    assert hole.suffix == "" or hole.suffix.startswith("\n")


@settings(deadline=None)
@given(text=TEXTS, seed=SEEDS, order=st.sampled_from(["psm", "spm"]))
def test_an_example_spells_the_original_text(codec, text: str, seed: int, order) -> None:
    """From the ids of an example, read by its control tokens, the text comes back, specials in it included."""
    hole = random_hole(text + "<fim_prefix>", random.Random(seed))

    prompt, middle = hole_ids(codec, hole, order)

    assert read_back(codec, prompt, middle, order) == hole


def read_back(codec, prompt: list[int], middle: list[int], order: str) -> Hole:
    """Split an example at its control tokens, as a reader of the format would."""
    marks = {codec.id_of(STARCODER_FIM.prefix), codec.id_of(STARCODER_FIM.suffix), codec.id_of(STARCODER_FIM.middle)}
    parts: list[list[int]] = []
    for number in prompt:
        if number in marks:
            parts.append([])
        else:
            parts[-1].append(number)
    assert middle[-1] == codec.end_of_text
    if order == "spm":
        _, suffix, prefix = parts
    else:
        prefix, suffix, _ = parts
    return Hole(prefix=codec.decode(prefix), middle=codec.decode(middle[:-1]), suffix=codec.decode(suffix))


@given(text=st.text(max_size=6000), seed=SEEDS)
@settings(max_examples=20)
def test_the_pieces_of_a_document_are_the_document(text: str, seed: int) -> None:
    """Cutting at line starts loses nothing."""
    assert "".join(pieces(text, random.Random(seed))) == text
