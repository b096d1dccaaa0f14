"""Verification: the numbers are right, converted files are close to their source, strangers are refused."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assistant.errors import CairnError, InputError, ModelFileError
from convert.conversion import convert_checkpoint
from convert.quality.verify import Comparison, Predictor, compare, kl_divergence, log_softmax, open_gguf
from convert.quality.verify_report import verdict
from convert.verify_commands import verify

NUM_TOKENS = 7
TEXT = "def add(first, second):\n    return first + second\n" * 8


def predictor(name: str, table: np.ndarray) -> Predictor:
    """Return a model of digits that looks the logits up by the last token."""
    return Predictor(
        name=name,
        tokens=list("0123456"),
        tokenize=lambda text: [int(letter) for letter in text],
        context_tokens=100,
        logits=lambda ids: table[ids],
    )


@pytest.fixture
def tables() -> tuple[np.ndarray, np.ndarray]:
    """Return two tables of logits (NUM_TOKENS, NUM_TOKENS) float32."""
    rng = np.random.default_rng(8)
    expected = rng.normal(0, 3, (NUM_TOKENS, NUM_TOKENS)).astype(np.float32)
    return expected, expected + rng.normal(0, 0.3, expected.shape).astype(np.float32)


@pytest.fixture
def folder(make_checkpoint: Callable[..., Path]) -> Path:
    """Return a checkpoint with every field that transformers and tokenizers ask for."""
    folder = make_checkpoint(config={"model_type": "gpt_bigcode"})
    tokenizer = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    for token in tokenizer["added_tokens"]:
        token |= dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    return folder


@pytest.fixture
def gguf(folder: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that converts the checkpoint to a type."""

    def convert(file_type: str) -> Path:
        convert_checkpoint(folder, tmp_path / f"{file_type}.gguf", file_type)
        return tmp_path / f"{file_type}.gguf"

    return convert


def run(*arguments: object) -> dict:
    """Run `verify --json` and return what it prints."""
    result = CliRunner().invoke(verify, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_the_divergence_is_torchs() -> None:
    """Row by row, KL(expected || found) equals `torch.nn.functional.kl_div` in float64."""
    torch = pytest.importorskip("torch", reason="it is the reference: install the extra [train]")
    rng = np.random.default_rng(2)
    expected, found = rng.normal(0, 8, (2, 50, 300))

    ours = kl_divergence(log_softmax(expected), log_softmax(found))

    log_expected, log_found = (torch.log_softmax(torch.from_numpy(logits), -1) for logits in (expected, found))
    theirs = torch.nn.functional.kl_div(log_found, log_expected, log_target=True, reduction="none").sum(-1)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-12)


def test_the_numbers_are_those_of_the_plain_formulas(tables: tuple[np.ndarray, np.ndarray]) -> None:
    """Over several chunks and blocks: means over positions, the quantile, and perplexity of the tokens that follow."""
    ids = np.random.default_rng(3).integers(0, NUM_TOKENS, 300)
    text = "".join(map(str, ids))
    a, b = (predictor(name, table) for name, table in zip("ab", tables, strict=True))

    found = compare(a, b, [text])

    expected, tested = (table.astype(float)[ids] for table in tables)
    p, q = (np.exp(x) / np.exp(x).sum(-1, keepdims=True) for x in (expected, tested))
    kl = (p * np.log(p / q)).sum(-1)
    is_target = np.arange(300) % 100 != 99  # the last of a chunk has no next one
    assert (found.num_positions, found.num_chunks) == (300, 3)
    assert found.mean_kl_nats == pytest.approx(kl.mean())
    assert found.kl_99_nats == pytest.approx(np.quantile(kl, 0.99))
    assert found.max_kl_nats == pytest.approx(kl.max())
    assert found.top1_agreement == (p.argmax(-1) == q.argmax(-1)).mean() < 1
    assert found.nmse == pytest.approx(((tested - expected) ** 2).sum() / (expected**2).sum())
    for probabilities, perplexity in ((p, found.reference_perplexity), (q, found.tested_perplexity)):
        following = probabilities[np.arange(299), ids[1:]][is_target[:299]]
        assert perplexity == pytest.approx(np.exp(-np.log(following).mean()))
    assert sum(found.kl_histogram) == 300
    assert len(found.kl_histogram) == len(found.kl_edges_nats) + 1


def test_the_most_chunks_bound_the_work(tables: tuple[np.ndarray, np.ndarray]) -> None:
    """No more positions than asked for are computed."""
    a = predictor("a", tables[0])

    assert compare(a, a, ["0123" * 100], most_chunks=2).num_positions == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tokens": list("012345")}, "7 and 6 tokens"),
        ({"tokens": list("0213456")}, "differ in 2 tokens"),
        ({"tokenize": lambda text: [0, *map(int, text)]}, "different tokens"),
        ({"logits": lambda ids: np.full((len(ids), NUM_TOKENS), np.nan, np.float32)}, "not finite"),
    ],
)
def test_strangers_and_broken_models_are_refused(
    tables: tuple[np.ndarray, np.ndarray], changes: dict, reason: str
) -> None:
    """Another vocabulary, another order of it, another tokenizer, no numbers: each an error with a hint."""
    a = predictor("a", tables[0])

    with pytest.raises(ModelFileError, match=reason) as caught:
        compare(a, replace(a, **changes), ["0123"])

    assert caught.value.hint


