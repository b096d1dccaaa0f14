"""A data recipe: which stages make the ranked answers, in order, and with which numbers. All in one TOML file.

Each stage is a function of its room, called by name with the files that it reads and writes and with the keys of its
table. A stage goes on where it stopped, so that a recipe that is run again does what is missing.
"""

import difflib
import importlib
import inspect
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError
from training.atomic import write_text

StageFunction = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a stage's function is, and which rows it reads and writes. The arguments are called as the rows are."""

    function: str
    """ "module:name". Called with `reads` and `out` as paths, and with the stage's own keys; returns a report."""
    reads: tuple[str, ...]
    writes: str
    """ "problems", "answers" or "ranked"; later stages read the newest file of that name."""
    file: str


STAGES: Mapping[str, Stage] = {
    "problems": Stage(
        function="training.families.stage:write_problems", reads=(), writes="problems", file="problems.jsonl"
    ),
    "evolve": Stage(
        function="training.evolve.stage:evolve_problems",
        reads=("problems",),
        writes="problems",
        file="evolved.jsonl",
    ),
    "sample": Stage(
        function="training.answering.stage:sample_answers",
        reads=("problems",),
        writes="answers",
        file="answers.jsonl",
    ),
    "test": Stage(
        function="training.checks.stage:make_checks",
        reads=("problems", "answers"),
        writes="problems",
        file="tested.jsonl",
    ),
    "filter": Stage(
        function="training.filtering.stage:filter_problems",
        reads=("problems",),
        writes="problems",
        file="filtered.jsonl",
    ),
    "rank": Stage(
        function="training.ranking.stage:rank_answers",
        reads=("problems", "answers"),
        writes="ranked",
        file="ranked.jsonl",
    ),
}
"""In the order in which they run; a recipe may leave some out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecipe:
    """A name, a seed for all stages that draw, and the keys of each stage that is to run."""

    name: str
    seed: int
    stages: Mapping[str, Mapping[str, Any]]
    text: str


def read_data_recipe(path: Path, stages: Mapping[str, Stage] = STAGES) -> DataRecipe:
    """Read a data recipe.

    Raises:
        ConfigError: The file is missing or no TOML, or names a stage that there is not.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"no recipe at {path}", hint="Try training/recipes/ranked-families.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", hint="Mend the line it names.") from error
    name, seed = table.pop("name", None), table.pop("seed", 0)
    if not isinstance(name, str) or not name:
        raise ConfigError("the recipe has no name", hint='Add name = "..." at the top; the run folder is called so.')
    for key, value in table.items():
        if key not in stages or not isinstance(value, dict):
            raise ConfigError(f"unknown stage {key} in the recipe", hint=f"Stages are tables: {', '.join(stages)}.")
    return DataRecipe(name=name, seed=int(seed), stages=table, text=text)


def run_data_recipe(
    recipe: DataRecipe,
    runs_dir: Path,
    stages: Mapping[str, Stage] = STAGES,
    find: Callable[[str], StageFunction] | None = None,
) -> dict[str, dict[str, Any]]:
    """Run the stages of a recipe in the folder of its name.

    Args:
        recipe: What to run.
        runs_dir: The run is a folder in it.
        stages: All stages there are, in order.
        find: The function of a name; imports it unless told otherwise.

    Returns:
        The report of each stage.

    Raises:
        ConfigError: A key is unknown to its stage, or a stage reads what no earlier one wrote. Both are seen before
            the first stage runs.
    """
    run = runs_dir / recipe.name
    calls = _calls(recipe, run, stages, find or _imported)
    write_text(run / "recipe.toml", recipe.text)
    return {name: function(**arguments) for name, (function, arguments) in calls.items()}


def _calls(
    recipe: DataRecipe, run: Path, stages: Mapping[str, Stage], find: Callable[[str], StageFunction]
) -> dict[str, tuple[StageFunction, dict[str, Any]]]:
    newest: dict[str, Path] = {}
    calls: dict[str, tuple[StageFunction, dict[str, Any]]] = {}
    for name in (each for each in stages if each in recipe.stages):
        stage = stages[name]
        function = find(stage.function)
        if missing := [each for each in stage.reads if each not in newest and _is_needed(function, each)]:
            raise ConfigError(
                f"stage {name} reads {missing[0]}, and no stage before it writes them", hint=_writers(stages)
            )
        keys = _checked(name, function, recipe.stages[name])
        seed = {"seed": recipe.seed} if "seed" in inspect.signature(function).parameters else {}
        files = {each: newest[each] for each in stage.reads if each in newest}
        calls[name] = function, {**seed, **keys, **files, "out": run / stage.file}
        newest[stage.writes] = run / stage.file
    return calls


def _checked(stage: str, function: StageFunction, keys: Mapping[str, Any]) -> Mapping[str, Any]:
    known = inspect.signature(function).parameters
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
            raise ConfigError(f"unknown key {stage}.{key} in the recipe", hint=f"Did you mean {stage}.{near[0]}?")
    return keys


def _is_needed(function: StageFunction, argument: str) -> bool:
    return inspect.signature(function).parameters[argument].default is inspect.Parameter.empty


def _writers(stages: Mapping[str, Stage]) -> str:
    return "Rows and who writes them: " + ", ".join(f"{each.writes} by {name}" for name, each in stages.items()) + "."


def _imported(path: str) -> StageFunction:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
