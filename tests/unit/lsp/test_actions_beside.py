"""Where the tests of a file go."""

from pathlib import Path

import pytest

from lsp.actions.beside import place_of_tests, root_of


@pytest.mark.parametrize(
    ("file", "tests"),
    [
        ("src/a.py", "tests/test_a.py"),
        ("src/a.ts", "src/a.test.ts"),
        ("src/a.b.jsx", "src/a.b.test.jsx"),
        ("pkg/a.go", "pkg/a_test.go"),
        ("app/src/main/java/x/A.java", "app/src/test/java/x/ATest.java"),
        ("A.java", "ATest.java"),
        ("lib/a.rb", "test/a_test.rb"),
        ("src/a.rs", "tests/a_test.rs"),
        ("src/A.cs", "src/ATests.cs"),
        ("lua/a.lua", "spec/a_spec.lua"),
        ("src/a.c", "tests/test_a.c"),
        ("Makefile", "tests/test_Makefile"),
    ],
)
def test_the_place_is_that_of_the_language(tmp_path: Path, file: str, tests: str) -> None:
    """Beside the file, or in the workspace's folder for tests."""
    assert place_of_tests(tmp_path / file, [tmp_path]) == tmp_path / tests


def test_the_nearest_folder_for_tests_is_taken(tmp_path: Path) -> None:
    """A package of several has one for each."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "one/tests").mkdir(parents=True)

    assert place_of_tests(tmp_path / "one/src/a.py", [tmp_path]) == tmp_path / "one/tests/test_a.py"
    assert place_of_tests(tmp_path / "two/src/a.py", [tmp_path]) == tmp_path / "tests/test_a.py"


def test_a_file_that_exists_is_never_named(tmp_path: Path) -> None:
    """The next number is taken."""
    (tmp_path / "a_test.go").touch()
    (tmp_path / "a_2_test.go").touch()

    assert place_of_tests(tmp_path / "a.go", [tmp_path]) == tmp_path / "a_3_test.go"


def test_outside_of_the_workspace_the_files_own_folder_is_the_root(tmp_path: Path) -> None:
    """Nothing is looked for above it."""
    (tmp_path / "tests").mkdir()

    assert place_of_tests(tmp_path / "x/a.py", []) == tmp_path / "x/tests/test_a.py"
    assert root_of(tmp_path / "x/y/a.py", [tmp_path, tmp_path / "x"]) == tmp_path / "x"
