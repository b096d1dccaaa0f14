"""One fine-tuning from its recipe to its checkpoint. A run that was stopped goes on; one that is done is left alone."""

import shutil
from pathlib import Path

import torch
from transformers.trainer_callback import PrinterCallback

from training.finetune.examples import read_examples
from training.finetune.folder import RunFolder, step_of
from training.finetune.loading import folder_of, load_model
from training.finetune.recipe import FinetuneRecipe
from training.finetune.saving import publish
from training.finetune.steps import Item
from training.finetune.trainer import RankingTrainer
from training.finetune.vocabulary import Vocabulary
from training.finetune.watching import Watcher


def finetune(recipe: FinetuneRecipe, recipe_text: str, runs_dir: Path) -> Path:
    """Train; return the checkpoint.

    Args:
        recipe: What to do.
        recipe_text: As it was read: the run keeps a copy.
        runs_dir: The run is a folder in it, of the recipe's name.

    Raises:
        CairnError: The recipe cannot be followed here, or a file is not what it should be.
    """
    run = RunFolder(runs_dir / recipe.name)
    if run.checkpoint.exists():
        return run.checkpoint
    base = folder_of(recipe.model.base)
    vocabulary = Vocabulary(base)
    prepared = read_examples(recipe, vocabulary)
    torch.set_num_threads(recipe.schedule.num_threads)
    model = load_model(recipe, base)
    items = [Item(example=each) for each in prepared.examples]
    trainer = RankingTrainer(
        recipe, model, items, run.state, vocabulary.end_id, callbacks=[Watcher(recipe.method, run)]
    )
    trainer.remove_callback(PrinterCallback)
    if trainer.is_world_process_zero():
        run.begin(recipe_text, recipe.seed)
        state = run.newest_state()
        run.forget_after(step_of(state) if state else 0)
    trainer.accelerator.wait_for_everyone()
    state = run.newest_state()
    trainer.train(resume_from_checkpoint=str(state) if state else None)
    return _save(trainer, base, run)


def _save(trainer: RankingTrainer, base: Path, run: RunFolder) -> Path:
    """Write the checkpoint; all processes gather its weights, one writes it."""
    written = run.folder / ".weights.partial"
    if trainer.is_fsdp_enabled:
        trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
    if trainer.is_world_process_zero():
        shutil.rmtree(written, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    trainer.save_model(str(written))
    trainer.accelerator.wait_for_everyone()
    if trainer.is_world_process_zero():
        publish(written, base, run.checkpoint)
    return run.checkpoint
