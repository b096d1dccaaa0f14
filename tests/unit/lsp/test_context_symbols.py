"""What a document imports from its workspace is shown as outlines, and nothing else of the disk is."""

import os
from pathlib import Path

import pytest

from lsp.context.symbols import MAX_CHARS, Symbols
from lsp.context.view import MAX_FILE_BYTES, path_of
from tests.unit.lsp.context_fakes import Workspace, view

DEFINES = {
    ".py": "def help_out(a): return a\n",
    ".ts": "export function helpOut(a) { return a; }\n",
    ".js": "export function helpOut(a) { return a; }\n",
    ".h": "int help_out(int a);\n",
    ".go": "package util\nfunc HelpOut(a int) int { return a }\n",
    ".rs": "pub fn help_out(a: i32) -> i32 { a }\n",
    ".java": "package shop.util;\npublic class Help { int out() { return 1; } }\n",
}

RESOLVED = [
    ("app/main.py", "from app.util import help_out", "app/util.py"),
    ("app/main.py", "import app.util", "app/util.py"),
    ("app/main.py", "from app import util", "app/util.py"),
    ("app/main.py", "from . import util", "app/util.py"),
    ("app/sub/main.py", "from ..util import help_out", "app/util.py"),
    ("app/main.py", "from .pack import help_out", "app/pack/__init__.py"),
    ("tools/main.py", "import app.util", "src/app/util.py"),
    ("scripts/main.py", "import util", "scripts/util.py"),
    ("web/main.ts", 'import { helpOut } from "./util";', "web/util.ts"),
    ("web/main.ts", 'import { helpOut } from "./util.js";', "web/util.ts"),
    ("web/main.js", 'const util = require("../lib/util");', "lib/util.js"),
    ("web/main.js", 'export * from "./util";', "web/util/index.js"),
    ("src/main.c", '#include "util.h"', "src/util.h"),
    ("src/main.c", "#include <shop/util.h>", "include/shop/util.h"),
    ("cmd/main.go", 'import "example.com/shop/util"', "util/util.go"),
    ("src/main.rs", "mod util;", "src/util.rs"),
    ("src/main.rs", "use crate::util::help_out;", "src/util.rs"),
    ("src/cart/tax.rs", "use super::util::{help_out, other};", "src/cart/util.rs"),
    ("src/main/java/shop/Main.java", "import shop.util.Help;", "src/main/java/shop/util/Help.java"),
]


@pytest.mark.parametrize(("importer", "statement", "imported"), RESOLVED)
def test_an_import_is_followed_to_its_file(tmp_path: Path, importer: str, statement: str, imported: str) -> None:
    """By the conventions of each language."""
    workspace = Workspace(tmp_path)
    workspace.write("go.mod", "module example.com/shop\n")
    workspace.write("Cargo.toml", "")
    workspace.write(imported, DEFINES[Path(imported).suffix])
    document = workspace.open(importer, f"{statement}\n")

    found = Symbols(workspace.files).find(view(document, workspace.files))

    assert [each.path for each in found] == [imported]


def test_the_file_of_which_most_is_used_comes_first_and_says_so(tmp_path: Path) -> None:
    """The engine keeps the first ones where it has little room."""
    workspace = Workspace(tmp_path)
    workspace.write("one.py", "def first(): ...\n")
    workspace.write("two.py", "def second(): ...\ndef third(): ...\n")
    document = workspace.open("main.py", "import one\nfrom two import second\n\nsecond(\n")

    found = Symbols(workspace.files).find(view(document, workspace.files, 3))

    assert [(each.path, each.reason) for each in found] == [
        ("two.py", "imported; second used here"),
        ("one.py", "imported"),
    ]


def test_an_outline_is_short(tmp_path: Path) -> None:
    """However much a file offers."""
    workspace = Workspace(tmp_path)
    workspace.write("big.py", "".join(f"def function_{number}(argument): ...\n" for number in range(1000)))
    document = workspace.open("main.py", "import big\nbig.function_900(\n")

    (excerpt,) = Symbols(workspace.files).find(view(document, workspace.files, 1))

    assert "function_900" in excerpt.text
    assert len(excerpt.text) <= MAX_CHARS


