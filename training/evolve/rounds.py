"""Round by round: each problem's newest form is made harder once more, and what came of it is kept or left out.

Kept rows go into the file that was asked for; those left out go beside it with the reason, so that a run that goes on
asks for neither again, and a person can see what the filters did.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import EngineError
from training.asking.in_order import in_order
from training.asking.model import Draw, Model, RefusedError
from training.bar import bar
from training.evolve.filters import why_not
from training.evolve.heuristics import VERSION, drawn_heuristic, evolution_prompt
from training.evolve.seeds import entry_point_of
from training.jsonl import append_rows, read_rows
from training.rows import Provenance, Task, from_json, to_json

MAX_REFUSALS = 20
"""In a row: it is not the problems."""
AHEAD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One problem to be made harder."""

    id: str
    """Of the row that comes of it: the seed's, and the round."""
    parent: Task
    heuristic: str
    round: int
    seed: int


@dataclass(slots=True, kw_only=True)
class Report:
    """What a file of evolved problems is made of; counted over the whole file, whenever its rows were made."""

    kept: Counter[str] = field(default_factory=Counter[str])
    """By heuristic."""
    left_out: Counter[str] = field(default_factory=Counter[str])
    """By reason."""
    rounds: dict[int, Counter[str]] = field(default_factory=dict[int, Counter[str]])
    """`kept` and reasons by round."""
    refused: Counter[str] = field(default_factory=Counter[str])
    """By what the server said, in this run; the next run asks again."""

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        rounds = {str(number): dict(counts) for number, counts in self.rounds.items()}
        left_out, refused = dict(self.left_out), dict(self.refused)
        return {"kept": dict(self.kept), "left_out": left_out, "rounds": rounds, "refused": refused}

    def count(self, reason: str, heuristic: str, number: int) -> None:
        """One row, kept where there is no reason."""
        self.rounds.setdefault(number, Counter())[reason or "kept"] += 1
        if reason:
            self.left_out[reason] += 1
        else:
            self.kept[heuristic] += 1


class Evolution:
    """A file of evolved problems and those that go into it.

    Args:
        seeds: What it begins with.
        out: Rows are added here; those that it has are not made again.
    """

    def __init__(self, seeds: Sequence[Task], out: Path, *, seed: int) -> None:
        self.report = Report()
        self._out = out
        self._beside = left_out_file(out)
        self._seed = seed
        self._newest = {task.id: task for task in seeds}
        self._kept = {row["id"]: row for row in read_rows(out)}
        self._left_out = {row["id"]: row for row in read_rows(self._beside)}
        self._prompts = {_normal(task.prompt) for task in seeds}
        self._in_a_row = 0

    async def run(self, model: Model, *, num_rounds: int, temperature: float, max_tokens: int) -> Report:
        """Do all rounds.

        Raises:
            CairnError: The model cannot go on; what was made is in the files.
        """

        async def ask(step: Step) -> tuple[Step, str | RefusedError]:
            draw = Draw(temperature=temperature, seed=step.seed, max_tokens=max_tokens)
            try:
                return step, (await model.ask(evolution_prompt(step.parent.prompt, step.heuristic), draw)).text
            except RefusedError as error:
                return step, error

        with bar("evolve", len(self._newest) * num_rounds) as advance:
            for number in range(1, num_rounds + 1):
                missing = [step for step in self._steps(number) if not self._is_there(step)]
                advance(len(self._newest) - len(missing))
                async for results in in_order(missing, ask, width=AHEAD * model.width):
                    self._write(model.name, results)
                    advance(len(results))
        return self.report

    def _steps(self, number: int) -> list[Step]:
        return [self._step(root, number) for root in self._newest]

    def _step(self, root: str, number: int) -> Step:
        identity = f"{root}+{number}"
        digest = hashlib.sha256(f"{self._seed}/{identity}".encode()).digest()
        return Step(
            id=identity,
            parent=self._newest[root],
            heuristic=drawn_heuristic(self._seed, identity),
            round=number,
            seed=int.from_bytes(digest[:4], "big") >> 1,
        )

    def _is_there(self, step: Step) -> bool:
        """Whether an earlier run made this step; then it is as if it were made now."""
        if (row := self._kept.get(step.id)) is not None:
            self._keep(from_json(row, Task), step)
        elif (row := self._left_out.get(step.id)) is not None:
            self.report.count(row["reason"], step.heuristic, step.round)
        return row is not None

    def _write(self, model: str, results: Sequence[tuple[Step, str | RefusedError]]) -> None:
        kept: list[dict[str, Any]] = []
        left_out: list[dict[str, Any]] = []
        for step, said in results:
            self._check_patience(said)
            if isinstance(said, RefusedError):
                self.report.refused[str(said)] += 1
                continue
            task = _task(step, said.strip(), model)
            reason = why_not(step.parent.prompt, task.prompt) or ("duplicate" if self._is_known(task) else "")
            if reason:
                self.report.count(reason, step.heuristic, step.round)
                left_out.append({"id": task.id, "reason": reason, "row": to_json(task)})
            else:
                self._keep(task, step)
                kept.append(to_json(task))
        append_rows(self._beside, left_out)
        append_rows(self._out, kept)

    def _keep(self, task: Task, step: Step) -> None:
        self.report.count("", task.provenance.details["heuristic"], step.round)
        self._prompts.add(_normal(task.prompt))
        self._newest[step.id.rpartition("+")[0]] = task

    def _is_known(self, task: Task) -> bool:
        return _normal(task.prompt) in self._prompts

    def _check_patience(self, said: str | RefusedError) -> None:
        self._in_a_row = self._in_a_row + 1 if isinstance(said, RefusedError) else 0
        if isinstance(said, RefusedError) and self._in_a_row >= MAX_REFUSALS:
            raise EngineError(f"{MAX_REFUSALS} problems were refused in a row; the last: {said}", hint=said.hint)


def left_out_file(out: Path) -> Path:
    """Where the rows are that the filters left out."""
    return out.with_name(f"{out.stem}.left-out{out.suffix}")


def _task(step: Step, prompt: str, model: str) -> Task:
    licence = step.parent.provenance.details.get("licence")
    details: dict[str, Any] = {"heuristic": step.heuristic, "round": step.round, "prompt_version": VERSION}
    if licence:  # what was made of it is under it, too
        details["licence"] = licence
    return Task(
        id=step.id,
        prompt=prompt,
        entry_point=entry_point_of(prompt),
        provenance=Provenance(stage="evolve", source=model, parent=step.parent.id, seed=step.seed, details=details),
    )


def _normal(prompt: str) -> str:
    return " ".join(prompt.lower().split())
