"""All rules together: what may be shown of what the model wrote."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lsp.rules import RULES, Surroundings, polish, wants_single_line
from tests.holes import around

LANGUAGES = st.sampled_from(["", "python", "javascript", "c", "go", "rust", "html", "markdown", "yaml", "shellscript"])
CODE = [
    "a",
    "b = 1",
    "f(",
    ")",
    "]",
    "{",
    "}",
    "return x",
    "else:",
    "pass",
    "end",
    "</p>",
    ",",
    ";",
    ":",
    "\\",
    "x\ny\n",
]
MARKS = ["\n", "\n    ", "\n\t", "  ", '"', "'", '"""', "`", "/*", "*/", "//", "/", "#", "```", "<|endoftext|>"]
PIECES = st.sampled_from(CODE + MARKS)
WILD = (
    st.text()
    | st.text(alphabet=st.characters(categories=["Cs", "Cc", "Cf", "Zs", "Zl"]))
    | st.lists(PIECES, max_size=30).map("".join)
)
AROUND = st.builds(Surroundings, prefix=WILD, suffix=WILD, language=LANGUAGES)


@given(WILD, AROUND, st.booleans())
@example("0\n", Surroundings(prefix="\u2028", suffix="0"), False)
def test_what_is_polished_once_is_polished(text: str, place: Surroundings, is_torn: bool) -> None:
    """Every rule has said all it has to say."""
    once = polish(text, place, is_torn=is_torn)

    again = polish(once.text, place)

    assert (again.text, again.cuts) == (once.text, ())


@given(WILD, AROUND)
def test_no_control_character_gets_through(text: str, place: Surroundings) -> None:
    """Whatever the model writes, the result holds no C0 but tab and line feed, no C1 and no bidirectional control."""
    shown = polish(text, place).text

    assert not any((c < " " and c not in "\t\n") or "\x7f" <= c <= "\x9f" for c in shown)
    assert not any(c in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069" for c in shown)
    assert shown.encode().decode() == shown


@given(WILD, AROUND)
def test_nothing_is_invented(text: str, place: Surroundings) -> None:
    """What is not blank comes from the model, in its order; what is shown is something or nothing at all."""
    shown = polish(text, place).text

    rest = iter(text)
    assert all(character in rest for character in shown if not character.isspace())
    assert shown == "" or shown.strip()


@given(AROUND)
def test_every_place_has_an_answer(place: Surroundings) -> None:
    """Whether one line is wanted can be said anywhere."""
    assert wants_single_line(place) in (True, False)


def test_the_rules_that_cut_are_named_in_order() -> None:
    """A log or an explanation can say why a text is shorter than what the model wrote."""
    polished = polish("a, b)\n\nprint()<|endoftext|>", around("f(▮)\n"))

    assert polished.text == "a, b"
    assert polished.cuts == ("model's marks", "scope", "unmatched closers")
    assert set(polished.cuts) <= set(RULES)


def test_a_torn_line_is_dropped_before_anything_else() -> None:
    """Of a model that was stopped, whole lines are shown."""
    polished = polish("a = 1\nb = so", around("▮"), is_torn=True)

    assert (polished.text, polished.cuts) == ("a = 1", ("torn line",))


OVERRUNS = [
    ("python", "def total(xs):\n    n = 0\n    for x in xs:\n        ▮\n    return n\n", "n += x"),
    ("python", "class A:\n    def f(self):\n        return max(▮)\n\n    def g(self):\n        return 1\n", "1, 2"),
    ("javascript", "function f(a) {\n  if (!a) {\n    ▮\n  }\n  return a.b;\n}\n", "return null;"),
    ("typescript", "const a = {\n  b: ▮,\n  c: 2,\n};\n", "1"),
    ("c", "int f(void) {\n    int a = ▮;\n    return a;\n}\n", "g(1)"),
    ("go", "func f() error {\n\tif err := g(); err != nil {\n\t\t▮\n\t}\n\treturn nil\n}\n", "return err"),
    ("rust", "fn f() -> u8 {\n    let a = vec![▮];\n    a[0]\n}\n", "1, 2"),
    ("html", "<ul>\n  <li>▮</li>\n  <li>b</li>\n</ul>\n", "a"),
    ("markdown", "# A\n\nIt is ▮\n\n## Usage\n\nRun it.\n", "small."),
    ("yaml", "a:\n  b: ▮\n  c: 2\nd: 3\n", "1"),
]


@pytest.mark.parametrize(("language", "document", "missing"), OVERRUNS)
def test_a_model_that_writes_on_is_cut_to_what_is_missing(language: str, document: str, missing: str) -> None:
    """Instead of stopping it typed the rest of the document again."""
    place = around(document, language)

    assert polish(missing + place.suffix, place).text == missing
    assert polish(missing, place).cuts == ()
