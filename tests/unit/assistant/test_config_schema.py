"""The published schema, the commented file and the loader are read off one definition; here they are held together."""

import re
import tomllib

import jsonschema
import pytest
import tomlkit
from hypothesis import example, given
from hypothesis import strategies as st

from assistant import config
from assistant.config.schema import commented_defaults, json_schema
from assistant.config.settings import KINDS
from assistant.config.toml_file import values
from assistant.errors import ConfigError

SCHEMA = jsonschema.Draft202012Validator(json_schema())
SCALARS = st.integers(-3, 10_000) | st.booleans() | st.text(max_size=8) | st.floats(0, 3) | st.just("vim")
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.sampled_from(["preset", "send", "x"]), SCALARS)
NAMES = st.sampled_from([*KINDS, "preset", "frobnicate"])


@example({"threads": -1})
@example({"threads": True})
@example({"keys": {"preset": "modal"}})
@example({"keys": {"send": ["a", 1]}})
@example({"presets": {"review": "Be brief."}})
@given(st.dictionaries(NAMES, VALUES, max_size=3))
def test_the_schema_accepts_what_the_loader_accepts(tmp_path_factory, tree) -> None:
    """Wild files; the schema is judged by a library that knows nothing of the loader."""
    text = tomlkit.dumps(tree)
    try:
        values(text, tmp_path_factory.getbasetemp() / "config.toml")
        is_loaded = True
    except ConfigError:
        is_loaded = False

    has_whole_float = any(isinstance(v, float) and v.is_integer() for v in flat(tomllib.loads(text)))
    assert has_whole_float or SCHEMA.is_valid(tomllib.loads(text)) == is_loaded  # to JSON, 1.0 is a whole number


def flat(node):
    """Every value in a tree."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [node] + [leaf for child in children for leaf in flat(child)]


def test_every_setting_is_in_the_schema_with_its_text_and_default() -> None:
    """The schema is valid itself."""
    jsonschema.Draft202012Validator.check_schema(json_schema())
    properties = json_schema()["properties"]

    assert properties["threads"]["default"] == 0
    assert properties["keys"]["properties"]["preset"]["enum"] == ["default", "vim"]
    assert all(kind.about in str(json_schema()) for kind in KINDS.values())


def test_the_commented_file_sets_nothing_and_each_of_its_lines_would_load(tmp_path) -> None:
    """A person takes away a `#` and has a setting."""
    text = commented_defaults()
    lines = [line.removeprefix("# ") for line in text.splitlines() if re.match(r"# [\w.]+ = ", line)]

    assert values(text, tmp_path) == {}
    assert len(lines) == len(KINDS)
    for line in lines:
        assert values(line, tmp_path), line


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.is_table])
def test_every_setting_has_a_variable(name, tmp_path) -> None:
    """CAIRN_ and its name."""
    text = {int: "7", str: "vim", bool: "off"}[KINDS[name].type]

    settings = config.load({f"CAIRN_{name.upper()}": text}, tmp_path / "none.toml")

    assert getattr(settings, name) == {int: 7, str: "vim", bool: False}[KINDS[name].type]
