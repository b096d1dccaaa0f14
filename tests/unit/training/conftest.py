"""A vocabulary and a student small enough for a test."""

from collections.abc import Iterator

import pytest
import torch
from transformers import GPTBigCodeForCausalLM

from assistant.sandbox.programs import ProgramRunner
from training.model import new_student
from training.recipe import ModelRecipe
from training.tokenizer import Codec, train_tokenizer

SOURCE = "def add(left, right):\n    return left + right\n\nclass Stack:\n    def push(self, x):\n        self.x = x\n"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Tests are small: more threads only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def codec() -> Codec:
    """A vocabulary of bytes and a few merges."""
    return Codec(train_tokenizer([SOURCE] * 3, 300))


@pytest.fixture
def student(codec: Codec) -> GPTBigCodeForCausalLM:
    """One layer of 32."""
    shape = ModelRecipe(hidden_size=32, num_layers=1, num_heads=4, context_tokens=128)
    return new_student(shape, codec.vocab_size, seed=0)


@pytest.fixture(scope="session")
def runner() -> Iterator[ProgramRunner]:
    """A pool of one worker."""
    with ProgramRunner(num_workers=1) as pool:
        yield pool