def test_tokens_without_a_name_are_not_compared(tables: tuple[np.ndarray, np.ndarray]) -> None:
    """A folder's tokenizer has no names for the rows that only pad the embedding."""
    a = predictor("a", tables[0])

    found = compare(replace(a, tokens=[*"01234", "", ""]), replace(a, tokens=[*"01234", "[PAD5]", "[PAD6]"]), ["0123"])

    assert found.mean_kl_nats == 0


def test_a_text_of_one_token_is_too_short(tables: tuple[np.ndarray, np.ndarray]) -> None:
    """There is nothing to predict."""
    with pytest.raises(InputError, match="the text has 1 tokens"):
        compare(predictor("a", tables[0]), predictor("b", tables[1]), ["0"])


def test_f32_computes_what_transformers_computes(folder: Path, gguf: Callable[[str], Path], tmp_path: Path) -> None:
    """Folder against F32: only the arithmetic differs; on this text the two likeliest tokens are never that close."""
    pytest.importorskip("transformers", reason="its logits are the reference: install the extra [train]")

    (tmp_path / "text.py").write_text(TEXT)

    found = run(folder, gguf("F32"), "--text", tmp_path / "text.py")

    assert found["nmse"] < 1e-6
    assert found["top1_agreement"] == 1.0
    assert found["mean_kl_nats"] < 1e-6


def test_q8_0_is_close_to_f32(gguf: Callable[[str], Path]) -> None:
    """And not the same: the comparison sees quantisation."""
    found = run(gguf("F32"), gguf("Q8_0"), "--chunks", "4")

    assert 0 < found["mean_kl_nats"] < 1e-3


def test_a_file_diverges_from_itself_by_exactly_nothing(gguf: Callable[[str], Path]) -> None:
    """Zero in every number, not nearly."""
    path = gguf("Q4_0")

    found = run(path, path, "--chunks", "2")

    assert (found["max_kl_nats"], found["nmse"], found["top1_agreement"]) == (0.0, 0.0, 1.0)
    assert found["kl_histogram"][0] == found["num_positions"] == 128


def test_json_holds_every_number_with_its_unit(gguf: Callable[[str], Path], tmp_path: Path) -> None:
    """The keys are a promise; the text is the one that was named."""
    (tmp_path / "text.py").write_text(TEXT)

    found = run(gguf("F32"), gguf("Q4_0"), "--text", tmp_path / "text.py")

    assert list(found) == [
        "reference",
        "tested",
        "num_positions",
        "num_chunks",
        "mean_kl_nats",
        "kl_99_nats",
        "max_kl_nats",
        "top1_agreement",
        "nmse",
        "reference_perplexity",
        "tested_perplexity",
        "kl_edges_nats",
        "kl_histogram",
    ]
    assert (found["reference"], found["tested"]) == ("F32.gguf", "Q4_0.gguf")
    with open_gguf(tmp_path / "F32.gguf") as opened:
        assert found["num_positions"] == len(opened.tokenize(TEXT)) // 64 * 64


def test_the_report_is_a_table_bars_and_a_sentence(gguf: Callable[[str], Path], tmp_path: Path) -> None:
    """For people; the picture holds the same and asks no server for a font."""
    arguments = [str(gguf("F32")), str(gguf("Q4_0")), "--chunks", "2", "--plot", str(tmp_path / "plot.svg")]

    result = CliRunner().invoke(verify, arguments, catch_exceptions=False)

    picture = (tmp_path / "plot.svg").read_text("utf-8")
    assert all(words in result.stdout for words in ("KL(A || B), mean", "perplexity of B", "█", "likeliest token at"))
    assert "perplexity" in picture
    assert "url(" not in picture.replace("url(#", "")


def test_a_plot_is_an_svg(tmp_path: Path) -> None:
    """Another suffix is wrong usage, found before any work."""
    result = CliRunner().invoke(verify, ["none", "none.gguf", "--plot", str(tmp_path / "plot.png")])

    assert result.exit_code == 2
    assert ".svg" in result.output


@pytest.mark.parametrize("door", ["imatrix_commands", "verify_commands"])
def test_the_doors_load_nothing_heavy(door: str) -> None:
    """Help costs click alone."""
    look = f"import sys, convert.{door}; print(sorted({{'numpy', 'rich', 'llama_cpp', 'torch'}} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_a_folder_needs_the_extra(folder: Path, gguf: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch the error says what to install, or to compare with a GGUF file."""
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "convert.quality.transformers_logits", raising=False)

    with pytest.raises(CairnError, match="torch is needed") as caught:
        CliRunner().invoke(verify, [str(folder), str(gguf("Q8_0"))], catch_exceptions=False)

    assert "cairn-coder[train]" in caught.value.hint


def test_the_verdict_names_both_and_follows_the_divergence() -> None:
    """One sentence, worse with a larger divergence."""
    found = Comparison(
        reference="a.gguf",
        tested="b.gguf",
        num_positions=200,
        num_chunks=1,
        mean_kl_nats=4e-3,
        kl_99_nats=0.1,
        max_kl_nats=0.2,
        top1_agreement=0.985,
        nmse=1e-3,
        reference_perplexity=3.0,
        tested_perplexity=3.1,
        kl_histogram=(0,) * 10,
    )

    assert verdict(found) == (
        "b.gguf predicts nearly what a.gguf does: KL 0.004 nats on average, "
        "the same likeliest token at 98.50% of 200 positions."
    )
    assert "something else" in verdict(replace(found, mean_kl_nats=1.0))