def test_unsaved_text_wins_over_the_disk(tmp_path: Path) -> None:
    """The user knows what is in the other tab."""
    workspace = Workspace(tmp_path)
    other = workspace.open("util.py", "def old(): ...\n")
    document = workspace.open("main.py", "import util\n")
    symbols = Symbols(workspace.files)
    before = symbols.find(view(document, workspace.files))

    other.replace("def new(): ...\n")
    other.version += 1

    assert "old" in before[0].text
    assert "new" in symbols.find(view(document, workspace.files))[0].text


def test_a_file_that_changes_on_disk_is_read_again(tmp_path: Path) -> None:
    """And one that does not is not."""
    workspace = Workspace(tmp_path)
    file = workspace.write("util.py", "def old(): ...\n")
    document = workspace.open("main.py", "import util\n")
    symbols = Symbols(workspace.files)
    symbols.find(view(document, workspace.files))
    stamp = file.stat().st_mtime_ns

    file.write_text("def new(): ...\n")
    os.utime(file, ns=(stamp, stamp))
    unread = symbols.find(view(document, workspace.files))[0].text
    os.utime(file, ns=(stamp, stamp + 1))

    assert "old" in unread
    assert "new" in symbols.find(view(document, workspace.files))[0].text


def test_what_may_not_be_read_is_not(tmp_path: Path) -> None:
    """Secret, outside of the workspace, outside by a link, too big, or no file: none of them is shown."""
    workspace = Workspace(tmp_path / "workspace", may_read=lambda path: path.name != "secret.py")
    outside = tmp_path / "outside.py"
    outside.write_text("def out(): ...\n")
    workspace.write("secret.py", "def token(): ...\n")
    workspace.write("big.py", "def big(): ...\n" + "#" * MAX_FILE_BYTES)
    (workspace.root / "link.py").symlink_to(outside)
    os.mkfifo(workspace.root / "pipe.py")
    document = workspace.open("main.py", "from .. import outside\nimport secret, big, link, pipe\n")

    assert Symbols(workspace.files).find(view(document, workspace.files)) == []
    assert workspace.files.stamp(workspace.root / "pipe.py") is None


def test_a_document_that_imports_itself_is_not_shown_twice(tmp_path: Path) -> None:
    """It is what the model completes."""
    workspace = Workspace(tmp_path)
    document = workspace.open("main.py", "import main\n\ndef help_out(): ...\n")

    assert Symbols(workspace.files).find(view(document, workspace.files)) == []


def test_a_document_without_a_grammar_imports_nothing(tmp_path: Path) -> None:
    """Prose has no symbols."""
    workspace = Workspace(tmp_path)
    document = workspace.open("notes.txt", "import util\n")

    assert Symbols(workspace.files).find(view(document, workspace.files)) == []


def test_secrets_inside_of_a_file_are_masked(tmp_path: Path) -> None:
    """Also in a file that may be read."""
    workspace = Workspace(tmp_path, mask=lambda text: text.replace("hunter2", "…"))
    workspace.write("util.py", 'PASSWORD = "hunter2"\n')
    document = workspace.open("main.py", "import util\n")

    (excerpt,) = Symbols(workspace.files).find(view(document, workspace.files))

    assert excerpt.text == 'PASSWORD = "…"\n'


ODD_URIS = ["untitled:Untitled-1", "file://[", "file:///a%00b", "file:///a\ud83d", "file:", "", "git:/a/b.py?{}"]


@pytest.mark.parametrize("uri", ODD_URIS)
def test_an_odd_uri_names_a_file_or_nothing(uri: str) -> None:
    """Editors open things that are no files."""
    path = path_of(uri)

    assert path is None or path.is_absolute()


def test_a_uri_is_read_as_editors_write_it(tmp_path: Path) -> None:
    """With escapes, and names that are no UTF-8."""
    assert path_of("file:///a%20b/%C3%A9.py") == Path("/a b/é.py")
    assert os.fsencode(path_of("file:///%FF.py") or "") == b"/\xff.py"


def test_a_link_in_a_circle_is_no_file(tmp_path: Path) -> None:
    """And no error."""
    workspace = Workspace(tmp_path)
    (workspace.root / "util.py").symlink_to("util.py")
    document = workspace.open("main.py", "import util\n")

    assert Symbols(workspace.files).find(view(document, workspace.files)) == []
