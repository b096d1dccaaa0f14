"""The arm that is RRHF's published training step, its length bug and all, on the same examples in the same order."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.bench.rrhf import Rows, padded_rows, rrhf_loss
from training.finetune.examples import read_examples
from training.finetune.loading import load_base
from training.finetune.recipe import FinetuneRecipe
from training.finetune.saving import publish
from training.finetune.steps import Collator, Item, Losses, StepSize
from training.finetune.trainer import RankingTrainer
from training.finetune.vocabulary import Vocabulary
from training.objective.logprob import causal_lm


@dataclass(frozen=True, slots=True)
class _Prompts:
    """The rows of each prompt of a batch; whoever moves tensors leaves it as it is."""

    rows: list[Rows]


class _Collator(Collator):
    """The rows of every prompt beside the batch, whose size is all that is read of it."""

    def __init__(self, recipe: FinetuneRecipe, pad_id: int) -> None:
        super().__init__(recipe, pad_id)
        self._padding = pad_id

    def __call__(self, items: Sequence[Item]) -> dict[str, Any]:
        rows = [padded_rows(each.example, pad_id=self._padding) for each in items]
        return {**super().__call__(items), "prompts": _Prompts(rows)}


class _Trainer(RankingTrainer):
    def losses(self, model: nn.Module, inputs: dict[str, Any], size: StepSize) -> Losses:
        """One prompt after the other."""
        bare, batch = causal_lm(model), inputs["batch"]
        rows = [Rows(*(tensor.to(bare.device) for tensor in each)) for each in inputs["prompts"].rows]
        total = torch.stack([rrhf_loss(bare, each) for each in rows]).sum() / int(size.num_prompts)
        counts = {"tokens": batch.num_tokens_BK.sum(), "answers": batch.present_BK.sum(), "pairs": torch.tensor(0)}
        return Losses(total, {"rrhf_loss": total.detach()}, counts)


def train_rrhf(recipe: FinetuneRecipe, folder: Path) -> Path:
    """Train; return the checkpoint. The recipe's objective is not read."""
    checkpoint = folder / "checkpoint"
    base = Path(recipe.model.base)
    vocabulary = Vocabulary(base)
    items = [Item(example=each) for each in read_examples(recipe, vocabulary).examples]
    collate = _Collator(recipe, vocabulary.end_of_text)
    trainer = _Trainer(recipe, load_base(base, dtype=torch.float32), items, folder / "state", collate, callbacks=[])
    trainer.train()
    trainer.save_model(str(folder / ".weights"))
    publish(folder / ".weights", base, checkpoint)
    shutil.rmtree(folder / "state", ignore_errors=True)
    return checkpoint
