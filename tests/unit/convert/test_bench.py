"""What `cairn bench convert` promises: true numbers of programs that ran alone, and a disk left as it was."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from assistant.errors import InputError
from assistant.paths import BUILTIN_MODEL
from convert.bench.measure import measure
from convert.bench.random_checkpoint import write_random_checkpoint
from convert.bench.run import Peer, Report, bench_convert
from convert.bench.shapes import starcoder
from convert.bench.table import print_report
from convert.bench_commands import bench_convert as command

TINY = starcoder("tiny", layers=1, embedding=256, heads=4, vocabulary=4096, positions=64)
NUM_WEIGHTS = 1_756_544

FAKE_CONVERTER = """
import pathlib, sys
source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[sys.argv.index("--outfile") + 1])
assert sys.argv[sys.argv.index("--outtype") + 1] == "bf16"
target.write_bytes((source / "model.safetensors").read_bytes())
"""
FAKE_QUANTIZER = """#!/bin/sh
set -e
test -f "$1" && test "$3" = Q8_0 && test "$4" -ge 1
cp "{result}" "$2"
"""


@pytest.fixture
def peer(tmp_path: Path) -> Peer:
    """A stand-in for llama.cpp that checks how it is called."""
    tree, programs = tmp_path / "llama.cpp", tmp_path / "build" / "bin"
    tree.mkdir()
    programs.mkdir(parents=True)
    (tree / "convert_hf_to_gguf.py").write_text(FAKE_CONVERTER)
    (programs / "llama-quantize").write_text(FAKE_QUANTIZER.format(result=BUILTIN_MODEL))
    (programs / "llama-quantize").chmod(0o755)
    return Peer(tree, tmp_path / "build")


def run(folder: Path, *file_types: str, **options) -> Report:
    return bench_convert(TINY, file_types, vocabulary=BUILTIN_MODEL, folder=folder, **options)


def test_the_report_has_the_numbers(tmp_path: Path) -> None:
    """Size, time, speed and memory of each type agree with each other and with the shape."""
    report = run(tmp_path, "Q8_0", "F16")

    assert (report.shape, report.vocabulary, report.num_weights) == ("tiny", "builtin.gguf", NUM_WEIGHTS)
    assert 0 < report.source_bytes - 2 * NUM_WEIGHTS < 8192
    assert [each.file_type for each in report.types] == ["Q8_0", "F16"]
    q8, f16 = report.types
    assert 1.06 * NUM_WEIGHTS < q8.num_bytes < f16.num_bytes
    assert q8.weights_per_s == pytest.approx(NUM_WEIGHTS / q8.elapsed_s, rel=0.01)
    assert 30 << 20 < q8.peak_rss_bytes < 2 << 30
    assert (q8.peer, q8.ratio, report.peer_16_bit) == (None, None, None)


def test_nothing_is_left(tmp_path: Path) -> None:
    """Without `keep` every file that was made is gone."""
    run(tmp_path, "Q8_0")

    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_was_there_stays(tmp_path: Path) -> None:
    """Only what the run made is deleted; complete weights are used again."""
    write_random_checkpoint(tmp_path / "tiny", TINY, vocabulary=BUILTIN_MODEL)
    before = (tmp_path / "tiny" / "model.safetensors").stat()

    run(tmp_path, "Q8_0")

    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
    assert (tmp_path / "tiny" / "model.safetensors").stat().st_mtime_ns == before.st_mtime_ns


def test_kept_files_have_speaking_names(tmp_path: Path, peer: Peer) -> None:
    """With `keep` the checkpoint, our results and the peer's stay."""
    run(tmp_path / "here", "Q8_0", keep=True, peer=peer)

    names = {path.name for path in (tmp_path / "here").iterdir()}
    assert names > {"tiny", "tiny.Q8_0.gguf", "tiny.llama-cpp.BF16.gguf", "tiny.llama-cpp.Q8_0.gguf"}


def test_the_peer_is_timed_over_both_steps(tmp_path: Path, peer: Peer) -> None:
    """The ratio is our time by the sum of the peer's two steps, and its files are gone as well."""
    report = run(tmp_path / "here", "Q8_0", peer=peer)

    (q8,) = report.types
    assert q8.peer
    assert report.peer_16_bit
    assert 0 < report.peer_16_bit.elapsed_s < q8.peer.elapsed_s
    assert q8.peer.peak_rss_bytes >= report.peer_16_bit.peak_rss_bytes > 0
    assert q8.ratio == pytest.approx(q8.elapsed_s / q8.peer.elapsed_s, abs=0.001)
    assert list((tmp_path / "here").iterdir()) == []


