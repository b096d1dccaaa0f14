"""One step of a recipe, in however many processes there are: weights sharded by FSDP2 where there are several.

Started by torchrun in a test: python -m torch.distributed.run … -m tests.sharded_step RECIPE OUT
"""

import os
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.distributed import all_reduce, barrier, destroy_process_group, init_process_group
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from training.finetune.examples import read_examples
from training.finetune.loading import folder_of, load_model
from training.finetune.recipe import read_finetune_recipe
from training.finetune.steps import Collator, Item, StepSize, losses, size_of
from training.finetune.vocabulary import Vocabulary
from training.objective.logprob import causal_lm, response_logprobs


def step(recipe_path: Path, rank: int, num_processes: int) -> dict[str, Tensor]:
    """The weights after one step on the first 8 prompts, which the processes share."""
    recipe = read_finetune_recipe(recipe_path)
    base = folder_of(recipe.model.base)
    vocabulary = Vocabulary(base)
    mine = read_examples(recipe, vocabulary).examples[:8][rank::num_processes]
    model = load_model(recipe, base)
    if num_processes > 1:
        shard(model)
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=0.01)
    inputs = Collator(recipe, vocabulary.end_of_text)([Item(example=each) for each in mine])
    size = size_of([inputs["batch"]], recipe)
    if num_processes > 1:
        all_reduce(size)
    found = losses(
        response_logprobs(model, inputs["batch"]), inputs["batch"], inputs["reference_BK"], recipe, StepSize(*size)
    )
    (found.total * num_processes).backward()
    optimizer.step()
    return {name: whole(each) for name, each in model.named_parameters()}


def shard(model: nn.Module) -> None:
    """Block by block, then the rest, as accelerate does it by the recipes' configuration."""
    for block in causal_lm(model).transformer.h:
        fully_shard(block)
    fully_shard(model)


def whole(weights: Tensor) -> Tensor:
    """Gathered from all processes."""
    return (weights.full_tensor() if isinstance(weights, DTensor) else weights).detach().clone()


if __name__ == "__main__":
    torch.set_num_threads(1)
    init_process_group("gloo")
    rank = int(os.environ["RANK"])
    weights = step(Path(sys.argv[1]), rank, int(os.environ["WORLD_SIZE"]))
    if rank == 0:
        save_file(weights, sys.argv[2])
    barrier()  # none leaves while another still gathers
    destroy_process_group()
    os._exit(0)  # torch's own threads, which Python's end would tear down under them, now and then abort a done process
