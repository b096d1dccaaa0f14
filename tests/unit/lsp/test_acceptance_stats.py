"""`cairn stats`: what became of the suggestions, for people and for programs."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assistant import paths
from assistant.cli import cli
from assistant.database import DatabaseError
from assistant.wilson import wilson
from lsp.acceptance.outcome import Circumstances, Outcome
from lsp.acceptance.report import drawn
from lsp.acceptance.store import insert, opened
from lsp.acceptance.summary import DAY_S, Summary, summarize

NOW = 1_800_000_000.0


def outcome(
    end: str, *, shown: int = 10, accepted: int = 0, kept: int | None = None, days_ago: float = 0.5, **known: Any
) -> Outcome:
    """One row; `known` of its circumstances."""
    defaults = {"language": "python", "model": "qwen", "latency_ms": 100.0} | known
    circumstances = Circumstances(
        key=f"{time.monotonic_ns()}", shown_at=NOW - days_ago * DAY_S, prompt_hash="0", trigger="automatic", **defaults
    )
    return Outcome(
        circumstances=circumstances, end=end, num_shown=shown, num_lines=1, num_accepted=accepted, num_kept=kept
    )


def summary_of(file: Path, *outcomes: Outcome, num_days: int = 30) -> Summary:
    with opened(file) as connection:
        insert(connection, outcomes)
    with opened(file) as connection:
        return summarize(connection, num_days=num_days, now=NOW)


def written(summary: Summary, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(drawn(summary))
    return console.file.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "acceptance.db"


@pytest.mark.parametrize(
    ("num_hits", "num_tries", "low", "high"),
    [(0, 0, 0.0, 1.0), (0, 10, 0.0, 0.2775), (1, 1, 0.2065, 1.0), (5, 10, 0.2366, 0.7634), (300, 1000, 0.2725, 0.3291)],
)
def test_a_rate_of_few_samples_has_a_wide_interval(num_hits: int, num_tries: int, low: float, high: float) -> None:
    """Values of Wilson's formula, as statistics packages give them."""
    assert wilson(num_hits, num_tries) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_rate(num_hits: int, num_misses: int) -> None:
    """And is no wider than 0 to 1."""
    num_tries = num_hits + num_misses
    low, high = wilson(num_hits, num_tries)

    rate = num_hits / num_tries if num_tries else 0.5
    assert 0 <= low <= rate + 1e-12
    assert rate - 1e-12 <= high <= 1


def test_suggestions_are_summed_by_language_and_model(file: Path) -> None:
    """Those with the most first; what is not known to be kept is not counted as lost."""
    summary = summary_of(
        file,
        outcome("accepted", accepted=10, kept=8, latency_ms=100.0),
        outcome("partly", accepted=4, latency_ms=300.0),
        outcome("typed", latency_ms=200.0),
        outcome("dismissed", language="rust"),
        outcome("shown", days_ago=31),
    )

    python, rust = summary.groups
    assert (python.language, python.model, python.median_latency_ms) == ("python", "qwen", 200.0)
    assert (python.sums.num_shown, python.sums.num_taken, python.sums.num_typed) == (3, 2, 1)
    assert (python.sums.chars_accepted, python.sums.chars_followed, python.sums.chars_kept) == (14, 10, 8)
    assert python.sums.kept_share == 0.8
    assert (rust.sums.rate, rust.sums.kept_share) == (0.0, None)
    assert summary.total.num_shown == 4


def test_days_are_counted_back_from_now(file: Path) -> None:
    """The last is of the 24 hours up to now."""
    kept = [
        outcome("accepted", accepted=9, kept=number, days_ago=ago) for number, ago in ((1, 2.9), (2, 1.1), (4, 0.1))
    ]

    assert summary_of(file, *kept, num_days=4).kept_by_day == (0, 1, 2, 4)


