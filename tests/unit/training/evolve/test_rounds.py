"""Rounds of evolution against a scripted model: what is kept, what is left out and why; a kill changes nothing."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.responses import Response

from assistant.errors import EngineError, InputError
from tests.scripted_openai import Asked, refusal, scripted_openai
from training.asking.endpoint import endpoint_at
from training.asking.patience import Manners, Patience
from training.commands import train
from training.evolve.heuristics import HEURISTICS
from training.evolve.rounds import Evolution, Report, left_out_file
from training.evolve.seeds import read_seeds
from training.jsonl import read_rows
from training.rows import Provenance, Task, from_json

SEEDS = [
    Task(
        id=f"seed{n}",
        prompt=f"Write a Python function that returns the sum of every {n + 2}nd number of a list.",
        provenance=Provenance(stage="import", source="x", details={"licence": "CC-BY-NC-4.0"} if n else {}),
    )
    for n in range(8)
]
EAGER = Manners(width=4, patience=Patience(first_pause_s=0.0, max_tries=2))
WAYS = ("negative numbers", "duplicates", "an empty list", "very large input", "nested lists", "a given modulus")


def task_in(asked: Asked) -> str:
    return asked.prompt.partition("#Given Task#\n")[2].partition("\n\n#Rewritten")[0]


def rewritten(asked: Asked) -> str:
    """What models do: mostly as they are told."""
    task, seed = task_in(asked), asked.body["seed"]
    failures = {
        0: "I'm sorry, I cannot do that.",
        1: f"#Rewritten Task#\n{task}",
        2: task,
        3: f"{task} {HEURISTICS['deeper']}",
        4: f"Write a JavaScript function instead that returns the same as before. {task}",
        5: f"{task} Consider {WAYS[seed % 6]}.\n\nCorrect code:\ndef f(x): return x",
    }
    return failures.get(
        seed % 20, f"{task} The function must also handle {WAYS[seed % 6]} and return {seed % 97} then."
    )


async def run(url: str, out: Path, *, num_rounds: int = 3, seeds=SEEDS) -> Report:
    async with endpoint_at(url, EAGER) as model:
        return await Evolution(seeds, out, seed=0).run(model, num_rounds=num_rounds, temperature=1.0, max_tokens=64)


async def test_each_round_begins_with_what_the_last_one_kept(tmp_path) -> None:
    """A problem whose rewriting was left out is tried once more, from where it was."""
    out = tmp_path / "evolved.jsonl"
    with scripted_openai(rewritten) as server:
        report = await run(server.url, out)

    kept = [from_json(row, Task) for row in read_rows(out)]
    left_out = read_rows(left_out_file(out))
    prompts = {task.id: task.prompt for task in [*SEEDS, *kept]}
    assert len(kept) + len(left_out) == len(server.asked) == 24
    assert {task_in(asked) for asked in server.asked} <= set(prompts.values())
    for task in kept:
        assert task.prompt.startswith(prompts[task.provenance.parent])
        assert task.provenance.parent.split("+")[0] == task.id.split("+")[0]
    assert sum(report.kept.values()) == len(kept)
    assert report.left_out == Counter(row["reason"] for row in left_out)


async def test_a_row_says_how_it_was_made(tmp_path) -> None:
    """Way, round, parent, model and seed; and the licence that it is under."""
    out = tmp_path / "evolved.jsonl"
    with scripted_openai(
        lambda asked: f"{task_in(asked)} Write it as a function that returns {asked.body['seed']}."
    ) as server:
        await run(server.url, out, num_rounds=1)

    rows = [from_json(row, Task) for row in read_rows(out)]
    assert [row.id for row in rows] == [f"seed{n}+1" for n in range(8)]
    assert {row.provenance.source for row in rows} == {"endpoint/scripted-7b"}
    assert [row.provenance.parent for row in rows] == [seed.id for seed in SEEDS]
    assert all(row.provenance.details["heuristic"] in HEURISTICS for row in rows)
    assert all(str(row.provenance.seed) in row.prompt for row in rows)
    assert [row.provenance.details.get("licence") for row in rows] == [None] + ["CC-BY-NC-4.0"] * 7
    sent = [next(name for name, way in HEURISTICS.items() if way in asked.prompt) for asked in server.asked]
    assert Counter(sent) == Counter(row.provenance.details["heuristic"] for row in rows)


@pytest.mark.parametrize("num_answered", [0, 1, 9, 20])
async def test_a_run_that_was_killed_and_goes_on_writes_the_same_files(tmp_path, num_answered) -> None:
    """Both of them, and the same counts."""
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    stuck = asyncio.Event()

    def behave(asked: Asked) -> str:
        if len(server.asked) > num_answered:
            stuck.set()
        return rewritten(asked)

    with scripted_openai(rewritten) as server:
        counts = await run(server.url, whole)
    with scripted_openai(behave) as server:
        running = asyncio.create_task(run(server.url, cut))
        await asyncio.wait({running, asyncio.create_task(stuck.wait())}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        await asyncio.wait({running})
    cut.touch()
    with cut.open("ab") as file:
        file.write(b'{"id": "torn')
    with scripted_openai(rewritten) as server:
        again = await run(server.url, cut)

    assert cut.read_bytes() == whole.read_bytes()
    assert left_out_file(cut).read_bytes() == left_out_file(whole).read_bytes()
    assert again == counts


async def test_what_is_done_asks_nobody(tmp_path) -> None:
    """More rounds ask for those alone."""
    out = tmp_path / "evolved.jsonl"
    with scripted_openai(rewritten) as server:
        await run(server.url, out, num_rounds=2)
        num_asked = len(server.asked)
        await run(server.url, out, num_rounds=2)
        assert len(server.asked) == num_asked
        await run(server.url, out, num_rounds=3)
        assert len(server.asked) == num_asked + len(SEEDS)


async def test_two_problems_that_become_one_are_kept_once(tmp_path) -> None:
    """The first of them, whoever was quicker."""
    out = tmp_path / "evolved.jsonl"
    one = "Write a function that takes a list of numbers and returns its median, for lists of any length."
    with scripted_openai(lambda _: one) as server:
        report = await run(server.url, out, num_rounds=1)
    assert [row["id"] for row in read_rows(out)] == ["seed0+1"]
    assert report.left_out == {"duplicate": 7}


async def test_a_refused_problem_is_asked_for_again_by_the_next_run(tmp_path) -> None:
    """It is in neither file."""
    out = tmp_path / "evolved.jsonl"

    def behave(asked: Asked) -> Response | str:
        return refusal(400, "too long") if "every 5nd" in asked.prompt else rewritten(asked)

    with scripted_openai(behave) as server:
        report = await run(server.url, out, num_rounds=1)
    assert report.refused == {"status 400: too long": 1}
    with scripted_openai(rewritten) as server:
        await run(server.url, out, num_rounds=1)
    assert [task_in(asked) for asked in server.asked] == [SEEDS[3].prompt]


async def test_a_server_that_refuses_everything_ends_the_run(tmp_path) -> None:
    """After twenty in a row."""
    seeds = [Task(id=str(n), prompt=f"Task {n}", provenance=SEEDS[0].provenance) for n in range(30)]
    refused = pytest.raises(EngineError, match="20 problems were refused in a row")
    with scripted_openai(lambda _: refusal(400)) as server, refused:
        await run(server.url, tmp_path / "evolved.jsonl", seeds=seeds)


def test_codealpaca_goes_through(tmp_path, shared_data) -> None:
    """2,017 rows, most of them about other languages or no function; every one is accounted for."""
    source, out = shared_data / "codealpaca" / "code_alpaca_2k.json", tmp_path / "evolved.jsonl"
    with scripted_openai(rewritten) as server:
        words = ["evolve", "--in", str(source), "--endpoint", server.url, "--out", str(out), "--rounds", "1", "--json"]
        result = CliRunner().invoke(train, words)

    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    seeds = report["seeds"]
    assert seeds["read"] == 2017 == seeds["used"] + sum(seeds["left_out"].values())
    assert 400 < seeds["used"] == len(server.asked) < 600
    assert sum(report["kept"].values()) + sum(report["left_out"].values()) == seeds["used"]
    assert {"refusal", "leaked_marker", "no_gain", "copied_prompt", "other_language", "leaked_answer"} <= set(
        report["left_out"]
    )
    assert {row["provenance"]["details"]["licence"] for row in read_rows(out)} == {"CC-BY-NC-4.0"}


def test_the_table_is_for_people(tmp_path) -> None:
    """And what a server says in it obeys nobody's terminal."""
    source = tmp_path / "seeds.json"
    source.write_text(
        json.dumps([{"instruction": "Sort it.", "input": "[2, 1]", "output": "def f(x):\n  return x"}] * 2)
    )
    with scripted_openai(lambda _: refusal(400, "\x1b]0;title\x07no")) as server:
        words = ["evolve", "--in", str(source), "--endpoint", f"{server.url}#m", "--out", str(tmp_path / "o.jsonl")]
        result = CliRunner().invoke(train, [*words, "--keep-seeds"])

    assert result.exit_code == 0, result.output
    assert "2 read, 1 to begin with. Left out: duplicate 1" in result.output
    assert "\x1b]0" not in result.output
    (row,) = read_rows(tmp_path / "o.jsonl")
    assert row["prompt"] == "Sort it.\n\n[2, 1]"


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"instruction": 3}]', "[" * 100_000])
def test_a_file_in_no_known_form_is_refused_in_two_lines(tmp_path, text) -> None:
    """With the forms in the hint."""
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_seeds(path)
    assert "instruction" in caught.value.hint
