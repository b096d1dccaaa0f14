"""What one process does before all of them train: can the attention be trusted, and what does the reference say?"""

from collections.abc import Sequence

import torch
from torch import nn

from training.finetune.folder import RunFolder
from training.finetune.recipe import FinetuneRecipe
from training.finetune.reference import write_reference
from training.finetune.steps import Collator, Item
from training.objective.batches import TreeBatch
from training.objective.checking import check_attention
from training.objective.examples import Example

_NUM_CHECKED = 2
"""The shortest examples: they are computed once more with plain attention, whose memory grows with the square."""


def begin(
    recipe: FinetuneRecipe,
    model: nn.Module,
    examples: Sequence[Example],
    run: RunFolder,
    collate: Collator,
    device: torch.device,
) -> None:
    """In the precision of the training.

    Raises:
        ConfigError: The model's attention gives other numbers than plain attention, or takes no such layout.
    """
    if recipe.adapter.kind != "qlora":  # weights in four bits are where they are to be
        model.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.model.precision == "bfloat16"):
        few = sorted(examples, key=_num_tokens)[:_NUM_CHECKED]
        batch = collate([Item(example=each) for each in few])["batch"]
        assert isinstance(batch, TreeBatch)
        check_attention(model, few, batch.to(device))
        if recipe.method == "dpo":
            at_a_time = recipe.schedule.micro_batch_prompts
            write_reference(run.reference, model, examples, collate, batch_prompts=at_a_time)


def _num_tokens(example: Example) -> int:
    return len(example.prompt) + sum(map(len, example.responses))
