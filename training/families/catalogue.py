"""All families, and those that are held out whole."""

from training.families.dicts import DICTS
from training.families.family import Family
from training.families.grids import GRIDS
from training.families.lists import LISTS
from training.families.numbers import NUMBERS
from training.families.parsing import PARSING
from training.families.selections import SELECTIONS
from training.families.sequences import SEQUENCES
from training.families.strings import STRINGS
from training.families.structures import STRUCTURES
from training.families.texts import TEXTS

FAMILIES: tuple[Family, ...] = (*LISTS, *SELECTIONS, *STRINGS, *TEXTS, *NUMBERS, *SEQUENCES, *DICTS, *GRIDS, *PARSING, *STRUCTURES)

HELD_OUT = frozenset(
    {
        "aligned",
        "caesar",
        "chunks",
        "counter_machine",
        "coverage",
        "from_roman",
        "inverted",
        "partition",
        "paths",
        "steps_down",
    }
)
"""Families of which nothing is ever in train. A named list, so that a new family never moves an old one: one each from
ten subjects, every one with a relative that may be trained on."""

_BY_NAME = {family.name: family for family in FAMILIES}


def family_named(name: str) -> Family:
    """The family of this name.

    Raises:
        KeyError: There is none.
    """
    return _BY_NAME[name]
