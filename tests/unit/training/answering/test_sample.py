"""Every answer that is wanted, once, in order; whoever was slow, whoever failed, and however often it was stopped."""

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.responses import Response

from assistant.errors import EngineError, InputError
from tests.scripted_openai import Asked, refusal, scripted_openai, silent
from training.answering.sample import MAX_REFUSALS, Report, sample
from training.answering.sources import ModelSource, ProgramSource, Said
from training.asking.endpoint import endpoint_at
from training.asking.in_order import in_order
from training.asking.patience import Manners, Patience
from training.commands import train
from training.jsonl import append_rows, read_rows
from training.rows import Provenance, Sampled, Task, from_json, to_json

TASKS = [
    Task(id=f"t{n}", prompt=f"Add {n}.", entry_point="add", provenance=Provenance(stage="families", source="x"))
    for n in range(6)
]
EAGER = Manners(width=4, patience=Patience(first_pause_s=0.0, max_tries=3))


def said(asked: Asked) -> str:
    """The same for the same question: what a model with a seed does."""
    return f"```python\ndef add(x):\n    return x + {asked.body['seed']}\n```\n{asked.prompt[:8]}"


def program_answer(task: Task, skill: float, seed: int) -> str:
    return f"def add(x):\n    return {seed} * {skill}\n"


async def run(url: str, out: Path, *, tasks=TASKS, temperatures=(0.2, 0.8), num_each=2, seed=0) -> Report:
    async with endpoint_at(url, EAGER) as model:
        sources = [
            ModelSource(model, "student", max_tokens=64, top_p=0.95),
            ProgramSource("0.5", "teacher", program_answer),
        ]
        return await sample(tasks, sources, out, temperatures=temperatures, num_each=num_each, seed=seed)


async def test_every_task_gets_every_answer(tmp_path) -> None:
    """From each source, at each temperature that means something to it, with the program read out of it."""
    with scripted_openai(said) as server:
        report = await run(server.url, tmp_path / "answers.jsonl")

    rows = [from_json(row, Sampled) for row in read_rows(tmp_path / "answers.jsonl")]
    assert [row.id for row in rows[:6]] == [
        *("t0/endpoint/scripted-7b/0.2/0", "t0/endpoint/scripted-7b/0.2/1"),
        *("t0/endpoint/scripted-7b/0.8/0", "t0/endpoint/scripted-7b/0.8/1"),
        *("t0/program/0.5/0/0", "t0/program/0.5/0/1"),
    ]
    assert len(rows) == len({row.id for row in rows}) == report.num_wanted == 36
    assert rows[0].code == f"def add(x):\n    return x + {rows[0].provenance.seed}\n"
    assert rows[0].provenance.details == {
        "temperature": 0.2,
        "index": 0,
        "preset": "chat",
        "top_p": 0.95,
        "max_tokens": 64,
        "finish_reason": "stop",
    }
    assert {row.role for row in rows} == {"student", "teacher"}
    assert len({row.provenance.seed for row in rows}) == 36
    assert sorted({asked.body["temperature"] for asked in server.asked}) == [0.2, 0.8]


async def test_a_greedy_answer_is_asked_for_once(tmp_path) -> None:
    """All others would be the same."""
    with scripted_openai(said) as server:
        await run(server.url, tmp_path / "answers.jsonl", temperatures=(0.0,), num_each=5)
    assert len(server.asked) == len(TASKS)


