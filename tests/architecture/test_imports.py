"""Who imports what, and when."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("assistant", "lsp", "convert", "training")
HEAVY = {"torch", "transformers", "numpy", "llama_cpp", "textual", "pygls", "httpx", "httpx2", "rich", "cattrs"}
MAX_LINES = 400


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["doctor", "--help"],
        ["logs", "-n", "0"],
        ["train", "--help"],
        ["--version", "--json"],
        ["completion", "bash"],
        ["config", "--help"],
        ["config", "path"],
        ["convert", "--help"],
        ["models", "--help"],
        ["models", "pull", "--help"],
        ["stats", "--help"],
        ["bench", "--help"],
        ["bench", "soak", "--help"],
    ],
)
def test_help_imports_nothing_heavy(arguments) -> None:
    """Lazy at the door: looked up in sys.modules, not on a clock."""
    code = f"""
import sys, json
sys.argv = ["cairn", *{arguments!r}]
from assistant.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("\\nMODULES", json.dumps(sorted(name.partition(".")[0] for name in sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    modules = set(result.stdout.partition("\nMODULES ")[2].strip('[]"\n').split('", "'))
    assert not modules & HEAVY
    assert "click" in modules


def test_no_file_grows_beyond_what_one_reads_in_a_sitting() -> None:
    """400 lines at most; 250 is the habit."""
    long = {
        str(file.relative_to(ROOT)): lines
        for folder in (*ROOMS, "tests")
        for file in (ROOT / folder).rglob("*.py")
        if (lines := len(file.read_text("utf-8").splitlines())) > MAX_LINES
    }

    assert not long


def test_every_package_is_shipped_and_typed() -> None:
    """The wheel holds the four rooms, each with its py.typed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(ROOMS)
    assert all((ROOT / room / "py.typed").exists() for room in ROOMS)