def test_the_tensors_are_compared_bit_by_bit(tmp_path: Path, peer: Peer) -> None:
    """A peer that made the same tensors is told from one that did not."""
    (other,) = run(tmp_path / "here", "Q8_0", peer=peer, keep=True).types
    peer.quantizer.write_text(FAKE_QUANTIZER.format(result=tmp_path / "here" / "tiny.Q8_0.gguf"))

    (same,) = run(tmp_path / "again", "Q8_0", peer=peer).types

    assert (other.is_identical, same.is_identical) == (False, True)


def test_a_failing_peer_is_quoted(tmp_path: Path, peer: Peer) -> None:
    """A program that fails is named with its last words and its command line; nothing is left."""
    peer.converter.write_text("raise NotImplementedError('BPE pre-tokenizer was not recognized')")

    with pytest.raises(InputError, match="BPE pre-tokenizer was not recognized") as caught:
        run(tmp_path / "here", "Q8_0", peer=peer)

    assert "--outtype bf16" in caught.value.hint
    assert list((tmp_path / "here").iterdir()) == []


def test_an_incomplete_peer_is_refused(tmp_path: Path, peer: Peer) -> None:
    """A missing program shows before any work."""
    peer.quantizer.unlink()

    with pytest.raises(InputError, match=r"llama-quantize is missing"):
        Peer(peer.tree, peer.build)


def test_a_disk_too_small_is_refused(tmp_path: Path) -> None:
    """Source and results are weighed before the first byte of either is written."""
    huge = starcoder("huge", layers=512, embedding=1 << 14, heads=64, vocabulary=4096, positions=64)

    with pytest.raises(InputError, match="GB are needed"):
        bench_convert(huge, ["Q8_0"], vocabulary=BUILTIN_MODEL, folder=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_the_peak_is_that_of_the_program_alone() -> None:
    """A program that touches 200 MB is seen to have done so, and a small one is small though this process is not."""
    held = bytes(range(256)) * (200 << 12)

    small = measure(["true"])
    large = measure([sys.executable, "-c", "held = bytes(range(256)) * (200 << 12)"])

    assert small.peak_rss_bytes < 50 << 20 < len(held) < large.peak_rss_bytes < 2 * len(held)
    assert large.elapsed_s > 0


def test_a_program_that_is_missing_is_named() -> None:
    """The command line is in the hint, so that it can be tried."""
    with pytest.raises(InputError, match="no-such-program failed") as caught:
        measure(["no-such-program", "--now"])

    assert caught.value.hint == "run it alone: no-such-program --now"


def test_the_table_has_a_line_per_type(tmp_path: Path, peer: Peer, capsys: pytest.CaptureFixture[str]) -> None:
    """Types down, numbers across, and the peer beside ours."""
    report = run(tmp_path / "here", "Q8_0", peer=peer)

    print_report(report)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("tiny: 2 M weights, 0.00 GB in BF16")
    assert lines[1].split()[:3] == ["type", "time", "GB/s"]
    assert lines[2].startswith("Q8_0")
    assert lines[2].rstrip().endswith(f"{report.types[0].ratio:.2f}")
    assert lines[-1] == "tensors: DIFFERENT for Q8_0"


@pytest.mark.parametrize("arguments", [["--keep"], ["--peer", "."], ["--peer-build", "."]])
def test_options_that_need_each_other(arguments: list[str]) -> None:
    """--keep without a folder would keep nothing; the peer is a tree and a build."""
    result = CliRunner().invoke(command, arguments)

    assert result.exit_code == 2


@pytest.mark.slow
def test_json_is_all_that_is_printed() -> None:
    """The command measures in a temporary folder and prints one JSON object; progress goes to stderr."""
    result = CliRunner().invoke(command, ["--shape", "starcoder-100m", "--type", "Q4_0", "--json"])

    report = json.loads(result.stdout)
    assert (report["shape"], report["types"][0]["file_type"]) == ("starcoder-100m", "Q4_0")
