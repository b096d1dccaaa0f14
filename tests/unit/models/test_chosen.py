"""Choosing a model: one line of the settings file."""

import stat

import pytest

from assistant import config
from assistant.errors import ConfigError
from assistant.models.chosen import choose_model

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

    choose_model("big", file)

    assert file.read_text() == FILE.replace('"builtin"', '"big"')
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_file_that_is_not_there_is_made(tmp_path) -> None:
    """With its folder; what is written is read back as it was given."""
    file = tmp_path / "cairn" / "config.toml"

    choose_model('a "quoted" name\\', file)

    assert config.load({}, file).model == 'a "quoted" name\\'


def test_a_link_to_the_file_stays_one(tmp_path) -> None:
    """People keep their settings elsewhere and link to them."""
    (tmp_path / "real.toml").write_text(FILE)
    (tmp_path / "config.toml").symlink_to(tmp_path / "real.toml")

    choose_model("big", tmp_path / "config.toml")

    assert (tmp_path / "config.toml").is_symlink()
    assert '"big"' in (tmp_path / "real.toml").read_text()


def test_a_broken_file_is_left_as_it_is(tmp_path) -> None:
    """It is the user's to mend."""
    file = tmp_path / "config.toml"
    file.write_text("model = = 1\n")

    with pytest.raises(ConfigError, match="not valid TOML"):
        choose_model("big", file)

    assert file.read_text() == "model = = 1\n"
