"""The page of a run: everything in it, nothing from elsewhere, and nothing that a model wrote is markup."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from training.atomic import write_text
from training.evaluation.lines import Line, lines
from training.finetune.folder import RunFolder
from training.finetune.recipe import FinetuneRecipe
from training.finetune.report import page
from training.jsonl import append_rows

EVIL = "<script>alert(1)</script>\x1b[31m"
RECIPE = FinetuneRecipe(name=EVIL)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """Two measurements, three steps, and a stranger's words wherever there can be some."""
    folder = RunFolder(tmp_path)
    append_rows(
        folder.metrics, [{"step": n, "sft_loss": 9.0 - n, "rank_loss": 0.1, "rank_accuracy": 0.5} for n in (1, 2, 3)]
    )
    shown = [{"task_id": EVIL, "prompt": EVIL, "answer": EVIL, "outcome": EVIL}]
    measured = {"pass_at_1": {"value": 0.5, "low": 0.4, "high": 0.6}, "num_problems": 9, "mean_answer_tokens": 30.0}
    append_rows(folder.evaluations, [{"step": step, **measured, "shown": shown} for step in (0, 3)])
    write_text(tmp_path / "data.json", '{"rows": 3, "left_out": {"<b>": 1}}')
    write_text(tmp_path / "versions.json", '{"torch": "<b>"}')
    write_text(tmp_path / "recipe.toml", EVIL)
    return folder


def test_the_page_has_both_losses_accuracy_pass_at_1_lengths_and_answers(run: RunFolder) -> None:
    """Each plot under its heading."""
    html = page(run, replace(RECIPE, method="rrtf"))

    headings = re.findall(r"<h2>(.*?)</h2>", html)
    assert headings[:5] == ["Fine-tuning loss", "Rank loss", "Rank accuracy", "pass@1", "Length"]
    assert html.count("<svg") == 5
    assert "Before and after" in headings


def test_the_page_loads_nothing_and_shows_markup_as_text(run: RunFolder) -> None:
    """No script, no link, no control character."""
    html = page(run, RECIPE)

    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html
    assert not re.search(r"(src|href)=", html)
    assert "default-src 'none'" in html


def test_a_run_without_measurements_has_a_page(run: RunFolder) -> None:
    """The losses alone."""
    run.evaluations.unlink()

    assert page(run, RECIPE).count("<svg") == 3


def test_a_band_is_drawn_around_its_line() -> None:
    """As high as its interval."""
    picture = lines([Line(points=[(0, 0.5), (10, 0.5)], band=[(0.0, 1.0), (0.0, 1.0)])], "t", top=1.0, percent=True)

    assert 'd="M64.0 200.0L712.0 200.0L712.0 8.0L64.0 8.0Z"' in picture
    assert 'class="line" d="M64.0 104.0L712.0 104.0"' in picture
