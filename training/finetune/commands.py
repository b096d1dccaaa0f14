"""The doors of `cairn train sft`, `rrtf`, `dpo`, `rounds` and `merge`. Heavy imports wait inside the commands."""

from __future__ import annotations  # Method is a name for the type checker only

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from training.results import print_result

if TYPE_CHECKING:
    from training.finetune.recipe import Method

_PATH = click.Path(path_type=Path)
_recipe_option = click.option("--recipe", "recipe_path", metavar="RECIPE.toml", type=_PATH, required=True)
_runs_option = click.option(
    "--runs-dir", type=_PATH, default=Path("runs"), show_default=True, help="Where runs are kept."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.command()
@_recipe_option
@_runs_option
@_json_option
def sft(**options: Any) -> None:
    """Fine-tune a model on one ranked answer to each prompt.

    A run that was stopped goes on. On several GPUs: accelerate launch --config_file C.yaml -m assistant train sft ...
    """
    _train("sft", **options)


@click.command()
@_recipe_option
@_runs_option
@_json_option
def rrtf(**options: Any) -> None:
    """Teach a model a ranking of answers: rank loss and fine-tuning loss (RRTF, also RRHF).

    A run that was stopped goes on. On several GPUs: accelerate launch --config_file C.yaml -m assistant train rrtf ...
    """
    _train("rrtf", **options)


@click.command()
@_recipe_option
@_runs_option
@_json_option
def dpo(**options: Any) -> None:
    """Teach a model to prefer the better of two answers: direct preference optimisation.

    A run that was stopped goes on. On several GPUs: accelerate launch --config_file C.yaml -m assistant train dpo ...
    """
    _train("dpo", **options)


@click.command()
@_recipe_option
@_runs_option
@_json_option
def rounds(recipe_path: Path, runs_dir: Path, as_json: bool) -> None:
    """Sample with the new model, rank, train; again, as long as held-out pass@1 does not fall. Keeps the best."""
    from training.finetune.recipe import read_finetune_recipe
    from training.finetune.rounds import run_rounds

    recipe = read_finetune_recipe(recipe_path)
    print_result({"checkpoint": str(run_rounds(recipe, recipe_path.read_text("utf-8"), runs_dir))}, as_json=as_json)


@click.command()
@click.argument("adapter", metavar="ADAPTER", type=_PATH)
@click.option("--base", default="", help="The model below.  [default: the one that the adapter names]")
@click.option("--out", type=_PATH, required=True, help="The folder of the merged model.")
@_json_option
def merge(adapter: Path, base: str, out: Path, as_json: bool) -> None:
    """Add a LoRA adapter to the weights below it, for good.

    `cairn convert --merge-adapter` does the same on the way to a GGUF file, in 0.2 GB of memory.
    """
    from training.finetune.saving import merge as merge_adapter

    print_result({"checkpoint": str(merge_adapter(adapter, out, base))}, as_json=as_json)


def _train(method: Method, recipe_path: Path, runs_dir: Path, as_json: bool) -> None:
    from accelerate import PartialState

    from training.finetune.recipe import read_finetune_recipe
    from training.finetune.run import finetune

    recipe = read_finetune_recipe(recipe_path, method)
    checkpoint = finetune(recipe, recipe_path.read_text("utf-8"), runs_dir)
    if PartialState().is_main_process:
        print_result({"checkpoint": str(checkpoint)}, as_json=as_json)
