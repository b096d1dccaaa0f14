"""Settings come from the editor; what cannot be used is said, not guessed."""

from dataclasses import fields

import pytest

from lsp.settings import Settings, read_settings


@pytest.mark.parametrize("options", [None, {}])
def test_no_options_are_the_defaults(options: object) -> None:
    """A user who sets nothing hears nothing."""
    assert read_settings(options) == (Settings(), [])


def test_known_options_are_taken() -> None:
    """Every setting can be set."""
    options = {
        "max_tokens": 20,
        "debounce_ms": 150,
        "early_ms": 0,
        "automatic": False,
        "cross_file": False,
        "languages_off": ["markdown"],
        "secret_patterns": ["*.vault"],
        "acceptance_log": False,
        "multi_line_items": "always",
    }
    wanted = Settings(**options | {"languages_off": ("markdown",), "secret_patterns": ("*.vault",)})

    assert read_settings(options) == (wanted, [])
    assert options.keys() == {field.name for field in fields(Settings)}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_token": 5}, "'max_token'"),
        ({"max_tokens": 0}, "'max_tokens' must be a whole number from 1 to 512"),
        ({"max_tokens": "5"}, "'max_tokens' must be a whole number"),
        ({"max_tokens": True}, "'max_tokens' must be a whole number"),
        ({"automatic": 1}, "'automatic' must be true or false"),
        ({"multi_line_items": []}, "'multi_line_items' must be"),
        ({"debounce_ms": "quick"}, "'debounce_ms' must be \"auto\" or a whole number up to 5000"),
        ({"languages_off": "markdown"}, "'languages_off' must be a list of texts"),
        ({"languages_off": [1]}, "'languages_off' must be a list of texts"),
        ([1], "must be an object"),
    ],
)
def test_a_wrong_option_keeps_its_default_and_is_named(options: object, words: str) -> None:
    """One complaint names the setting and what it may be."""
    settings, complaints = read_settings(options)

    assert settings == Settings()
    assert len(complaints) == 1
    assert words in complaints[0]


def test_one_wrong_option_does_not_spoil_the_others() -> None:
    """Settings are read one by one."""
    settings, complaints = read_settings({"max_tokens": -1, "debounce_ms": 10})

    assert settings == Settings(debounce_ms=10)
    assert len(complaints) == 1
