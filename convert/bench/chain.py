"""Random weights that say a known text: after each word of a long chain its successor is by far the likeliest token.

A model with random weights falls into loops, which any draft guesses, and its tokens, written as text, are cut into
others when they are read. Here the embedding outweighs the layers and the output projection holds it shifted by a
word: the answer is a row of different words that reads back as it was written. Every product is computed as ever.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from convert.bench.shapes import Shape
from convert.families import family_of
from convert.source.safetensors import open_safetensors

_WORD = re.compile(r"Ġ[a-z]{3,9}")
"""A space and a word: every tokenizer of code cuts it off from its neighbours."""
_EMBEDDING_FACTOR_LOG2 = 9
"""2^9 x 0.02 is 10: more than the layers add."""
_BF16_EXPONENT_BIT = 7


def write_chain(folder: Path, shape: Shape, vocabulary: Mapping[str, int]) -> None:
    """Rewrite embedding and output projection of a random checkpoint in BF16.

    Args:
        folder: Where its weights are.
        shape: Of the checkpoint.
        vocabulary: Ids by token, as tokenizer.json has them.
    """
    family = family_of(shape.config)
    embedding, output = (_open(folder, name) for name in (family.embedding, family.output[0]))
    words = np.array([token for text, token in vocabulary.items() if _WORD.fullmatch(text)])
    np.random.default_rng(0).shuffle(words)
    output[:] = 0
    output[np.roll(words, -1)] = embedding[words]
    embedding[embedding & 0x7FFF != 0] += _EMBEDDING_FACTOR_LOG2 << _BF16_EXPONENT_BIT
    embedding.flush()
    output.flush()


def _open(folder: Path, name: str) -> np.memmap:
    """Map a matrix of the checkpoint to be written: BF16 as its bits."""
    for path in folder.glob("*.safetensors"):
        if found := open_safetensors(path).tensors.get(name):
            assert found.dtype == "BF16"
            return np.memmap(path, np.uint16, "r+", found.begin, found.shape)
    raise ValueError(f"{name} is not in {folder}")
