"""From an import, as it is written, to files of the workspace that may be meant. Looks at names only; reads `go.mod`.

Best effort by conventions, without build tools: what is not found is not shown. Whoever uses the answer asks which of
the files exist and may be read.
"""

import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path

from lsp.context.outline import Import

MAX_GO_FILES = 6
MAX_GO_MOD_BYTES = 64 << 10
_SCRIPTS = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".d.ts")
_CRATE_ROOTS = ("mod", "lib", "main")
_MODULE_LINE = re.compile(r"^module\s+(\S+)", re.MULTILINE)


def candidates(language: str, imported: Import, path: Path, root: Path) -> list[list[Path]]:
    """Files that an import in the file `path` can mean.

    Args:
        language: As `grammars.LANGUAGES` names it.
        imported: The import.
        path: The importing file.
        root: The folder of the workspace it is in.

    Returns:
        A list for each file meant: where it may lie, the likeliest place first.
    """
    return _BY_LANGUAGE[language](imported, path, root)


def _python(imported: Import, path: Path, root: Path) -> list[list[Path]]:
    module = imported.module.lstrip(".")
    num_dots = len(imported.module) - len(module)
    bases = [path.parents[num_dots - 1]] if 0 < num_dots <= len(path.parents) else [*_up(path, root), root / "src"]
    steps = module.split(".") if module else []
    places: list[Path] = []
    for base in bases:
        folder = base.joinpath(*steps)
        if imported.name:
            places += [folder / f"{imported.name}.py", folder / imported.name / "__init__.py"]
        places += [folder / "__init__.py", *([folder.with_name(f"{folder.name}.py")] if steps else [])]
    return [places]


def _javascript(imported: Import, path: Path, root: Path) -> list[list[Path]]:
    del root
    if not imported.module.startswith("."):
        return []  # a package, not of this workspace
    target = Path(path.parent, imported.module)
    stems = [target] if target.suffix not in (".js", ".mjs", ".jsx") else [target, target.with_suffix("")]
    places = [target, *(Path(f"{stem}{ending}") for stem in stems for ending in _SCRIPTS)]
    return [[*places, *(target / f"index{ending}" for ending in _SCRIPTS)]]


def _c(imported: Import, path: Path, root: Path) -> list[list[Path]]:
    name = imported.module.strip('"<>')
    own = [path.parent / name] if imported.module.startswith('"') else []
    return [[*own, *(folder / place / name for folder in _up(path, root) for place in ("include", "", "src"))]]


def _go(imported: Import, path: Path, root: Path) -> list[list[Path]]:
    name = imported.module.strip('"')
    for folder in _up(path, root):
        module = _go_module(folder / "go.mod")
        if module and f"{name}/".startswith(f"{module}/"):
            package = folder / name.removeprefix(module).strip("/")
            files = [each for each in sorted(package.glob("*.go")) if not each.name.endswith("_test.go")]
            return [[each] for each in files[:MAX_GO_FILES]]
    return []


def _go_module(file: Path) -> str:
    if not file.is_file():
        return ""
    with file.open("rb") as opened:
        found = _MODULE_LINE.search(opened.read(MAX_GO_MOD_BYTES).decode("utf-8", "replace"))
    return found[1] if found else ""


def _rust(imported: Import, path: Path, root: Path) -> list[list[Path]]:
    first, *steps = re.split(r"::", re.split(r"::\{|\{| as ", imported.module)[0])
    own = path.parent if path.stem in _CRATE_ROOTS else path.parent / path.stem
    while first == "super" and steps[:1] == ["super"]:
        own, steps = own.parent, steps[1:]
    crate = next((folder / "src" for folder in _up(path, root) if (folder / "Cargo.toml").is_file()), root / "src")
    base = {"crate": crate, "self": own, "super": own.parent}.get(first)
    if base is None:
        return []  # another crate
    places: list[Path] = []
    for num_steps in range(len(steps), 0, -1):  # the last steps may be names in the file
        module = base.joinpath(*steps[:num_steps])
        places += [module.with_name(f"{module.name}.rs"), module / "mod.rs"]
    return [places]


def _java(imported: Import, path: Path, root: Path) -> list[list[Path]]:
    steps = imported.module.split(".")
    files = [Path(*steps).with_suffix(".java"), *([Path(*steps[:-1]).with_suffix(".java")] if len(steps) > 1 else [])]
    return [[folder / file for folder in _up(path, root) for file in files]]


def _up(path: Path, root: Path) -> Iterator[Path]:
    """The folders above a file, up to the workspace's own."""
    yield from takewhile(lambda folder: folder.is_relative_to(root), path.parents)


_BY_LANGUAGE: dict[str, Callable[[Import, Path, Path], list[list[Path]]]] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
    "tsx": _javascript,
    "c": _c,
    "cpp": _c,
    "go": _go,
    "rust": _rust,
    "java": _java,
}
