"""`cairn convert`: a thin door."""

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from convert.commands import convert


def test_json_is_all_that_is_printed(checkpoint: Path, tmp_path: Path) -> None:
    """With --json the result is one JSON object on stdout; progress goes to stderr."""
    target = tmp_path / "m.gguf"

    result = CliRunner().invoke(convert, [str(checkpoint), str(target), "--type", "Q8_0", "--json"])

    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (report["file_type"], report["num_bytes"]) == ("Q8_0", target.stat().st_size)
    assert report["tensors_per_type"] == {"Q8_0": 13, "F32": 27}


def test_an_unknown_type_is_wrong_usage(checkpoint: Path, tmp_path: Path) -> None:
    """A type that cannot be made is refused with the list of those that can."""
    result = CliRunner().invoke(convert, [str(checkpoint), str(tmp_path / "m.gguf"), "--type", "Q9_9"])

    assert result.exit_code == 2
    assert "Q4_0" in result.output


def test_the_door_loads_nothing_heavy() -> None:
    """Help costs click alone: neither numpy nor rich is imported."""
    look = "import sys, convert.commands; print(sorted({'numpy', 'rich', 'llama_cpp', 'torch'} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
