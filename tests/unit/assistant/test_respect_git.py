"""Ignore rules are git's: git itself is asked about the same trees."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.respect import Respect

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed, and it is the oracle")

_FOLDERS = ("", "a/", "a/b/", "a/b/c/", "keep/", "keep/a/", "foo/", "foo/x y/")
_NAMES = ("x.log", "a", "b.py", "foo", "keep", "a.b", "[x]", "!x", "#x", "x ", "x\\", "é", "ab", "aXb", "-")
_LEAVES = [folder + name for folder in _FOLDERS for name in _NAMES]
_PIECES = st.sampled_from(
    [
        *(
            "a",
            "b",
            "foo",
            "keep",
            "x",
            "*.log",
            "*",
            "**",
            "?",
            "[a-c]",
            "[!a]",
            "[^x]",
            "[]x]",
            "[[:alpha:]]",
            "[a\\]]",
        ),
        *("\\", "\\*", "\\ ", " ", ".", "py", "é", "[", "]", "!", "#", "-", "[b-", "[b-a]", "[[:nope:]]", "log", "X"),
    ]
)
_SEGMENTS = st.lists(_PIECES, min_size=1, max_size=3).map("".join)
_LINES = st.builds(
    lambda negation, lead, segments, tail: negation + lead + "/".join(segments) + tail,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(_SEGMENTS, min_size=1, max_size=3),
    st.sampled_from(["", "", "/", " ", "\\ ", "\r", "/**", "/*"]),
)
_IGNORE_FILES = st.dictionaries(
    st.sampled_from([".gitignore", "a/.gitignore", "a/b/.gitignore", "foo/.gitignore", ".git/info/exclude"]),
    st.lists(_LINES, max_size=6).map("\n".join),
    min_size=1,
)


def ignored_by_git(top: Path, paths: list[str]) -> set[str]:
    """Ask `git check-ignore`, with nobody's own settings."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(top), "GIT_CONFIG_NOSYSTEM": "1"}
    answer = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "-z", "--stdin", "--no-index"],
        cwd=top,
        env=environment,
        input="\0".join(paths).encode(),
        capture_output=True,
        check=False,
    )
    assert answer.returncode in (0, 1), answer.stderr
    return {os.fsdecode(path) for path in answer.stdout.split(b"\0") if path}


def make_repository(top: Path) -> None:
    """A repository, as far as asking needs one."""
    subprocess.run(["git", "init", "-q", "--template=", str(top)], check=True)
    (top / ".git/info").mkdir()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of files and folders in a repository."""
    top = tmp_path_factory.mktemp("repository").resolve()
    make_repository(top)
    for folder in _FOLDERS:
        (top / folder).mkdir(parents=True, exist_ok=True)
    for leaf in _LEAVES:
        if not (top / leaf).is_dir():
            (top / leaf).touch()
    return top


@given(_IGNORE_FILES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_git_ignores_is_left_alone_and_nothing_else(repository: Path, files: dict[str, str]) -> None:
    """Nested files, negations, folders, classes, escapes: 120 paths a tree, each answered as git does."""
    for old in [*repository.rglob(".gitignore"), repository / ".git/info/exclude"]:
        old.unlink(missing_ok=True)
    for name, text in files.items():
        (repository / name).write_bytes(text.encode())
    leaves = [leaf for leaf in _LEAVES if (repository / leaf).is_file()]

    respect = Respect([repository], secret_patterns=())
    refused = {leaf for leaf in leaves if respect.refusal(repository / leaf) is not None}

    assert refused == ignored_by_git(repository, leaves)
