"""What the model said of every answer before it learned anything: the reference of DPO, computed once and kept."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from training.bar import bar
from training.finetune.steps import Collator, Item
from training.jsonl import append_rows, read_rows
from training.objective.batches import TreeBatch
from training.objective.examples import Example
from training.objective.logprob import causal_lm, response_logprobs


@torch.no_grad()
def write_reference(
    path: Path, model: nn.Module, examples: Sequence[Example], collate: Collator, *, batch_prompts: int
) -> None:
    """Append the rows that `path` does not have: nats, summed over each response, in the order of the examples."""
    done = len(read_rows(path))
    device = causal_lm(model).device
    model.eval()
    with bar("reference", len(examples), done) as advance:
        for start in range(done, len(examples), batch_prompts):
            part = examples[start : start + batch_prompts]
            batch = collate([Item(example=each) for each in part])["batch"]
            assert isinstance(batch, TreeBatch)
            total_BK = response_logprobs(model, batch.to(device)).total_BK.tolist()
            rows = zip(part, total_BK, strict=True)
            append_rows(path, [{"nats": total_K[: len(each.responses)]} for each, total_K in rows])
            advance(len(part))


def items_of(examples: Sequence[Example], reference: Path | None) -> list[Item]:
    """The examples, with the rows of a reference if there is one."""
    if reference is None:
        return [Item(example=each) for each in examples]
    rows = zip(examples, read_rows(reference), strict=True)
    return [Item(example=example, reference=tuple(row["nats"])) for example, row in rows]
