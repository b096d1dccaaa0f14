"""All families, and those that are held out whole."""

from training.families.family import Family
from training.families.lists import LISTS
from training.families.selections import SELECTIONS

FAMILIES: tuple[Family, ...] = (*LISTS, *SELECTIONS)

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
