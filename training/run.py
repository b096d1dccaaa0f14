"""All stages of a recipe in order. A stage whose checkpoint is there is done; one that was stopped goes on."""

from pathlib import Path

from training.atomic import write_text
from training.instruct import instruct
from training.pretrain import pretrain
from training.recipe import Recipe, read_recipe
from training.rrtf import rrtf


def open_run(recipe_path: Path, runs_dir: Path) -> tuple[Recipe, Path]:
    """Read a recipe and leave a copy of it in the folder of its run."""
    recipe = read_recipe(recipe_path)
    run = runs_dir / recipe.name
    write_text(run / "recipe.toml", recipe_path.read_text(encoding="utf-8"))
    return recipe, run


def run_stages(recipe: Recipe, run: Path) -> Path:
    """Pretrain, instruct, rank; return the last checkpoint."""
    pretrain(recipe, run)
    if not (run / "instruct" / "checkpoint").exists():
        instruct(recipe, run)
    if not (run / "rrtf" / "evaluation.json").exists():
        rrtf(recipe, run)
    return run / "rrtf" / "checkpoint"
