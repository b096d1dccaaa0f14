"""The door of the training room: `cairn train …`. Heavy imports wait inside the commands."""

from pathlib import Path

import click

from assistant.door import Door
from training.results import print_result

ROOMS = {
    "dpo": "training.finetune.commands:dpo",
    "evolve": "training.evolve.commands:evolve_command",
    "filter": "training.filtering.commands:filter_",
    "from-repo": "training.repository.commands:from_repo",
    "import": "training.importing.commands:import_",
    "merge": "training.finetune.commands:merge",
    "problems": "training.families.commands:problems",
    "rank": "training.ranking.commands:rank",
    "rounds": "training.finetune.commands:rounds",
    "rrtf": "training.finetune.commands:rrtf",
    "sample": "training.answering.commands:sample_command",
    "sft": "training.finetune.commands:sft",
    "study": "training.studies.rrtf_vs_sft.commands:study",
    "test": "training.checks.commands:test",
}
SUMMARIES = {
    "dpo": "Teach a model to prefer the better of two answers.",
    "evolve": "Let a model make harder problems of those there are.",
    "filter": "Leave out what is there twice, nearly twice, or in a benchmark.",
    "from-repo": "Make problems of the functions and tests of a repository.",
    "import": "Read a public data set into problems with checks.",
    "merge": "Add a LoRA adapter to the weights below it.",
    "problems": "Draw problems with tests from the generated families.",
    "rank": "Run every answer against the checks of its problem, and rank them.",
    "rounds": "Sample with the new model, rank, train, and again.",
    "rrtf": "Teach a model a ranking of answers.",
    "sample": "Answer problems by students and teachers.",
    "sft": "Fine-tune a model on one answer to each prompt.",
    "study": "What does ranking add to fine-tuning? Trained and measured.",
    "test": "Make and check the tests of problems.",
}

BUILT_IN_RECIPE = Path(__file__).with_name("recipes") / "builtin-cpu.toml"

_recipe_option = click.option(
    "--recipe",
    "recipe_path",
    type=click.Path(path_type=Path),
    default=BUILT_IN_RECIPE,
    show_default="the built-in builtin-cpu.toml",
)
_runs_option = click.option(
    "--runs-dir", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="Where runs are kept."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group(cls=Door, rooms=ROOMS, summaries=SUMMARIES)
def train() -> None:
    """Make a model: pretrain, instruct, rank, fine-tune (SFT, RRTF, DPO)."""


@train.command()
@_recipe_option
@_runs_option
@_json_option
def pretrain(recipe_path: Path, runs_dir: Path, as_json: bool) -> None:
    """Train a small student on the Python sources of this machine."""
    from training.pretrain import pretrain as run_pretrain
    from training.run import open_run

    print_result({"checkpoint": str(run_pretrain(*open_run(recipe_path, runs_dir)))}, as_json=as_json)


@train.command()
@_recipe_option
@_runs_option
@_json_option
def instruct(recipe_path: Path, runs_dir: Path, as_json: bool) -> None:
    """Teach the pretrained student to answer a description with code."""
    from training.instruct import instruct as run_instruct
    from training.run import open_run

    print_result({"checkpoint": str(run_instruct(*open_run(recipe_path, runs_dir)))}, as_json=as_json)


@train.command()
@click.argument("recipe_path", metavar="RECIPE", type=click.Path(path_type=Path))
@_runs_option
@_json_option
@click.pass_context
def run(context: click.Context, recipe_path: Path, runs_dir: Path, as_json: bool) -> None:
    """Do all stages of RECIPE in order; what is done already is left as it is.

    RECIPE makes a model (tables corpus, model, pretrain, instruct, rrtf) or ranked answers (problems, evolve, filter,
    sample, test, rank).
    """
    from training.data_recipe import is_data_recipe, read_data_recipe, run_data_recipe
    from training.run import open_run, run_stages

    def find(stage: str) -> click.Command:
        command = train.get_command(context, stage)
        assert command, stage
        return command

    if is_data_recipe(recipe_path):
        run_data_recipe(read_data_recipe(recipe_path), runs_dir, find, as_json=as_json)
        return
    print_result({"checkpoint": str(run_stages(*open_run(recipe_path, runs_dir)))}, as_json=as_json)


@train.command()
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("gguf", metavar="MODEL.gguf", type=click.Path(path_type=Path))
@_json_option
def manifest(run_folder: Path, gguf: Path, as_json: bool) -> None:
    """Say on one page beside MODEL.gguf how RUN made it: hashes, recipe, licences, figures."""
    from training.manifest import write_manifest

    print_result({"manifest": str(write_manifest(run_folder, gguf))}, as_json=as_json)
