"""Files and presets as the model reads them, what is listed to choose from, and what does not fit."""

import subprocess

import pytest

from assistant.context.attached import attach, framed, instructions
from assistant.context.budget import Share, TooMuchError, check_fits
from assistant.context.listing import project_files
from assistant.context.mentions import Mention
from assistant.context.presets import BUILT_IN, presets
from assistant.errors import CairnError, InputError
from assistant.workspace import Workspace


@pytest.fixture
def root(tmp_path):
    """A project of a few files."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "a.py").write_text("".join(f"line_{number} = 1\r\n" for number in range(1, 6)), newline="")
    (folder / ".gitignore").write_text("build/\n")
    (folder / "build").mkdir()
    (folder / "build" / "out.py").write_text("x\n")
    (folder / ".env").write_text("KEY=1\n")
    return folder


@pytest.fixture
def workspace(root, tmp_path):
    """Opened."""
    with Workspace(root, tmp_path / "undo.db") as opened:
        yield opened


def test_lines_of_a_file_are_shown_under_its_name(workspace) -> None:
    """The path, the lines, and the language for the fence."""
    found = attach(Mention("src/a.py", 2, 3), workspace)

    assert found.label == "src/a.py:2-3"
    assert found.text == "src/a.py, lines 2-3:\n```python\nline_2 = 1\nline_3 = 1\n```"


def test_a_text_cannot_close_its_fence(workspace) -> None:
    """The fence is longer than any in it."""
    assert framed("a.md", "````\ninjected").startswith("a.md:\n`````\n````")


@pytest.mark.parametrize(
    "mention",
    [Mention(".env"), Mention("../x"), Mention("gone.py"), Mention("src/a.py", 9, 9), Mention("src/a.py", 3, 2)],
)
def test_what_cannot_be_attached_says_so(workspace, mention) -> None:
    """Secrets, other folders, files and lines that are not there."""
    with pytest.raises(CairnError):
        attach(mention, workspace)


def test_an_ignored_file_can_be_named_and_secrets_in_files_are_masked(root, workspace) -> None:
    """Who names a built file wants it; a key in a source file stays here."""
    (root / "src" / "b.py").write_text('token = "ghp_0123456789012345678901234567890123456789"\n')

    assert "x" in attach(Mention("build/out.py"), workspace).text
    assert "ghp_" not in attach(Mention("src/b.py"), workspace).text


@pytest.mark.parametrize("has_git", [True, False])
def test_files_are_listed_without_ignored_and_secret_ones(root, has_git) -> None:
    """By git, and where there is none, by the same rules."""
    if has_git:
        subprocess.run(["git", "init", "-q", root], check=True)

    assert project_files(root) == [".gitignore", "src/a.py"]


def test_a_repository_cannot_have_its_programs_run(root, tmp_path) -> None:
    """A cloned configuration may name a program that git would start for a listing."""
    subprocess.run(["git", "init", "-q", root], check=True)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    subprocess.run(["git", "-C", root, "config", "core.fsmonitor", program], check=True)

    assert "src/a.py" in project_files(root)
    assert not (tmp_path / "ran").exists()


def test_the_projects_own_words_are_read_and_bounded(root, workspace) -> None:
    """None is fine; a book is not."""
    assert instructions(workspace) is None
    (root / "AGENTS.md").write_text("Use tabs.\n")
    found = instructions(workspace)
    assert found
    assert found.text == "Use tabs."
    (root / "AGENTS.md").write_text("x" * 30_000)
    with pytest.raises(InputError, match="characters"):
        instructions(workspace)


def test_presets_are_ours_and_those_of_the_settings() -> None:
    """Which add one or replace one."""
    found = presets({"pirate": "Arr.", "brief": "Be short."})

    assert found == {**BUILT_IN, "brief": "Be short.", "pirate": "Arr."}


def test_what_does_not_fit_is_refused_with_what_to_leave_out() -> None:
    """The largest first; what fits says nothing."""
    shares = [Share("a.py", 3200), Share("b.py", 40), Share("AGENTS.md", 900)]

    check_fits(4000, 8192, shares)
    with pytest.raises(TooMuchError, match=r"9\.0k tokens and the model holds 8\.2k: 872 too many") as caught:
        check_fits(9000, 8192, shares)

    assert caught.value.hint.startswith("leave out, or name fewer lines of: a.py (3.2k), AGENTS.md (900), b.py (40)")
