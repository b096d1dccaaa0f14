"""An outline is what a file offers: signatures, fields, first lines of docstrings; no bodies."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsp.context.grammars import LANGUAGES, grammar_of
from lsp.context.outline import DEEPEST, Import, read_imports, read_outline
from lsp.context.resolve import candidates
from lsp.context.symbols import render, select
from lsp.context.view import followed

PYTHON = '''
"""A module."""
import os
LIMIT = 3
TABLE = {
    "a": 1,
    "b": 2,
}

# How one walks.
# With care.
def walk(path: str, *, depth: int = 0) -> list[str]:
    """Walk it.

    At length.
    """
    inner = os.listdir(path)
    return inner


@dataclass
class Place:
    """A place."""

    line: int

    @property
    def is_top(self) -> bool:
        return self.line == 0


print(walk("."))
'''
PYTHON_OUTLINE = '''LIMIT = 3
TABLE = { ... }
# How one walks.
def walk(path: str, *, depth: int = 0) -> list[str]:
    """Walk it."""
@dataclass
class Place:
    """A place."""
    line: int
    @property
    def is_top(self) -> bool:
        ...
'''

TYPESCRIPT = """
import { a } from "./a";
/**
 * Adds.
 */
export class Sum extends Base {
  total = 0;
  add(x: number): void {
    this.total += x;
  }
}
export const twice = (x: number) => { return 2 * x; };
interface Shape { area(): number }
export type Id = string;
"""
TYPESCRIPT_OUTLINE = """/** Adds. */
export class Sum extends Base {
  total = 0
  add(x: number): void { ... }
}
export const twice = (x: number) => { ... };
interface Shape {
area(): number
}
export type Id = string;
"""

C = """
/* Licence. */

