"""Headers of the built-in model with a few bytes changed, mostly where the numbers are."""

import random
import struct
from collections.abc import Iterator

from assistant import paths
from assistant.models.gguf import read_gguf

NUMBERS = (
    *(struct.pack("<I", value) for value in (0, 1, 2, 3, 255, 256, 257, 1 << 16, 1 << 24, 1 << 31, (1 << 32) - 1)),
    *(struct.pack("<Q", value) for value in (0, 1, 1 << 31, 1 << 32, 1 << 63, (1 << 64) - 1)),
    *(struct.pack("<f", value) for value in (float("nan"), float("inf"), -1.0, 0.0, 1e30, 1e-30)),
)


def mutated_headers(count: int, seed: int) -> Iterator[bytes]:
    """Whole files: the built-in model with a damaged header."""
    rng = random.Random(seed)
    whole = paths.BUILTIN_MODEL.read_bytes()
    end = read_gguf(paths.BUILTIN_MODEL).data_offset
    vocabulary = whole.index(b"tokenizer.ggml.tokens")
    after_vocabulary = whole.index(b"tokenizer.ggml.bos_token_id")
    places = ((0, vocabulary), (after_vocabulary, end), (0, end))
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 1, 2, 4))):
            start, stop = rng.choice(places)
            at = rng.randrange(start, stop - 8)
            change = rng.choice((*NUMBERS, *(bytes([rng.randrange(256)]),) * len(NUMBERS)))
            data[at : at + len(change)] = change
        yield bytes(data)
