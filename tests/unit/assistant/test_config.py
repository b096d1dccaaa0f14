"""Settings: where values come from, and what is said of wrong ones."""

import pytest

from assistant import config
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
        ("model = 3", "must be text", "model = 'builtin'"),
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
