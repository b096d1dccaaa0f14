"""Where a file's tests go, by the custom of its language."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path

_BESIDE = {
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts"), "{stem}.test{suffix}"),
    **dict.fromkeys((".java", ".kt", ".scala", ".groovy"), "{stem}Test{suffix}"),
    **dict.fromkeys((".cs", ".swift"), "{stem}Tests{suffix}"),
    ".go": "{stem}_test.go",
}
"""In the same folder."""
_IN_FOLDER = {
    ".rs": ("tests", "{stem}_test.rs"),
    ".rb": ("test", "{stem}_test.rb"),
    ".php": ("tests", "{stem}Test.php"),
    ".ex": ("test", "{stem}_test.exs"),
    ".lua": ("spec", "{stem}_spec.lua"),
    ".dart": ("test", "{stem}_test.dart"),
}
"""In a folder of this name."""
_ELSE = ("tests", "test_{stem}{suffix}")


def place_of_tests(path: Path, roots: Sequence[Path]) -> Path:
    """Name a new file for the tests of another; never one that exists.

    Args:
        path: The file to be tested.
        roots: The folders of the workspace.
    """
    candidate = _candidate(path, path.stem, roots)
    for number in count(2):
        if not candidate.exists():
            break
        candidate = _candidate(path, f"{path.stem}_{number}", roots)
    return candidate


def root_of(path: Path, roots: Sequence[Path]) -> Path:
    """The innermost folder of the workspace that holds a file; the file's own folder if none does."""
    around = [root for root in roots if path.is_relative_to(root)]
    return max(around, key=lambda root: len(root.parts), default=path.parent)


def _candidate(path: Path, stem: str, roots: Sequence[Path]) -> Path:
    if path.suffix in _BESIDE:
        folder = path.parent.as_posix().replace("/src/main/", "/src/test/")  # the custom of Maven and Gradle
        return Path(folder) / _BESIDE[path.suffix].format(stem=stem, suffix=path.suffix)
    name, pattern = _IN_FOLDER.get(path.suffix, _ELSE)
    return _folder(path, name, root_of(path, roots)) / pattern.format(stem=stem, suffix=path.suffix)


def _folder(path: Path, name: str, root: Path) -> Path:
    """The nearest folder of that name on the way up to the root; the root's own if there is none."""
    on_the_way = [folder / name for folder in path.parents if folder.is_relative_to(root)]
    return next((folder for folder in on_the_way if folder.is_dir()), root / name)
