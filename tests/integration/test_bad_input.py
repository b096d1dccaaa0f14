"""Every command meets what people and scripts get wrong: two lines, code 1 or 2, no traceback, no file left."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from assistant.cli import cli, main
from assistant.man_page import commands

CONTEXTS = {context.command_path: context for context in commands(click.Context(cli, info_name="cairn"))}
LEAVES = {path: context.command for path, context in CONTEXTS.items() if not isinstance(context.command, click.Group)}
OUTPUTS = {"dst", "out", "save", "report", "plot", "target", "output"}
"""Parameters that name what is written."""
STRANGE = ["none/such.x", ".", "empty", "binary", "latin", "", "\x1b]52;c;aGk=\x07", "x" * 300, "-", "a:b:c"]
"""Values for what is to be read."""


@pytest.fixture
def folder(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with files that are of no use to anybody."""
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 16)
    (tmp_path / "latin").write_text("caf\xe9 = 1\n", encoding="latin-1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and stderr of one command, in this process."""
    monkeypatch.setattr(sys, "argv", ["cairn", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code, capsys.readouterr().err


def wrong_usage(command: click.Command) -> Iterator[list[str]]:
    """What the command line itself has to refuse."""
    filled = ["none/such.x" for parameter in command.params if isinstance(parameter, click.Argument)]
    yield ["--no-such-option"]
    if not any(parameter.nargs == -1 for parameter in command.params):
        yield [*filled, "extra", "extra"]
    for option in command.params:
        if isinstance(option, click.Option) and isinstance(
            option.type, click.types._NumberParamTypeBase | click.Choice
        ):
            yield [option.opts[0], "x\x1b[2J"]


def wrong_input(command: click.Command) -> Iterator[list[str]]:
    """What is required, and of no use."""
    required = [parameter for parameter in command.params if parameter.required]
    is_read = any(not isinstance(parameter.type, click.Choice) for parameter in required)
    for value in STRANGE if is_read else ():
        if command.name == "search":
            return  # whatever is looked for, not to find it is no failure
        if (command.name, value) == ("filter", "empty"):
            continue  # of nothing, nothing is filtered out: that is done, not failed
        yield [text for parameter in required for text in words(parameter, value)]


def words(parameter: click.Parameter, value: str) -> list[str]:
    """A parameter as it is typed."""
    if parameter.name in OUTPUTS:
        value = "out.x"
    elif isinstance(parameter.type, click.Choice):
        value = str(parameter.type.choices[0])
    return [value] if isinstance(parameter, click.Argument) else [parameter.opts[0], value]


def files(folder: Path) -> set[Path]:
    """Everything in it."""
    return set(folder.rglob("*"))


@pytest.mark.parametrize("path", LEAVES)
def test_wrong_usage_is_two_lines_and_code_2(path, folder, monkeypatch, capsys) -> None:
    """Before anything is begun; what was typed is shown and not obeyed."""
    before = files(folder)
    for arguments in wrong_usage(LEAVES[path]):
        code, errors = run([*path.split()[1:], *arguments], monkeypatch, capsys)
        assert (code, is_two_lines(errors)) == (2, True), (arguments, errors)
    assert files(folder) == before


@pytest.mark.parametrize("path", [path for path, command in LEAVES.items() if list(wrong_input(command))])
def test_wrong_input_is_two_lines_and_code_1_or_2(path, folder, monkeypatch, capsys) -> None:
    """A file that is missing, a folder, nothing, noise: never a traceback, never half a result."""
    before = files(folder)
    for arguments in wrong_input(LEAVES[path]):
        code, errors = run([*path.split()[1:], *arguments], monkeypatch, capsys)
        assert code in (1, 2), (arguments, errors)
        assert is_two_lines(errors), (arguments, errors)
        assert files(folder) == before, arguments


def is_two_lines(errors: str) -> bool:
    """What happened and what to do, safe to show, and no bug of ours."""
    lines = errors.rstrip("\n").split("\n")
    is_shaped = len(lines) == 2 and lines[0].startswith("error: ") and lines[1].startswith("hint: ")
    return is_shaped and "\x1b" not in errors and "this is a bug" not in errors


def test_an_unknown_command_is_told_the_nearest_one(monkeypatch, capsys) -> None:
    """Also where that lives in a room that is not open yet."""
    code, errors = run(["confg"], monkeypatch, capsys)

    assert code == 2
    assert "did you mean 'config'" in errors.lower()
