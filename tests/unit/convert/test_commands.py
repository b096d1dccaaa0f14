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


def test_options_may_stand_before_the_source(checkpoint: Path, tmp_path: Path) -> None:
    """`cairn convert --type Q8_0 SRC DST` is the same command."""
    result = CliRunner().invoke(convert, ["--type", "Q8_0", str(checkpoint), str(tmp_path / "m.gguf"), "--json"])

    assert json.loads(result.stdout)["file_type"] == "Q8_0"


def test_a_model_without_a_licence_is_pointed_out(checkpoint: Path, tmp_path: Path) -> None:
    """The warning goes to stderr; the conversion is done."""
    result = CliRunner().invoke(convert, [str(checkpoint), str(tmp_path / "m.gguf")])

    assert result.exit_code == 0
    assert "warning:" in result.stderr
    assert "licence" in result.stderr


def test_an_importance_matrix_changes_the_bits(checkpoint: Path, tmp_path: Path) -> None:
    """A matrix made by `cairn convert imatrix` is taken by --imatrix, and the file differs only in its weights."""
    source, target = tmp_path / "f32.gguf", tmp_path / "m.gguf"
    text = tmp_path / "corpus.py"
    text.write_text("def add(first, second):\n    return first + second\n" * 40)
    run = CliRunner().invoke
    assert run(convert, [str(checkpoint), str(source), "--type", "F32"]).exit_code == 0
    weighed = run(convert, ["imatrix", str(source), str(text), "-o", str(tmp_path / "i.gguf"), "--chunk-size", "32"])
    assert weighed.exit_code == 0, weighed.output
    plain = run(convert, [str(checkpoint), str(tmp_path / "plain.gguf"), "--type", "Q4_K_M"])

    found = run(convert, [str(checkpoint), str(target), "--type", "Q4_K_M", "--imatrix", str(tmp_path / "i.gguf")])

    assert (plain.exit_code, found.exit_code) == (0, 0)
    assert target.stat().st_size == (tmp_path / "plain.gguf").stat().st_size
    assert target.read_bytes() != (tmp_path / "plain.gguf").read_bytes()
