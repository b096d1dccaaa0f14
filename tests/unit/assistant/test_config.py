"""Settings: where values come from, and what is said of wrong ones."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import config
from assistant.config.toml_file import faults
from assistant.errors import ConfigError


def test_without_anything_set_the_defaults_hold(tmp_path) -> None:
    """No configuration is needed to start."""
    settings = config.load(environ={}, file=tmp_path / "none.toml")

    assert settings == config.Settings()


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(tmp_path) -> None:
    """Each effective value names its origin."""
    file = tmp_path / "config.toml"
    file.write_text('model = "mine"\nthreads = 3\n')

    settings = {s.name: s for s in config.effective(environ={"CAIRN_THREADS": "5"}, file=file)}

    assert (settings["model"].value, settings["model"].origin) == ("mine", str(file))
    assert (settings["threads"].value, settings["threads"].origin) == (5, "CAIRN_THREADS")
    assert settings["context_tokens"].origin == "default"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('modell = "x"', 'unknown setting "modell"', 'did you mean "model"?'),
        ("frobnicate = 1", 'unknown setting "frobnicate"', "known settings:"),
        ('threads = "many"', "threads", "threads = 0"),
        ("threads = true", "must be a whole number", "threads = 0"),
        ("threads = -1", "must not be negative", "threads = 0"),
        ("model = 3", "must be text", 'model = "builtin"'),
        ("model = ", "not valid TOML", "mend the line"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write_instead(tmp_path, text, message, hint) -> None:
    """Nothing is skipped silently."""
    file = tmp_path / "config.toml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=message) as caught:
        config.load(environ={}, file=file)

    assert hint in caught.value.hint


def test_a_number_in_the_environment_must_be_one(tmp_path) -> None:
    """CAIRN_THREADS=two is an error that shows an example."""
    with pytest.raises(ConfigError, match="CAIRN_THREADS must be a whole number"):
        config.load(environ={"CAIRN_THREADS": "two"}, file=tmp_path / "none.toml")


def test_tables_are_read_entry_by_entry(tmp_path) -> None:
    """An entry is a setting of its own, with an origin of its own."""
    file = tmp_path / "config.toml"
    file.write_text('[keys]\npreset = "vim"\nsend = ["ctrl+j"]\n[presets]\n"a.b" = "Be brief."\n')

    settings = config.load({}, file)
    names = [setting.name for setting in config.effective({}, file) if setting.origin == str(file)]

    assert settings.key_preset == "vim"
    assert settings.keys == {"send": ("ctrl+j",)}
    assert settings.presets == {"a.b": "Be brief."}
    assert names == ["keys.preset", "keys.send", "presets.a.b"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("modle = 1", 1),
        ("# modle\n\nmodle = 1", 3),
        ('[presets]\na = """\nmodle = 1\n"""\n[keys]\n[modle]\nx = 1', 6),
        ('threads = 1\nkeys.preset = "modal"', 2),
        ('[keys]\nsend = [\n  "a",\n  3,\n]', 2),
        ('theme = "threads"\nthreads = "x"', 2),
        ("presets = 3", 1),
        ("a = 1\r\nb = 2\r\n\r\n", 1),
    ],
)
def test_a_fault_is_shown_at_the_line_where_its_statement_begins(tmp_path, text, line) -> None:
    """Not where a comment or a longer text mentions it."""
    file = tmp_path / "config.toml"
    file.write_text(text, newline="")

    with pytest.raises(ConfigError, match=rf", line {line}\b"):
        config.load({}, file)


def test_all_faults_of_a_file_are_found_in_their_order(tmp_path) -> None:
    """So that a person mends the file once."""
    text = 'modle = 1\nthreads = -1\n[keys]\npreset = "modal"\n'

    found = [str(fault) for fault in faults(text, tmp_path)]

    assert [next(word for word in ("modle", "threads", "preset") if word in fault) for fault in found] == [
        "modle",
        "threads",
        "preset",
    ]


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda data: data.decode("latin-1")))
def test_any_text_is_settings_or_a_fault(text) -> None:
    """Never another exception."""
    list(faults(text, Path("config.toml")))
