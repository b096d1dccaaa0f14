"""The built-in model is the file its manifest describes, made by the recipe that is here."""

import hashlib
import tomllib
from pathlib import Path

from assistant import paths
from assistant.models.card import read_card
from assistant.models.local import manifest

MAX_BYTES = 16 << 20
RECIPE = Path(__file__).parents[3] / "training" / "recipes" / "builtin-cpu.toml"


def test_the_file_is_the_one_that_was_made() -> None:
    """Its hash and size are the manifest's, and it is small enough for a checkout."""
    data = paths.BUILTIN_MODEL.read_bytes()

    assert hashlib.sha256(data).hexdigest() == manifest()["sha256"]
    assert len(data) == manifest()["num_bytes"] <= MAX_BYTES


def test_its_header_says_what_the_manifest_says() -> None:
    """A StarCoder-family model that fills holes, suffix first, under our licence."""
    card = read_card(paths.BUILTIN_MODEL)

    assert card.architecture == "starcoder"
    assert card.fim is not None
    assert (card.fim.prefix, card.fim.suffix, card.fim.middle) == (1, 3, 2)
    assert card.licence.lower() == manifest()["licence"].lower() == "apache-2.0"
    assert card.context_length_tokens == manifest()["recipe"]["model"]["context_tokens"]
    assert card.num_vocabulary_tokens == manifest()["recipe"]["model"]["vocab_size"]


def test_the_recipe_is_the_one_in_the_tree() -> None:
    """Whoever runs it makes this model again, from the sources their machine holds."""
    assert tomllib.loads(RECIPE.read_text("utf-8")) == manifest()["recipe"]


def test_every_source_states_a_licence_and_every_figure_an_interval() -> None:
    """Nothing of unknown origin; held-out losses and pass@1 before and after."""
    corpus, figures = manifest()["corpus"], manifest()["figures"]

    assert all(source["expression"] and source["version"] for source in corpus["sources"])
    assert corpus["held_out_files"]
    for arm in ("before", "rrtf", "control"):
        estimate = figures["families_pass_at_1"][arm]
        assert estimate["low"] <= estimate["mean"] <= estimate["high"]
        assert figures["held_out_loss"][arm]["text_bits_per_byte"] > 0
