"""`cairn train filter`: what stays, what goes, what the report says, and what a kill leaves."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from training.commands import train
from training.filtering.entries import read_entries
from training.filtering.run import filter_file
from training.rows import Check, Judged, Provenance, Ranked, Sampled, Task, to_json

HERE = Provenance(stage="test", source="here")
STORY = "Count how many of the lamps along the harbour are lit when the night watch begins its second round of the quay"
CODE = "def count(lamps):\n    return sum(lamps)\n"


def task(number: int, prompt: str, reference: str = CODE) -> dict[str, Any]:
    """A row of problems.jsonl."""
    return to_json(Task(id=f"t{number}", prompt=prompt, reference=reference, provenance=HERE))


def answer(number: int, code: str, task_id: str = "t0") -> Sampled:
    """An answer; its text is its code in a fence."""
    text = f"```python\n{code}```"
    return Sampled(id=f"a{number}", task_id=task_id, role="student", source="s", text=text, code=code, provenance=HERE)


def ranked(number: int, prompt: str, *codes: str) -> dict[str, Any]:
    """A row of ranked.jsonl."""
    judged = tuple(
        Judged(answer=answer(n, code), verdict="passes_all", passed=(), trust="strong", cpu_ms=1.0, memory_bytes=1)
        for n, code in enumerate(codes)
    )
    rewards = tuple(map(float, range(len(codes))))
    return to_json(Ranked(id=f"t{number}", prompt=prompt, candidates=judged, rewards=rewards, provenance=HERE))


def run(folder: Path, rows: list[dict[str, Any]], *options: str) -> tuple[list[str], dict[str, Any]]:
    """Ids that stay, and the report."""
    source = folder / "rows.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    result = invoke(folder, source, *options)
    assert result.exit_code == 0, result.output
    kept = [json.loads(line)["id"] for line in (folder / "kept.jsonl").read_text("utf-8").splitlines()]
    return kept, json.loads((folder / "filtered.json").read_text("utf-8"))


def invoke(folder: Path, source: Path, *options: str) -> Result:
    """The command."""
    return CliRunner().invoke(train, ["filter", "--in", str(source), "--out", str(folder / "kept.jsonl"), *options])


def benchmark(folder: Path) -> str:
    """A file of one task, as HumanEval publishes them."""
    prompt = f'def lit_lamps(lamps):\n    """ {STORY}. """\n'
    record = {"task_id": "HumanEval/0", "prompt": prompt, "entry_point": "lit_lamps"}
    record |= {"canonical_solution": "    return sum(lamps)\n", "test": "def check(candidate):\n    pass\n"}
    (folder / "HumanEval.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    return str(folder / "HumanEval.jsonl")


def test_the_first_of_its_kind_stays(tmp_path: Path) -> None:
    """Exact but for case and spaces; near in the words of prompt and program; everything else stays in order."""
    rows = [
        task(0, STORY),
        task(1, STORY.upper().replace(" ", "\n ")),
        task(2, STORY.replace("second", "third")),
        task(3, "Name the oldest ship of the fleet."),
        task(4, STORY, reference="def other(x):\n" + "    x.append(len(x) * 2)\n" * 9),
    ]

    kept, report = run(tmp_path, rows, "--near", "0.6")

    assert kept == ["t0", "t3", "t4"]
    assert report["removed"][0] == {"id": "t1", "reason": "exact", "repeats": "t0"}
    assert {**report["removed"][1], "similarity": None} == {
        "id": "t2",
        "reason": "near",
        "repeats": "t0",
        "similarity": None,
    }
    assert 0.6 <= report["removed"][1]["similarity"] < 1
    assert run(tmp_path, rows, "--near", "1")[0] == ["t0", "t2", "t3", "t4"]


def test_answers_are_the_same_only_within_their_problem_and_only_exactly(tmp_path: Path) -> None:
    """One sign may be the mistake that ranking learns from; indentation means something, blank lines do not."""
    code = "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total\n"
    variants = [
        code,
        code.replace("+=", "-="),
        code.replace("    return", "        return"),
        code.replace("\n", "\n\n"),
    ]
    rows = [to_json(answer(number, variant)) for number, variant in enumerate(variants)]
    rows.append(to_json(answer(9, code, task_id="t1")))

    kept, report = run(tmp_path, rows)

    assert kept == ["a0", "a1", "a2", "a9"]
    assert report["removed"] == [{"id": "a3", "reason": "exact", "repeats": "a0"}]


def test_ranked_rows_are_compared_by_prompt_and_best_answer(tmp_path: Path) -> None:
    """A later candidate does not make another problem of it."""
    rows = [ranked(0, STORY, CODE, "pass"), ranked(1, STORY, CODE, "fail"), ranked(2, "Other.", CODE)]

    assert run(tmp_path, rows)[0] == ["t0", "t2"]


def test_a_benchmark_is_found_in_every_text_of_a_row(tmp_path: Path) -> None:
    """Prompt, program, check, answer: the report says which task, which field, where and what."""
    leak = f"# {STORY}\n{CODE}"
    check = Check(statement=f"assert f() == 1, '{STORY}'", provenance=HERE)
    checked = to_json(Task(id="t3", prompt="p", checks=(check,), provenance=HERE))
    rows = [task(0, STORY), task(1, "p", leak), ranked(2, "p", CODE, leak), checked, task(4, "Something else.")]

    kept, report = run(tmp_path, rows, "--against", benchmark(tmp_path))

    assert kept == ["t4"]
    matches = [gone["matches"][0] for gone in report["removed"]]
    assert [match["field"] for match in matches] == [
        "prompt",
        "reference",
        "candidates.1.answer.text",
        "checks.0.statement",
    ]
    for match in matches:
        assert (match["suite"], match["task_id"], match["text"]) == ("humaneval", "HumanEval/0", STORY)
    assert rows[0]["prompt"][matches[0]["start"] : matches[0]["end"]] == STORY
    assert report["counts"]["contaminated_by_suite"] == {"humaneval": 4}


def test_where_a_row_came_from_is_no_text_of_it(tmp_path: Path) -> None:
    """Provenance, ids and names of sources may name a benchmark."""
    row = task(0, "Something else.") | {
        "provenance": {"stage": "evolve", "source": STORY, "details": {"prompt": STORY}}
    }

    assert run(tmp_path, [row], "--against", benchmark(tmp_path))[0] == ["t0"]


def test_a_removed_row_is_not_what_a_later_one_repeats(tmp_path: Path) -> None:
    """The near copy of a contaminated row is judged by itself."""
    rows = [task(0, STORY), task(1, STORY), task(2, "Kept."), task(3, "kept.")]

    _, report = run(tmp_path, rows, "--against", benchmark(tmp_path))

    assert [gone["reason"] for gone in report["removed"]] == ["contaminated", "contaminated", "exact"]


def test_rows_are_kept_to_the_byte_and_the_report_proves_which(tmp_path: Path) -> None:
    """Odd spacing, escapes and unknown fields stay; the sum is of what was written; again gives the same."""
    lines = b'{"id":"a",  "text":"\\u00e9 one", "new": [1.50]}\n\n{"text": "two", "id": "b"}\n'
    (tmp_path / "rows.jsonl").write_bytes(lines)

    reports = []
    for _ in range(2):
        assert invoke(tmp_path, tmp_path / "rows.jsonl").exit_code == 0
        reports.append((tmp_path / "filtered.json").read_bytes())

    kept = (tmp_path / "kept.jsonl").read_bytes()
    assert kept == lines.replace(b"\n\n", b"\n")
    assert json.loads(reports[0])["kept_sha256"] == hashlib.sha256(kept).hexdigest()
    assert reports[0] == reports[1]


def test_the_table_shows_spans_that_a_terminal_cannot_obey(tmp_path: Path) -> None:
    """Counts for people; an escape in a row's text is written out."""
    (tmp_path / "rows.jsonl").write_text(json.dumps(task(0, STORY.replace(" of ", " \x1b[31m of "))) + "\n")
    (tmp_path / "more.jsonl").write_text(json.dumps(task(0, STORY.replace(" ", " \x1b"))) + "\n")

    shown = invoke(tmp_path, tmp_path / "more.jsonl", "--against", benchmark(tmp_path))

    assert "contaminated" in shown.output
    assert "HumanEval/0 by" in shown.output
    assert "\x1b" not in shown.output
    assert "\\u{1b}" in shown.output


