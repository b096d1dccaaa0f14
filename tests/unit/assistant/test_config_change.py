"""Changing one setting: one line of the file, and nothing that would not load."""

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import config
from assistant.config.change import replace, set_setting
from assistant.config.settings import KINDS
from assistant.errors import ConfigError

FILE = """\
# my settings
threads = 2  # the other two are for the editor
model = "builtin"  # small
"""


def test_only_the_value_changes(tmp_path) -> None:
    """Comments, order and spaces stay, and so do the rights of the file."""
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    file.chmod(0o600)

    set_setting("model", "big", file)

    assert file.read_text() == FILE.replace('"builtin"', '"big"')
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_file_that_is_not_there_is_made(tmp_path) -> None:
    """With its folder; what is written is read back as it was given."""
    file = tmp_path / "cairn" / "config.toml"

    set_setting("model", 'a "quoted" name\\', file)

    assert config.load({}, file).model == 'a "quoted" name\\'


def test_a_link_to_the_file_stays_one(tmp_path) -> None:
    """People keep their settings elsewhere and link to them."""
    (tmp_path / "real.toml").write_text(FILE)
    (tmp_path / "config.toml").symlink_to(tmp_path / "real.toml")

    set_setting("model", "big", tmp_path / "config.toml")

    assert (tmp_path / "config.toml").is_symlink()
    assert '"big"' in (tmp_path / "real.toml").read_text()


def test_a_broken_file_is_left_as_it_is(tmp_path) -> None:
    """It is the user's to mend."""
    file = tmp_path / "config.toml"
    file.write_text("model = = 1\n")

    with pytest.raises(ConfigError, match="not valid TOML"):
        set_setting("model", "big", file)

    assert file.read_text() == "model = = 1\n"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("threads", "many", "must be a whole number"),
        ("threads", "-1", "must not be negative"),
        ("keys.preset", "modal", "must be one of default, vim"),
        ("ghost_text", "perhaps", "must be true or false"),
        ("modle", "x", "unknown setting"),
        ("keys", "x", "unknown setting"),
    ],
)
def test_what_would_not_load_is_refused_and_the_file_stays(tmp_path, name, value, message) -> None:
    """A file that was good stays good."""
    file = tmp_path / "config.toml"
    file.write_text(FILE)

    with pytest.raises(ConfigError, match=message):
        set_setting(name, value, file)

    assert file.read_text() == FILE
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_file_that_would_not_load_is_not_written_into(tmp_path) -> None:
    """Even where the change itself is right: the fault is shown first."""
    file = tmp_path / "config.toml"
    file.write_text("modle = 1\n")

    with pytest.raises(ConfigError, match=r"unknown setting .*line 1"):
        set_setting("threads", "2", file)

    assert file.read_text() == "modle = 1\n"


def test_an_edited_file_that_would_not_load_does_not_take_the_place_of_the_old_one(tmp_path) -> None:
    """What `cairn config edit` brings back is judged whole."""
    file = tmp_path / "config.toml"
    file.write_text(FILE)

    with pytest.raises(ConfigError, match="line 2"):
        replace(file, "threads = 1\nmodle = 2\n")

    assert file.read_text() == FILE


def test_entries_of_tables_are_set_by_their_names(tmp_path) -> None:
    """Keys are words; a preset's name may be anything."""
    file = tmp_path / "config.toml"
    file.write_text("[keys] # mine\nsend = ['enter']\n")

    set_setting("keys.send", "ctrl+j, alt+enter", file)
    set_setting("keys.preset", "vim", file)
    set_setting("presets.a.b", 'Say "yes".\nOr no.', file)
    set_setting("threads", "3", file)

    settings = config.load({}, file)
    assert (settings.keys, settings.key_preset) == ({"send": ("ctrl+j", "alt+enter")}, "vim")
    assert (settings.presets, settings.threads) == ({"a.b": 'Say "yes".\nOr no.'}, 3)
    assert "# mine" in file.read_text()


WRITABLE = {int: st.integers(0, 10**6), bool: st.booleans(), str: st.text(st.characters(exclude_categories=["Cs"]))}


@given(st.data())
def test_what_is_set_is_what_is_loaded(tmp_path_factory, data) -> None:
    """Whatever was set before, and whatever the text holds."""
    file = tmp_path_factory.mktemp("set") / "config.toml"
    kinds = [kind for kind in KINDS.values() if not kind.is_table and not kind.choices]
    wanted = {}
    for kind in data.draw(st.lists(st.sampled_from(kinds), max_size=4)):
        wanted[kind.name] = data.draw(WRITABLE[kind.type])
        set_setting(".".join(kind.toml), str(wanted[kind.name]), file)

    settings = config.load({}, file)

    assert {name: getattr(settings, name) for name in wanted} == wanted