@pytest.mark.parametrize("num_answered", [0, 1, 7, 23])
async def test_a_run_that_was_killed_and_goes_on_writes_the_same_file(tmp_path, num_answered) -> None:
    """As one that was not; nothing that is there is asked again."""
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    stuck = asyncio.Event()

    def behave(asked: Asked) -> str:
        if len(server.asked) > num_answered:
            stuck.set()
        return said(asked)

    with scripted_openai(said) as server:
        await run(server.url, whole)
    with scripted_openai(behave) as server:
        running = asyncio.create_task(run(server.url, cut))
        await asyncio.wait({running, asyncio.create_task(stuck.wait())}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        await asyncio.wait({running})
    with cut.open("ab") as file:
        file.write(b'{"id": "t9/torn')
    num_there = len(read_rows(cut))
    with scripted_openai(said) as server:
        report = await run(server.url, cut)

    assert cut.read_bytes() == whole.read_bytes()
    assert report.num_there == num_there
    assert len(server.asked) <= 24


async def test_more_answers_go_behind_those_that_are_there(tmp_path) -> None:
    """And those that are there stay as they are, seeds and all."""
    out = tmp_path / "answers.jsonl"
    with scripted_openai(said) as server:
        await run(server.url, out, num_each=1)
        before = out.read_bytes()
        await run(server.url, out, num_each=3)

    assert out.read_bytes().startswith(before)
    assert len(read_rows(out)) == 6 * 9


async def test_a_problem_that_is_refused_is_left_out_and_counted(tmp_path) -> None:
    """Not written as an answer; the next run asks again."""
    out = tmp_path / "answers.jsonl"

    def behave(asked: Asked) -> Response | str:
        return refusal(400, "too long") if "Add 3" in asked.prompt else said(asked)

    with scripted_openai(behave) as server:
        report = await run(server.url, out)
    assert report.refused == {"endpoint/scripted-7b": {"status 400: too long": 4}}
    assert len(read_rows(out)) == 32

    with scripted_openai(said) as server:
        report = await run(server.url, out)
    assert len(server.asked) == 4
    assert len(read_rows(out)) == 36


async def test_a_source_that_refuses_everything_ends_the_run(tmp_path) -> None:
    """It is not the problems; what the others said is kept."""
    out = tmp_path / "answers.jsonl"
    refused = pytest.raises(EngineError, match=f"refused {MAX_REFUSALS} problems in a row")
    with scripted_openai(lambda _: refusal(400, "no")) as server, refused:
        await run(server.url, out)
    assert {row["source"] for row in read_rows(out)} == {"program/0.5"}


async def test_servers_that_stumble_change_nothing(tmp_path) -> None:
    """Each question fails twice, in one way or another."""
    ways = [refusal(429), refusal(500), Response(b"{", media_type="application/json")]

    def behave(asked: Asked) -> Response | str:
        return ways[asked.body["seed"] % 3] if asked.num_times < 3 else said(asked)

    with scripted_openai(behave) as server:
        await run(server.url, tmp_path / "stumbling.jsonl")
    with scripted_openai(said) as server:
        await run(server.url, tmp_path / "smooth.jsonl")

    assert (tmp_path / "stumbling.jsonl").read_bytes() == (tmp_path / "smooth.jsonl").read_bytes()


async def test_results_come_in_order_whoever_is_quicker() -> None:
    """At most `width` are begun; an error comes in its turn."""
    begun: list[int] = []

    async def work(job: int) -> int:
        begun.append(job)
        await asyncio.sleep(0.02 if job % 3 == 0 else 0)
        if job == 7:
            raise ValueError("seven")
        return job

    seen: list[int] = []

    async def collect() -> None:
        async for batch in in_order(range(20), work, width=4):
            seen.extend(batch)

    with pytest.raises(ValueError, match="seven"):
        await collect()
    assert seen == [0, 1, 2, 3, 4, 5, 6]
    assert max(begun) <= 10


@pytest.mark.parametrize("skill", ["", "x", "-0.1", "1.1", "nan"])
def test_a_skill_is_a_share(skill: str) -> None:
    """Of 0 to 1."""
    with pytest.raises(InputError, match="a number of 0 to 1"):
        ProgramSource(skill, "teacher", program_answer)


async def test_a_program_says_code_alone() -> None:
    """As it is."""
    answer = await ProgramSource("1", "teacher", program_answer).answer(TASKS[0], 0.0, 3)
    assert answer == Said(text=answer.code, code="def add(x):\n    return 3 * 1.0\n", details={"skill": 1.0})


def test_the_command_samples_and_counts(tmp_path, monkeypatch) -> None:
    """With the key of the environment, which is sent and never shown."""
    monkeypatch.setenv("CAIRN_ENDPOINT_KEY", "s3cret")
    problems, out = tmp_path / "problems.jsonl", tmp_path / "answers.jsonl"
    append_rows(problems, [to_json(task) for task in TASKS])
    with scripted_openai(said) as server:
        words = ["sample", "--problems", str(problems), "--out", str(out), "--temperature", "0.2,1", "--json"]
        result = CliRunner().invoke(train, [*words, "--teacher", f"{server.url}#m", "--limit", "2"])

    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["answered"] == {"endpoint/m": 4}
    assert report["without_code"] == {"endpoint/m": 0}
    assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer s3cret"}
    assert "s3cret" not in result.output + out.read_text()


@pytest.mark.parametrize(
    "words",
    [[], ["--student", "daemon", "--temperature", "hot"], ["--student", "daemon", "--temperature", "3"]],
)
def test_a_command_that_cannot_be_meant_is_refused(tmp_path, words) -> None:
    """With exit code 2."""
    problems = tmp_path / "problems.jsonl"
    append_rows(problems, [to_json(TASKS[0])])
    result = CliRunner().invoke(train, ["sample", "--problems", str(problems), "--out", str(tmp_path / "o"), *words])
    assert result.exit_code == 2


@pytest.mark.parametrize("text", ["", "{", '{"id": 1}\n', '{"id": "a", "prompt": 3}\n', "[1]\n"])
def test_problems_that_are_none_are_refused_in_two_lines(tmp_path, text) -> None:
    """With the file and the row."""
    problems = tmp_path / "problems.jsonl"
    problems.write_text(text)
    words = ["sample", "--problems", str(problems), "--out", str(tmp_path / "o"), "--teacher", "http://127.0.0.1:9#m"]
    result = CliRunner().invoke(train, words)
    assert isinstance(result.exception, InputError)


async def test_the_built_in_model_answers_from_its_file(tmp_path) -> None:
    """Without a daemon; in the layout that it was taught."""
    from assistant.paths import BUILTIN_MODEL
    from training.asking.gguf import GgufModel

    out = tmp_path / "answers.jsonl"
    async with GgufModel(BUILTIN_MODEL, width=2, context_tokens=1024) as model:
        source = ModelSource(model, "student", max_tokens=24, top_p=0.95)
        report = await sample(TASKS[:2], [source], out, temperatures=(0.8,), num_each=2, seed=0)

    assert report.answered == {"gguf/builtin": 4}
    assert all(row["text"] for row in read_rows(out))


def test_a_process_that_was_killed_is_gone_on_with(tmp_path) -> None:
    """By SIGKILL, in the middle: the file is then that of a run that nobody killed."""
    problems, whole, cut = (tmp_path / name for name in ("problems.jsonl", "whole.jsonl", "cut.jsonl"))
    append_rows(problems, [to_json(task) for task in TASKS])
    stuck = threading.Event()

    def behave(asked: Asked) -> Response | str:
        if asked.num_times == 1 and len(server.asked) > 9:
            stuck.set()
            return silent()
        return said(asked)

    def words(out: Path) -> list[str]:
        sources = ["--student", f"{server.url}#m", "--concurrency", "2", "--n", "4"]
        return ["sample", "--problems", str(problems), "--out", str(out), *sources]

    with scripted_openai(behave) as server:
        process = subprocess.Popen([sys.executable, "-m", "assistant", "train", *words(cut)], stderr=subprocess.DEVNULL)
        assert stuck.wait(60)
        process.kill()
        process.wait()
    assert 0 < len(read_rows(cut)) < 24
    with scripted_openai(said) as server:
        for out in (cut, whole):
            result = CliRunner().invoke(train, words(out))
            assert result.exit_code == 0, result.output

    assert cut.read_bytes() == whole.read_bytes()


async def test_a_program_refuses_tasks_that_it_does_not_know(tmp_path) -> None:
    """They are counted; the others are answered."""

    def knows_one(task: Task, skill: float, seed: int) -> str:
        if task.id != "t1":
            raise InputError(f"{task.id} is none of the families'", hint="draw it")
        return "def add(x):\n    return x\n"

    source = ProgramSource("1", "teacher", knows_one)
    report = await sample(TASKS, [source], tmp_path / "o", temperatures=(0.8,), num_each=1, seed=0)

    assert report.answered == {"program/1": 1}
    assert sum(report.refused["program/1"].values()) == 5
