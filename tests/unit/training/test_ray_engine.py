"""A cluster finds what one machine finds, also when it loses a machine on the way."""

import asyncio
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import CairnError
from assistant.sandbox.programs import Job, ProgramRunner, Results
from tests.hand_tasks import hand_answers, hand_tasks
from training.answering.sample import sample
from training.answering.sources import Source
from training.answering.spread import Asked, SpreadSource
from training.checks.making import Making
from training.checks.stage import check_tasks
from training.execution.engines import LocalEngine
from training.execution.plans import Engine
from training.execution.ray_engine import BATCH_JOBS, open_ray
from training.families.stage import write_problems
from training.jsonl import append_rows, read_rows
from training.ranking.order import Rules
from training.ranking.stage import rank_tasks
from training.rows import to_json
from training.tables import answers_by_task, read_tasks

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Ray's own warnings are not ours


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head without processors, and two machines of one each."""
    ray = pytest.importorskip("ray", reason="the extra [scale] is not installed")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    made.nodes_to_lose = [made.add_node(num_cpus=1), made.add_node(num_cpus=1)]
    ray.init(address=made.address, logging_level="error", log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


NAP = Job(program="import time\ndef solve():\n    time.sleep(0.2)\n    return 1\n", entry_point="solve", inputs=((),))


class LosesOne:
    """An engine whose cluster loses a machine in the middle of a batch: naps keep both busy until then."""

    def __init__(self, engine: Engine, cluster: Any) -> None:
        self.engine, self.cluster = engine, cluster
        self.calls = 0

    def run_all(self, jobs: Sequence[Job]) -> list[Results | None]:
        self.calls += 1
        if self.calls != 2:
            return self.engine.run_all(jobs)
        threading.Timer(1.0, self._lose).start()
        naps = [NAP] * 2 * BATCH_JOBS
        results = self.engine.run_all([*naps, *jobs])
        assert {each and each.values for each in results[: len(naps)]} == {("1",)}
        return results[len(naps) :]

    def _lose(self) -> None:
        self.cluster.remove_node(self.cluster.nodes_to_lose.pop(), allow_graceful=False)


def _run(folder: Path, engine: Engine) -> list[dict[str, Any]]:
    problems, answers, tested = (folder / f"{name}.jsonl" for name in ("problems", "answers", "tested"))
    append_rows(problems, map(to_json, hand_tasks()))
    append_rows(answers, map(to_json, hand_answers()))
    check_tasks(problems, answers, tested, Making(num_generated=2, min_votes=2), engine)
    rank_tasks(read_tasks(tested), answers_by_task(answers), folder / "ranked.jsonl", Rules(), engine)
    return [_without_measures(row) for row in read_rows(folder / "ranked.jsonl")]


def _without_measures(row: dict[str, Any]) -> dict[str, Any]:
    candidates = [{**each, "cpu_ms": 0, "memory_bytes": 0} for each in row["candidates"]]
    return {**row, "candidates": candidates}


def test_a_cluster_that_loses_a_machine_ranks_as_one_machine_does(
    cluster: Any, tmp_path: Path, runner: ProgramRunner
) -> None:
    """Its work is done again by the other, and no answer is lost, doubled or masked."""
    local = _run(tmp_path / "local", LocalEngine(runner))

    with open_ray("") as engine:
        lossy = LosesOne(engine, cluster)
        spread = _run(tmp_path / "ray", lossy)

    assert len(cluster.nodes_to_lose) == 1
    assert len(spread) == 20
    assert spread == local


def test_a_cluster_that_loses_a_machine_answers_as_one_machine_does(cluster: Any, tmp_path: Path) -> None:
    """Row by row, from two workers that each open the source; refusals are counted, too."""
    ray = pytest.importorskip("ray")
    problems = tmp_path / "problems.jsonl"
    write_problems(problems, "train", 120, 0, num_workers=2)
    tasks = [*read_tasks(problems), *hand_tasks()[:2]]
    named = Asked(role="teacher", source="program:0.5")

    def rows(source: Source, out: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        report = asyncio.run(sample(tasks, [source], out, temperatures=(0.8,), num_each=3, seed=0))
        return read_rows(out), report.as_json()

    local = rows(asyncio.run(named.opened())[0], tmp_path / "local.jsonl")
    threading.Timer(2.0, lambda: cluster.remove_node(cluster.nodes_to_lose.pop(), allow_graceful=False)).start()
    spread = rows(SpreadSource(named, ray), tmp_path / "ray.jsonl")

    assert spread == local
    assert len(cluster.nodes_to_lose) == 1
    assert len(local[0]) == 363  # one of the hand-made has no reference


def test_programs_run_on_both_machines(cluster: Any) -> None:
    """Each has its own processes."""
    ray = pytest.importorskip("ray")
    where = ray.remote(num_cpus=1)(_here)

    assert len(set(ray.get([where.remote() for _ in range(4)]))) == 2


def _here() -> int:
    time.sleep(0.5)
    return os.getppid()


def test_no_cluster_is_an_error_with_a_hint() -> None:
    """Two lines."""
    pytest.importorskip("ray", reason="the extra [scale] is not installed")
    with pytest.raises(CairnError, match="no Ray cluster"), open_ray("127.0.0.1:1"):
        pass
