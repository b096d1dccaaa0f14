"""A run that is killed and started again is the run that was never killed."""

from pathlib import Path

import pytest
import torch

from training.blocks import BlockStream
from training.checkpoint import read_snapshot
from training.model import load_student, new_student
from training.pretrain import Pretrainer
from training.recipe import ModelRecipe, PretrainRecipe, Recipe

RECIPE = Recipe(
    name="tiny",
    model=ModelRecipe(hidden_size=32, num_layers=1, num_heads=4, context_tokens=64),
    pretrain=PretrainRecipe(num_steps=6, batch_blocks=2, warmup_steps=2),
)
TEXTS = [f"def f{number}(x):\n    y = x + {number}\n    return y * {number}\n" * 4 for number in range(9)]


def trainer(codec, snapshot=None) -> Pretrainer:
    """A trainer of the tiny recipe."""
    return Pretrainer(RECIPE, new_student(RECIPE.model, codec.vocab_size, 0), codec, TEXTS, snapshot)


def test_a_resumed_run_has_the_losses_of_an_unbroken_one(codec, tmp_path: Path) -> None:
    """Weights, optimizer, schedule and data position are all put back."""
    unbroken = trainer(codec)
    expected = [unbroken.train_step() for _ in range(6)]
    stopped = trainer(codec)
    before = [stopped.train_step() for _ in range(3)]
    stopped.save(tmp_path)

    resumed = trainer(codec, read_snapshot(tmp_path / "state.pt"))
    after = [resumed.train_step() for _ in range(3)]

    assert before + after == expected


def test_a_stream_continues_where_it_stopped_across_epochs(codec) -> None:
    """Same seed and position, same blocks; another epoch cuts other holes."""
    recipe = RECIPE.pretrain
    unbroken = BlockStream(TEXTS, codec, recipe, context_tokens=64, seed=1)
    blocks = [unbroken.next_batch(8) for _ in range(20)]
    stream = BlockStream(TEXTS, codec, recipe, context_tokens=64, seed=1)
    for _ in range(7):
        stream.next_batch(8)

    resumed = BlockStream(TEXTS, codec, recipe, context_tokens=64, seed=1, position=stream.position)

    assert all(torch.equal(resumed.next_batch(8), block) for block in blocks[7:])
    assert unbroken.position.epoch > 1


def test_a_batch_is_drawn_from_many_documents(codec) -> None:
    """Neighbouring blocks of one long file would be no sample of the corpus."""
    texts = [f"# {letter}\n" * 2000 for letter in "abcdefgh"]
    stream = BlockStream(texts, codec, RECIPE.pretrain, context_tokens=2048, seed=0)

    text = codec.decode(stream.next_batch(4).flatten().tolist())

    assert sum(f"# {letter}\n" in text for letter in "abcdefgh") >= 3


def test_the_checkpoint_is_a_folder_that_transformers_loads(codec, tmp_path: Path) -> None:
    """Weights and vocabulary come back as they were."""
    trained = trainer(codec)
    trained.train_step()
    trained.save(tmp_path)

    model, loaded = load_student(tmp_path / "checkpoint")

    weights = trained.model.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert loaded.encode("def f(x): 12") == codec.encode("def f(x): 12")
    assert (tmp_path / "checkpoint" / "model.safetensors").exists()


def test_the_control_tokens_are_the_first_ids_in_their_order(codec) -> None:
    """What the converter and the engine rely on."""
    from assistant.prompts import STARCODER_SPECIALS

    assert [codec.id_of(special) for special in STARCODER_SPECIALS] == list(range(len(STARCODER_SPECIALS)))
    assert codec.decode(codec.encode("<|endoftext|> 12\t")) == "<|endoftext|> 12\t"
    assert 0 not in codec.encode("<|endoftext|>")


@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_sampling_with_a_cache_is_sampling_without_one(codec, student, temperature: float) -> None:
    """Greedy answers are those of a plain loop; a seed repeats a draw."""
    from training.sampling import Request, sample

    prompts = [tuple(codec.encode("def f")), tuple(codec.encode("class Stack"))]
    requests = [Request(prompt=prompt, temperature=temperature) for prompt in prompts]

    answers = sample(student, codec, requests, max_new_tokens=8, seed=3)

    assert answers == sample(student, codec, requests, max_new_tokens=8, seed=3)
    if temperature == 0.0:
        assert answers == [codec.decode(greedy(student, prompt, codec.end_of_text)) for prompt in prompts]


@torch.no_grad()
def greedy(model, prompt: tuple[int, ...], end_of_text: int) -> list[int]:
    """The slow way: the whole text again for every token."""
    ids = list(prompt)
    while len(ids) < len(prompt) + 8:
        best = int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
        if best == end_of_text:
            break
        ids.append(best)
    return ids[len(prompt) :]
