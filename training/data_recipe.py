"""A data recipe: which stages make the ranked answers, in order, and with which options. All in one TOML file.

A stage is a command, `cairn train STAGE`, and the keys of its table are that command's options: what a recipe can say
is what its stages document. Each goes on where it stopped, so that a recipe that is run again does what is missing.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from assistant.errors import ConfigError
from training.atomic import write_text

Rows = Literal["problems", "answers", "ranked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Which rows a command reads and writes."""

    reads: Mapping[str, Rows]
    """By option."""
    optional: frozenset[str] = frozenset()
    """Options that can be left out, where no stage before it writes such rows."""
    writes: Rows
    """Later stages read the newest file of such rows."""
    file: str
    """What `--out` is called in the folder of the run."""


STAGES: Mapping[str, Stage] = {
    "problems": Stage(reads={}, writes="problems", file="problems.jsonl"),
    "evolve": Stage(reads={"in": "problems"}, writes="problems", file="evolved.jsonl"),
    "filter": Stage(reads={"in": "problems"}, writes="problems", file="filtered.jsonl"),
    "sample": Stage(reads={"problems": "problems"}, writes="answers", file="answers.jsonl"),
    "test": Stage(
        reads={"problems": "problems", "answers": "answers"},
        optional=frozenset({"answers"}),
        writes="problems",
        file="tested.jsonl",
    ),
    "rank": Stage(reads={"problems": "problems", "answers": "answers"}, writes="ranked", file="ranked.jsonl"),
}
"""In the order in which they run; a recipe may leave some out. Nothing is asked for what the filter removes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecipe:
    """A name, and the options of each stage that is to run."""

    name: str
    stages: Mapping[str, Mapping[str, Any]]
    text: str


def read_data_recipe(path: Path) -> DataRecipe:
    """Read a data recipe.

    Raises:
        ConfigError: The file is missing or no TOML, or names a stage that there is not.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"no recipe at {path}", hint="Try training/recipes/data/ranked-families.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", hint="Mend the line it names.") from error
    name = table.pop("name", None)
    if not isinstance(name, str) or not name:
        raise ConfigError("the recipe has no name", hint='Add name = "..." at the top; the run folder is called so.')
    for key, value in table.items():
        if key not in STAGES or not isinstance(value, dict):
            raise ConfigError(f"unknown stage {key} in the recipe", hint=f"Stages are tables: {', '.join(STAGES)}.")
    return DataRecipe(name=name, stages=table, text=text)


def run_data_recipe(
    recipe: DataRecipe, runs_dir: Path, find: Callable[[str], click.Command], *, as_json: bool = False
) -> Path:
    """Run the stages of a recipe in the folder of its name; each prints its report.

    Args:
        recipe: What to run.
        runs_dir: The run is a folder in it.
        find: The command of a stage.
        as_json: Reports are JSON, one line a stage.

    Returns:
        The folder.

    Raises:
        ConfigError: An option is unknown to its stage or of the wrong kind, or a stage reads what no earlier one wrote.
            All of that is seen before the first stage runs.
    """
    run = runs_dir / recipe.name
    contexts = [_prepared(name, find(name), arguments) for name, arguments in _arguments(recipe, run, as_json)]
    write_text(run / "recipe.toml", recipe.text)
    for context in contexts:
        with context:
            context.command.invoke(context)
    return run


def _arguments(recipe: DataRecipe, run: Path, as_json: bool) -> list[tuple[str, list[str]]]:
    newest: dict[Rows, Path] = {}
    stages: list[tuple[str, list[str]]] = []
    for name in (each for each in STAGES if each in recipe.stages):
        stage = STAGES[name]
        missing = [rows for option, rows in stage.reads.items() if rows not in newest and option not in stage.optional]
        if missing:
            writers = ", ".join(each for each, other in STAGES.items() if other.writes == missing[0])
            hint = f"Add a table for one of: {writers}."
            raise ConfigError(f"stage {name} reads {missing[0]}, and no stage before it writes them", hint=hint)
        files = {option: str(newest[rows]) for option, rows in stage.reads.items() if rows in newest}
        options = {**recipe.stages[name], **files, "out": str(run / stage.file)}
        stages.append((name, [*_written_out(options), *(["--json"] if as_json else [])]))
        newest[stage.writes] = run / stage.file
    return stages


def _written_out(options: Mapping[str, Any]) -> list[str]:
    """As on the command line: a list repeats its option, `true` is a flag, and `false` says nothing."""
    words: list[str] = []
    for key, value in options.items():
        option = f"--{key.replace('_', '-')}"
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, bool):
                words += [option] if each else []
            else:
                words += [option, str(each)]
    return words


def _prepared(name: str, command: click.Command, arguments: list[str]) -> click.Context:
    try:
        return command.make_context(f"cairn train {name}", arguments)
    except click.UsageError as error:
        hint = f"Keys of [{name}] are the options of `cairn train {name}`: see its --help."
        raise ConfigError(f"[{name}] in the recipe: {error.format_message()}", hint=hint) from error
