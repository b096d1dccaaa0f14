"""Typing what is on the screen needs no model."""

import pytest
from lsprotocol import types

from lsp.completion import Hole
from lsp.shown import Shown

NOWHERE = types.Range(types.Position(0, 0), types.Position(0, 0))
SHOWN = Shown(id=1, prefix="x = f", suffix=")\n", text="(a, b\n)", is_whole=True)


def hole_of(prefix: str, suffix: str = ")\n") -> Hole:
    """Stand here."""
    return Hole(prefix=prefix, suffix=suffix, replaced=NOWHERE, lead="")


@pytest.mark.parametrize(
    ("hole", "rest"),
    [
        (hole_of("x = f"), "(a, b\n)"),
        (hole_of("x = f("), "a, b\n)"),
        (hole_of("x = f(a, b\n"), ")"),
        (hole_of("x = f(a, b\n)"), None),  # all of it is there
        (hole_of("x = f[", ")\n"), None),  # another way was taken
        (hole_of("x = ", ")\n"), None),  # a step back
        (hole_of("x = f(", "))\n"), None),  # the editor closed the bracket
        (hole_of("y = f("), None),
    ],
)
def test_what_is_left_is_what_was_not_typed_yet(hole: Hole, rest: str | None) -> None:
    """Only where nothing else has changed."""
    assert SHOWN.rest(hole) == rest


def test_a_rest_of_blanks_is_no_rest() -> None:
    """There would be nothing to see."""
    shown = Shown(id=1, prefix="a", suffix="", text="b ", is_whole=True)

    assert shown.rest(hole_of("ab", "")) is None
