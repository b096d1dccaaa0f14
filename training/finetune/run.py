"""One fine-tuning from its recipe to its checkpoint. A run that was stopped goes on; one that is done is left alone."""

import shutil
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import PartialState
from torch import nn
from transformers.trainer_callback import PrinterCallback

from training.finetune.beginning import begin
from training.finetune.examining import Examiner
from training.finetune.examples import read_examples
from training.finetune.folder import RunFolder
from training.finetune.heldout import HeldOut
from training.finetune.loading import folder_of, load_model
from training.finetune.recipe import FinetuneRecipe
from training.finetune.reference import items_of
from training.finetune.report import write_report
from training.finetune.saving import publish
from training.finetune.steps import Collator, Item
from training.finetune.trainer import RankingTrainer
from training.finetune.vocabulary import Vocabulary
from training.finetune.watching import Watcher

_PATIENCE = timedelta(hours=4)
"""How long processes wait for the one that measures or computes the reference."""


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
    run.refuse_another(recipe_text)
    if run.checkpoint.exists():
        return run.checkpoint
    torch.set_num_threads(recipe.schedule.num_threads)
    here = _processes()
    base = folder_of(recipe.model.base)
    vocabulary = Vocabulary(base)
    prepared = read_examples(recipe, vocabulary)
    held_out = HeldOut(recipe, vocabulary) if recipe.evaluation.problems else None
    model = load_model(recipe, base)
    collate = Collator(recipe, vocabulary.end_of_text)
    if here.is_main_process:
        run.begin(recipe_text, recipe.seed, prepared)
        run.go_back_to(run.newest_state())
        begin(recipe, model, prepared.examples, run, collate, torch.device(here.device or "cpu"))
    here.wait_for_everyone()
    items = items_of(prepared.examples, run.reference if recipe.method == "dpo" else None)
    trainer = _trainer(recipe, model, items, run, collate, held_out)
    state = run.newest_state()
    trainer.train(resume_from_checkpoint=str(state) if state else None)
    return _save(trainer, recipe, base, run)


def _processes() -> PartialState:
    """Meet the others. Before the model is loaded: with FSDP one process alone reads its weights."""
    return PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)


def _trainer(
    recipe: FinetuneRecipe,
    model: nn.Module,
    items: list[Item],
    run: RunFolder,
    collate: Collator,
    held_out: HeldOut | None,
) -> RankingTrainer:
    watcher = Watcher(recipe.method, run)
    trainer = RankingTrainer(recipe, model, items, run.state, collate, callbacks=[watcher])
    trainer.remove_callback(PrinterCallback)
    if held_out:
        trainer.add_callback(Examiner(trainer, held_out, run, watcher, recipe.evaluation.every_steps))
    return trainer


def _save(trainer: RankingTrainer, recipe: FinetuneRecipe, base: Path, run: RunFolder) -> Path:
    """Write the checkpoint; all processes gather its weights, one writes it."""
    written = run.folder / ".weights.partial"
    if sharding := trainer.accelerator.state.fsdp_plugin if trainer.is_fsdp_enabled else None:
        sharding.set_state_dict_type("FULL_STATE_DICT")
    if trainer.is_world_process_zero():
        shutil.rmtree(written, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    trainer.save_model(str(written))
    trainer.accelerator.wait_for_everyone()
    if trainer.is_world_process_zero():
        write_report(run, recipe)
        publish(written, base, run.checkpoint)
        shutil.rmtree(run.state)
    return run.checkpoint
