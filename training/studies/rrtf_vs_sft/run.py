"""The whole study: groups of arms, seed by seed, in processes of one thread each. Stopped, it goes on where it was."""

import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import EngineError
from training.studies.rrtf_vs_sft.arms import ARMS, BASE, PRIMARY
from training.studies.rrtf_vs_sft.plan import Plan, measured_file


@dataclass(frozen=True, slots=True)
class Job:
    """Arms of one seed, in one process."""

    seed: int
    arms: tuple[str, ...]

    def is_done(self, folder: Path) -> bool:
        """Whether all of it is measured."""
        return all(measured_file(folder, self.seed, name).exists() for name in self.arms)


def jobs_of(plan: Plan) -> Iterator[Job]:
    """The table first; then, in turns, where ranking may help and more seeds for the primary comparison."""
    main = tuple(arm.name for arm in ARMS if arm.group == "main")
    exploring = tuple(arm.name for arm in ARMS if arm.group == "exploring")
    yield from (Job(seed, main) for seed in range(plan.seeds.main))
    more = [Job(seed, (BASE, *PRIMARY)) for seed in range(plan.seeds.main, plan.seeds.primary)]
    for seed in range(plan.seeds.exploring):
        yield Job(seed, exploring)
        yield from more[2 * seed : 2 * seed + 2]
    yield from more[2 * plan.seeds.exploring :]


def run_study(plan: Plan, folder: Path, num_processes: int, on_done: Callable[[int], None]) -> None:
    """Do what is missing.

    Args:
        plan: What to do.
        folder: Of the run; each seed has a folder and a log in it.
        num_processes: At a time, of one thread each.
        on_done: Is told how many more jobs are done.

    Raises:
        EngineError: A job failed; the others were finished.
    """
    waiting = [job for job in jobs_of(plan) if not job.is_done(folder)]
    num_jobs, failed = len(waiting), list[Job]()
    running: dict[Future[bool], Job] = {}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(num_processes, mp_context=context, max_tasks_per_child=1) as pool:
        while waiting or running:
            while len(running) < num_processes and (job := _next(waiting, running.values())):
                waiting.remove(job)
                running[pool.submit(_do, plan, folder, job)] = job
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                failed += [] if _went_well(future) else [job]
                on_done(1)
    if failed:
        log = _log(folder, failed[0].seed)
        raise EngineError(f"{len(failed)} of {num_jobs} jobs failed", hint=f"See {log}; run it again to go on.")


def _went_well(future: Future[bool]) -> bool:
    try:
        return future.result()
    except BrokenProcessPool:
        hint = "It may have had too little memory: run it again with --processes 1, it goes on where it was."
        raise EngineError("a process of the study was killed", hint=hint) from None


def _next(waiting: Sequence[Job], running: Collection[Job]) -> Job | None:
    """The first that may run beside these: two of one seed would write the same files."""
    seeds = {job.seed for job in running}
    return next((job for job in waiting if job.seed not in seeds), None)


def _log(folder: Path, seed: int) -> Path:
    return folder / f"seed-{seed}.log"


def _do(plan: Plan, folder: Path, job: Job) -> bool:
    """In a process of its own, whose words go to the seed's log; whether it went well."""
    folder.mkdir(parents=True, exist_ok=True)
    with _log(folder, job.seed).open("a", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            from training.studies.rrtf_vs_sft.seed import run_arms  # noqa: PLC0415 - heavy, and only here

            run_arms(plan, folder, job.seed, job.arms)
        except Exception:  # whatever it is stands in the log, and other jobs go on
            traceback.print_exc()
            sys.stderr.flush()
            return False
    return True
