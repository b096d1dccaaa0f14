"""All families, and those that are held out whole."""

from training.families.dicts import DICTS
from training.families.family import Family
from training.families.grids import GRIDS
from training.families.lists import LISTS
from training.families.numbers import NUMBERS
from training.families.selections import SELECTIONS
from training.families.sequences import SEQUENCES
from training.families.strings import STRINGS
from training.families.texts import TEXTS

FAMILIES: tuple[Family, ...] = (*LISTS, *SELECTIONS, *STRINGS, *TEXTS, *NUMBERS, *SEQUENCES, *DICTS, *GRIDS)

HELD_OUT = frozenset({"chunks", "found"})
"""A named list, so that a new family never moves an old one: at least one of every kind of thinking, none of the first
steps that others build on. Nothing of these families is ever in train."""

_BY_NAME = {family.name: family for family in FAMILIES}


def family_named(name: str) -> Family:
    """The family of this name.

    Raises:
        KeyError: There is none.
    """
    return _BY_NAME[name]
