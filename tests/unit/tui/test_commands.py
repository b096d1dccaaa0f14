"""The registry of commands: what is typed, which keys, what is refused."""

import pytest

from assistant.errors import ConfigError, InputError
from assistant.tui.catalogue import features
from assistant.tui.commands import PRESETS, Command, Registry, is_typed, keys_of


def do_nothing(*_: object) -> None: ...


COPY = Command(name="copy", summary="Copy.", run=do_nothing, keys="ctrl+y,c")
EDIT = Command(name="edit", summary="Edit.", run=do_nothing, keys="ctrl+e", argument="[N]")


@pytest.mark.parametrize(
    ("line", "name", "argument"),
    [
        ("/copy", "copy", ""),
        ("  /edit 3 \n", "edit", "3"),
        ("/edit two words\nand a line", "edit", "two words\nand a line"),
    ],
)
def test_a_line_that_begins_with_a_command_is_one(line: str, name: str, argument: str) -> None:
    """The rest of it, lines and all, is the argument."""
    parsed = Registry([COPY, EDIT]).parse(line)

    assert parsed
    assert (parsed[0].name, parsed[1]) == (name, argument)


@pytest.mark.parametrize(
    "line", ["copy", "what is /copy", "/usr/bin/env is what?", "/ copy", "// comment", "", "/Copy"]
)
def test_other_lines_are_questions(line: str) -> None:
    """A path at the beginning makes no command of a question."""
    assert Registry([COPY, EDIT]).parse(line) is None


def test_a_command_that_does_not_exist_is_refused_with_the_nearest() -> None:
    """A slip of the finger is not sent to the model."""
    with pytest.raises(InputError, match="/cpoy") as refusal:
        Registry([COPY, EDIT]).parse("/cpoy")

    assert "/copy" in refusal.value.hint


def test_keys_of_the_settings_replace_those_of_the_command() -> None:
    """One command's keys change, and an empty text takes them away; the others stay."""
    registry = Registry([COPY, EDIT], {"copy": "ctrl+k, y", "edit": ""})

    assert keys_of(registry["copy"]) == ["ctrl+k", "y"]
    assert keys_of(registry["edit"]) == []


@pytest.mark.parametrize(
    ("keys", "preset", "message"),
    [
        ({"cpoy": "ctrl+k"}, "default", '"cpoy", which is no command'),
        ({"copy": "ctrl+e"}, "default", "both copy and edit"),
        ({}, "emacs", 'no preset "emacs"'),
    ],
)
def test_unusable_keys_are_refused(keys: dict[str, str], preset: str, message: str) -> None:
    """Before the screen is drawn, with what to do about it."""
    with pytest.raises(ConfigError, match=message):
        Registry([COPY, EDIT], keys, preset)


def test_commands_that_are_never_enabled_together_may_share_a_key() -> None:
    """As those of Esc do."""
    on, off = (Command(name=name, summary=".", run=do_nothing, keys="f5", is_enabled=lambda _: True) for name in "ab")

    assert len(list(Registry([on, off]))) == 2


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_fits_the_commands_there_are(preset: str) -> None:
    """Each names only commands that exist, and gives no key to two."""
    commands = [command for feature in features() for command in feature.commands]

    registry = Registry(commands, preset=preset)

    assert set(PRESETS[preset]) <= {command.name for command in registry}
    assert all(command.summary.endswith(".") for command in registry)


@pytest.mark.parametrize(
    ("key", "typed"), [("c", True), ("up", True), ("alt+up", False), ("escape", False), ("f1", False)]
)
def test_keys_that_the_prompt_needs_are_known(key: str, typed: bool) -> None:
    """They act only while a block is chosen."""
    assert is_typed(key) is typed