#ifndef LIST_H
#define LIST_H
#include "node.h"
#define MAX 3
/* Length of a list. */
int length(struct list *list);
static inline int twice(int x)
{
    return 2 * x;
}
struct list { int n; };
#endif
"""
C_OUTLINE = """#define MAX 3
/* Length of a list. */
int length(struct list *list);
static inline int twice(int x)
{ ... }
struct list { int n; }
"""

CPP = """
namespace shop {
class Cart : Base {
 public:
  int total() const { return sum; }
};
}
"""
CPP_OUTLINE = """namespace shop {
class Cart : Base {
  int total() const { ... }
}
}
"""

GO = """
package shop
import "fmt"
// Cart holds.
type Cart struct {
	N int
}
func (c *Cart) Total(tax int) (int, error) { return fmt.Println(tax) }
"""
GO_OUTLINE = """// Cart holds.
type Cart struct {
	N int
}
func (c *Cart) Total(tax int) (int, error) { ... }
"""

RUST = """
use crate::tax::Tax;
/// A cart.
/// Of things.
pub struct Cart { n: i32 }
impl Cart {
    pub fn total(&self) -> i32 { self.n }
}
"""
RUST_OUTLINE = """/// A cart.
pub struct Cart { n: i32 }
impl Cart {
    pub fn total(&self) -> i32 { ... }
}
"""

JAVA = """
package shop;
import shop.tax.Tax;
/** A cart. */
public class Cart extends Base {
    private int n;
    public Cart() { n = 0; }
    int total(Tax tax) { return n; }
}
"""
JAVA_OUTLINE = """/** A cart. */
public class Cart extends Base {
    private int n;
    public Cart() { ... }
    int total(Tax tax) { ... }
}
"""

OUTLINES = {
    "python": (PYTHON, PYTHON_OUTLINE),
    "typescript": (TYPESCRIPT, TYPESCRIPT_OUTLINE),
    "c": (C, C_OUTLINE),
    "cpp": (CPP, CPP_OUTLINE),
    "go": (GO, GO_OUTLINE),
    "rust": (RUST, RUST_OUTLINE),
    "java": (JAVA, JAVA_OUTLINE),
}


@pytest.mark.parametrize("language", OUTLINES)
def test_bodies_are_left_out_and_signatures_stay(language: str) -> None:
    """In each language, by its own grammar."""
    text, outline = OUTLINES[language]

    pieces = read_outline(grammar_of(language), text)

    assert render(pieces, range(len(pieces))) == outline


IMPORTS = {
    "python": [Import("os")],
    "typescript": [Import("./a"), Import("./a", "a")],
    "c": [Import('"node.h"')],
    "go": [Import('"fmt"')],
    "rust": [Import("crate::tax::Tax")],
    "java": [Import("shop.tax.Tax")],
}


@pytest.mark.parametrize("language", IMPORTS)
def test_imports_are_found(language: str) -> None:
    """As they are written."""
    assert read_imports(grammar_of(language), OUTLINES[language][0]) == IMPORTS[language]


def test_every_language_has_a_grammar_whose_questions_it_understands() -> None:
    """A query that names a node its grammar does not have fails when it is loaded."""
    for language in set(LANGUAGES.values()):
        assert read_outline(grammar_of(language), "") == []


def test_a_name_inside_a_body_is_nobody_elses() -> None:
    """Only what can be used from outside counts as defined."""
    pieces = read_outline(grammar_of("python"), PYTHON)

    assert {name for piece in pieces for name in piece.names} == {"LIMIT", "TABLE", "walk", "Place", "line", "is_top"}


def test_broken_text_still_has_an_outline() -> None:
    """The user is in the middle of a line."""
    pieces = read_outline(grammar_of("python"), "def whole(a):\n    return a\n\ndef half(\n\nclass ")

    assert any("whole" in piece.names for piece in pieces)


def test_classes_in_classes_end_somewhere() -> None:
    """A file that was made to be deep costs no more than its first levels."""
    text = "".join(f"{'  ' * depth}class A{depth}:\n" for depth in range(2_000)) + "  " * 2_000 + "x = 1\n"

    assert len(read_outline(grammar_of("python"), text)) <= DEEPEST + 1


def names(text: str, *, used: str = "", imported: str = "", num_chars: int = 10_000) -> list[str]:
    """Names of the pieces that are chosen of a Python text."""
    pieces = read_outline(grammar_of("python"), text)
    chosen = select(pieces, used=used.split(), imported=imported.split(), num_chars=num_chars)
    return [name for index in chosen for name in pieces[index].names]


def test_what_is_used_comes_before_what_is_imported_and_that_before_the_rest() -> None:
    """Where there is room for one or two of three."""
    text = "def one(): ...\ndef two(): ...\ndef three(): ...\n"
    room = len("def one():\n ...  ")

    assert names(text, used="three", imported="two", num_chars=room + 4) == ["three"]
    assert names(text, used="three", imported="two", num_chars=2 * room + 4) == ["two", "three"]
    assert names(text) == ["one", "two", "three"]


def test_a_member_brings_its_class() -> None:
    """A method means nothing without the class it belongs to."""
    text = "class Big:\n" + "".join(f"    def m{number}(self): ...\n" for number in range(100))

    assert names(text, used="m70", num_chars=50) == ["Big", "m70"]


def test_private_names_are_shown_only_where_they_are_used() -> None:
    """Except how an object is made."""
    text = "class A:\n    def __init__(self, a): ...\n    def _b(self): ...\n    def c(self): ...\n"

    assert names(text) == ["A", "__init__", "c"]
    assert names(text, used="_b") == ["A", "__init__", "_b", "c"]


FRAGMENTS = st.sampled_from([text[at : at + 40] for text, _ in OUTLINES.values() for at in range(0, len(text), 25)])
ODD = st.text(alphabet="ab.:/\\\"'{}()*#\0\n\t é😀", max_size=12)
IMPORTING = st.sampled_from(
    ["import ", "from ", 'import "', "use crate::", "#include <", "require('", "mod ", "::", ";"]
)


@given(
    language=st.sampled_from(sorted(set(LANGUAGES.values()))), parts=st.lists(FRAGMENTS | ODD | IMPORTING, max_size=20)
)
def test_whatever_a_file_holds_it_has_an_outline_and_imports(language: str, parts: list[str]) -> None:
    """Pieces of programs in any language, in any order, with odd names between: nothing fails."""
    text = "".join(parts)

    pieces = read_outline(grammar_of(language), text)
    chosen = select(pieces, used=["a", "total"], imported=["Cart"], num_chars=200)
    places = [
        followed(place)
        for imported in read_imports(grammar_of(language), text)
        for each in candidates(language, imported, Path("/project/src/main.x"), Path("/project"))
        for place in each
    ]

    assert len(render(pieces, chosen)) <= 200
    assert all(place.is_absolute() for place in places)
