"""The manual page is made of the commands themselves, so it cannot fall behind; here it is shown to be whole."""

import re
import shutil
import subprocess

import click
import pytest

from assistant.cli import cli
from assistant.man_page import commands, man_page

PAGE = man_page(cli, "cairn")
NAMES = [context.command_path for context in commands(click.Context(cli, info_name="cairn"))]


@pytest.fixture(scope="module")
def rendered() -> str:
    """The page as a person reads it."""
    program = shutil.which("man")
    if not program:
        pytest.skip("there is no man here")
    environ = {"MANWIDTH": "200", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "MANPAGER": "cat"}
    done = subprocess.run(
        [program, "--warnings", "-l", "-"], input=PAGE, capture_output=True, text=True, check=True, env=environ
    )
    assert not done.stderr
    return re.sub(r".\x08", "", done.stdout)


def test_it_is_taken_without_a_warning_and_names_every_command(rendered) -> None:
    """Those of rooms and of groups, too."""
    missing = [name for name in NAMES if not re.search(rf"^ *{re.escape(name)}\b", rendered, re.MULTILINE)]

    assert not missing
    assert "cairn train run" in NAMES


def test_every_option_of_every_command_is_in_it(rendered) -> None:
    """As one types it: dashes are dashes."""
    flat = re.sub(r"\s+", "", rendered)
    contexts = list(commands(click.Context(cli, info_name="cairn")))
    wanted = {
        option
        for context in contexts
        for parameter in context.command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
        for option in parameter.opts
    }

    assert len(wanted) > 50
    assert "\\-\\-json" in PAGE
    assert " --json" not in PAGE
    assert {option for option in wanted if option not in flat} == set()


@pytest.mark.parametrize("text", [".SH hostile", "'br", "a\\fBb", '"quoted" -x', "new\n.line"])
def test_what_a_help_text_holds_is_text(text) -> None:
    """No line of it is an instruction to roff."""
    page = man_page(click.Command("x", help=f"X: about.\n\n{text}"), "x")
    lines = page.splitlines()
    line = lines[lines.index(".PP") + 1]

    assert not line.startswith((".", "'"))
    assert "\\f" not in line
    assert '"' not in line
