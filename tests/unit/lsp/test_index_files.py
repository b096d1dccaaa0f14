"""Which files of a workspace are read, and which texts are worth it."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.respect import Respect
from lsp.context.files import find_files, read_text, worth_indexing


def write(root: Path, *names: str, text: str = "x = 1\n") -> None:
    """Write files, each older than the one before."""
    for n, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1_000_000 - n, 1_000_000 - n))


def found(root: Path, **limits: int) -> list[str]:
    """Names of what is found."""
    return [file.path.relative_to(root).as_posix() for file in find_files([root], Respect([root]), **limits)]


def test_the_newest_files_come_first_and_limits_cut_the_oldest(tmp_path: Path) -> None:
    """What was worked on lately is most like what is worked on now."""
    write(tmp_path, "new.py", "sub/middle.rs", "old.ts")

    assert found(tmp_path) == ["new.py", "sub/middle.rs", "old.ts"]
    assert found(tmp_path, most_files=2) == ["new.py", "sub/middle.rs"]
    assert found(tmp_path, most_bytes=7) == ["new.py"]


@pytest.mark.parametrize(
    "name",
    [
        *(".env", "server.key", ".ssh/config.py", "ignored.py", "ignored/x.py", "kept/ignored.py"),
        *("node_modules/a/index.js", "sub/dist/x.js", "target/x.rs", ".git/hooks/x.py", ".cache/x.py", "vendor/x.go"),
        *("jquery.min.js", "package-lock.json", "api_pb2.py", "image.png", "data.csv", "unknown"),
    ],
)
def test_what_is_secret_ignored_vendored_or_generated_is_not_found(tmp_path: Path, name: str) -> None:
    """Nor what is no source code."""
    write(tmp_path, "own.py", name)
    (tmp_path / ".gitignore").write_text("ignored*\n!kept/\n")

    assert found(tmp_path) == ["own.py"]


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "CACHEDIR.TAG", "CMakeCache.txt"])
def test_a_folder_that_a_program_made_is_passed_over(tmp_path: Path, mark: str) -> None:
    """Whatever it is called."""
    write(tmp_path, "own.py", "somewhere/x.py", f"somewhere/{mark}")

    assert found(tmp_path) == ["own.py"]


def test_code_with_common_names_is_found(tmp_path: Path) -> None:
    """Folders called `build` or `env` may be somebody's work."""
    names = ["build/steps.py", "env/cartpole.py", ".github/workflows/ci.yml", "keys.py", "Makefile"]
    write(tmp_path, *names)

    assert found(tmp_path) == names


def test_links_and_pipes_and_empty_files_are_not_found(tmp_path: Path) -> None:
    """A walk that follows links may never end, and a pipe never answers."""
    root = tmp_path / "root"
    write(tmp_path, "root/own.py", "outside/x.py")
    (root / "link.py").symlink_to(root / "own.py")
    (root / "folder").symlink_to(tmp_path)
    (root / "empty.py").touch()
    os.mkfifo(root / "pipe.py")

    assert found(root) == ["own.py"]


def test_a_walk_can_be_cancelled_and_a_missing_root_is_empty(tmp_path: Path) -> None:
    """Closing the editor does not wait for the disk."""
    write(tmp_path, "own.py")

    assert find_files([tmp_path], Respect([tmp_path]), is_cancelled=lambda: True) == []
    assert found(tmp_path / "gone") == []


def test_files_are_read_without_their_secrets(tmp_path: Path) -> None:
    """And bytes that are no UTF-8 do not stop it."""
    (tmp_path / "a.py").write_bytes(b'token = "abcdefgh12345"\n# caf\xe9\n')

    assert read_text(tmp_path / "a.py") == 'token = "***"\n# caf�\n'


def test_what_is_no_text_of_people_is_not_read(tmp_path: Path) -> None:
    """Binary, too long, a link, a pipe, a folder, gone, or no name at all."""
    (tmp_path / "binary.py").write_bytes(b"abc\0def")
    (tmp_path / "long.py").write_bytes(b"x = 1\n" * 170_000)
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    os.mkfifo(tmp_path / "pipe.py")

    for name in ("binary.py", "long.py", "link.py", "pipe.py", "", "gone.py", "\0.py", "\ud800.py"):
        assert read_text(tmp_path / name) is None


@pytest.mark.parametrize(
    ("text", "is_worth"),
    [
        ("x = 1\n" * 10_000, True),
        ("", True),
        ("short\n" + "y" * 1_999, True),
        ("short\n" * 500 + "y" * 2_001, False),
        (("y" * 500 + "\n") * 50, False),
        ("x = 1\n" * 200_000, False),
    ],
)
def test_minified_and_endless_texts_are_not_worth_indexing(text: str, is_worth: bool) -> None:
    """Lines tell whether a person wrote them."""
    assert (worth_indexing(text) is not None) == is_worth


@given(st.binary())
@settings(deadline=None)
def test_no_content_raises(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever the bytes are."""
    path = tmp_path_factory.getbasetemp() / "wild.py"
    path.write_bytes(content)

    assert isinstance(read_text(path), str | None)