def test_json_gives_the_counts(tmp_path: Path) -> None:
    """For programs; they add up."""
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(task(n, f"Task {n % 3}.")) + "\n" for n in range(5)))

    counts = json.loads(invoke(tmp_path, tmp_path / "rows.jsonl", "--json").output)

    assert counts["rows"] == counts["contaminated"] + counts["exact"] + counts["near"] + counts["kept"] == 5
    assert counts["exact"] == 2


@pytest.mark.parametrize(
    "line",
    ["no json", "[1]", "{}", '{"id": 1, "text": "x"}', '{"id": "a"}', '{"text": "x"}', "[" * 5000, '{"id":"a","id":3}'],
)
def test_a_line_that_is_no_row_stops_the_pass_and_leaves_the_old_file(tmp_path: Path, line: str) -> None:
    """It is named by its number."""
    (tmp_path / "rows.jsonl").write_text(f'{{"id": "first", "text": "x"}}\n{line}\n')
    (tmp_path / "kept.jsonl").write_text("old")

    with pytest.raises(InputError, match="line 2"):
        filter_file(tmp_path / "rows.jsonl", [], tmp_path / "kept.jsonl", tmp_path / "filtered.json", 0.7)

    assert (tmp_path / "kept.jsonl").read_text() == "old"


def test_an_id_that_is_there_twice_is_refused() -> None:
    """The report could not say which of the two went."""
    with pytest.raises(InputError, match="line 2 has the id of an earlier one"):
        list(read_entries([b'{"id": "a", "text": "x"}\n', b'{"id": "a", "text": "y"}\n'], "rows.jsonl"))


