"""All families, and those that are held out whole."""

from training.families.family import Family
from training.families.subjects import (
    arithmetic,
    dicts,
    graphs,
    grids,
    grouping,
    intervals,
    layout,
    lists,
    machines,
    matrices,
    nested,
    notations,
    numbers,
    parsing,
    parts,
    runs,
    searching,
    sorting,
    stacks,
    strings,
    two_lists,
    walks,
    words,
)

SUBJECTS = (
    arithmetic,
    dicts,
    graphs,
    grids,
    grouping,
    intervals,
    layout,
    lists,
    machines,
    matrices,
    nested,
    notations,
    numbers,
    parsing,
    parts,
    runs,
    searching,
    sorting,
    stacks,
    strings,
    two_lists,
    walks,
    words,
)
FAMILIES: tuple[Family, ...] = tuple(family for subject in SUBJECTS for family in subject.FAMILIES)

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
NAMES = frozenset(_BY_NAME)


def family_named(name: str) -> Family:
    """The family of this name.

    Raises:
        KeyError: There is none.
    """
    return _BY_NAME[name]