@pytest.mark.parametrize("width", [80, 120])
def test_the_report_fits_the_terminal(file: Path, width: int) -> None:
    """Long names are shortened, and no line is broken."""
    usual = [outcome("accepted", shown=90_000, accepted=90_000, kept=90_000, days_ago=ago) for ago in range(1, 20)]
    long = outcome("partly", accepted=3, kept=3, language="typescriptreact" * 4, model="M" * 70)

    lines = written(summary_of(file, *usual, long), width).splitlines()

    assert max(map(len, lines)) <= width
    assert [line.split()[:2] for line in lines if line.startswith("  python")] == [["python", "19"]]
    assert any(line.startswith("  typescriptrea…") for line in lines)
    assert "M" * 70 in lines


def test_the_shares_of_all_ends_fill_a_bar(file: Path) -> None:
    """Told apart without colours."""
    ends = ["accepted", "partly", "typed", "dismissed"]
    summary = summary_of(file, *(outcome(end, accepted=1 if end in ends[:2] else 0) for end in ends for _ in range(10)))

    assert "██████▓▓▓▓▓▓▒▒▒▒▒▒░░░░░░" in written(summary, 91)


def test_a_name_that_a_terminal_would_obey_is_written_out(file: Path) -> None:
    """Models and languages are named by files and editors."""
    text = written(summary_of(file, outcome("dismissed", model="\x1b[31mred", language="\u202eevil")), 80)

    assert "\\u{1b}[31mred" in text
    assert "\\u{202e}evil" in text


def test_a_long_time_is_drawn_in_weeks(file: Path) -> None:
    """From the first day that has something."""
    kept = [outcome("accepted", accepted=9, kept=9, days_ago=ago) for ago in (100, 50, 1)]
    text = written(summary_of(file, *kept, num_days=365), 80)

    assert "Characters kept in 6 days, at most 9" in text
    assert "102 days ago" in text


@pytest.fixture
def cairn(home: Path) -> Any:
    """Run `cairn stats` in an empty home."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["stats", *arguments], catch_exceptions=False)

    return run


def remember(*outcomes: Outcome) -> None:
    with opened(paths.acceptance_file()) as connection:
        insert(connection, outcomes)
        connection.execute("UPDATE suggestions SET shown_at = shown_at + ?", (time.time() - NOW,))


def test_an_empty_log_says_what_to_do(cairn) -> None:
    """It is no failure."""
    result = cairn("--days", "7")

    assert result.exit_code == 0
    assert "No suggestion of the last 7 days" in result.output
    assert "cairn lsp" in result.output


def test_numbers_are_there_for_programs(cairn) -> None:
    """With rate and interval."""
    remember(outcome("accepted", accepted=10, kept=9), outcome("dismissed"))

    found = json.loads(cairn("--json").output)

    assert found["num_days"] == 30
    assert found["groups"][0]["language"] == "python"
    assert found["groups"][0]["rate"] == 0.5
    assert found["total"]["rate_low"] < 0.5 < found["total"]["rate_high"]
    assert sum(found["kept_by_day"]) == 9


def test_an_empty_log_is_json_too(cairn) -> None:
    """Programs do not read sentences."""
    found = json.loads(cairn("--json").output)

    assert found["groups"] == []
    assert found["total"]["num_shown"] == 0


def test_a_plot_is_an_svg(cairn, tmp_path: Path) -> None:
    """What the terminal shows, as a picture that fetches nothing."""
    remember(outcome("accepted", accepted=10, kept=9))

    result = cairn("--plot", str(tmp_path / "plot.svg"))

    picture = (tmp_path / "plot.svg").read_text("utf-8")
    assert picture.startswith("<svg")
    assert "python" in picture
    assert "https://cdn" not in picture
    assert "python" in result.output
    assert cairn("--plot", str(tmp_path / "plot.png")).exit_code == 2


def test_clearing_forgets_everything(cairn) -> None:
    """And says so."""
    remember(outcome("dismissed"))

    assert "forgotten" in cairn("--clear").output
    assert "No suggestion" in cairn().output


def test_a_log_that_cannot_be_read_is_two_lines(cairn) -> None:
    """What happened and what to do."""
    paths.acceptance_file().mkdir(parents=True)

    with pytest.raises(DatabaseError, match="cannot be used") as error:
        cairn()
    assert error.value.hint