def test_a_torn_last_line_is_as_if_never_written() -> None:
    """A stage that was killed while it appended left it."""
    assert [entry.id for entry in read_entries([b'{"id": "a", "text": "x"}\n', b'{"id": "b", "te'], "rows")] == ["a"]


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "task_id", "code", "prompt", "candidates", "text"]), _json, max_size=6))
def test_any_object_is_a_row_or_is_refused(row: dict[str, Any]) -> None:
    """Rows are other people's: nothing but a refusal is raised."""
    try:
        entries = list(read_entries([json.dumps(row).encode() + b"\n"], "rows"))
    except InputError:
        return

    assert [entry.id for entry in entries] == [row["id"]]


def test_a_kill_in_the_middle_leaves_the_old_file(tmp_path: Path) -> None:
    """The rows come through a pipe that stays open: the pass is in its middle for certain when it is killed."""
    source, out = tmp_path / "rows", tmp_path / "kept.jsonl"
    out.write_text("old")
    os.mkfifo(source)
    command = [sys.executable, "-m", "assistant", "train", "filter", "--in", str(source), "--out", str(out)]
    process = subprocess.Popen(command)
    with source.open("w") as rows:  # opens when the pass has opened it
        for number in range(2000):
            rows.write(json.dumps(task(number, f"Task {number}.")) + "\n")
        rows.flush()
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert out.read_text() == "old"
    assert (tmp_path / ".kept.jsonl.partial").exists()
    assert not (tmp_path / "filtered.json").exists()
