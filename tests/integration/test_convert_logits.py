"""A converted checkpoint computes in llama.cpp what it computes in transformers; its tokenizer gives the same ids."""

from collections.abc import Callable, Iterator
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.prompts import STARCODER_SPECIALS
from convert.conversion import convert_checkpoint

torch = pytest.importorskip("torch", reason="transformers' logits are the reference: install the extra [train]")
transformers = pytest.importorskip("transformers", reason="transformers' logits are the reference")
tokenizers = pytest.importorskip("tokenizers", reason="its ids are the reference")

NUM_TOKENS = 60
CORPUS = [
    "def add(first, second):\n    return first + second\n\n\nclass Stack:\n    def __init__(self) -> None:\n",
    "for index in range(10):\n    if index % 2 == 0:\n        print(f'{index:>4} größer', \"naïve\")\n",
    "import os\nfrom pathlib import Path\n\nx = [1, 22, 333]  # 数字 and 🎉 emoji\n\treturn None\n",
]


def train_tokenizer() -> "tokenizers.Tokenizer":
    """Train a byte-level BPE with StarCoder's pre-tokenizer and its specials as the first ids."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    cutters = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cutters)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        special_tokens=[special.token for special in STARCODER_SPECIALS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(CORPUS * 20, trainer)
    return tokenizer


def random_model(num_vocabulary: int) -> "transformers.GPTBigCodeForCausalLM":
    """Make a small GPTBigCode whose norms and biases are random too, so that a swapped tensor shows."""
    config = transformers.GPTBigCodeConfig(
        vocab_size=num_vocabulary,
        n_positions=128,
        n_embd=256,
        n_layer=3,
        n_head=4,
        n_inner=768,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = transformers.GPTBigCodeForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            centre = 1.0 if name.endswith(("ln_1.weight", "ln_2.weight", "ln_f.weight")) else 0.0
            weight.normal_(centre, 0.05, generator=generator)
    return model


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, np.ndarray, np.ndarray]:
    """Return the folder, a sharded copy of it, the token ids (L,) and transformers' logits (L, V)."""
    tokenizer = train_tokenizer()
    model = random_model(tokenizer.get_vocab_size())
    whole, sharded = (tmp_path_factory.mktemp("checkpoint") / name for name in ("whole", "sharded"))
    model.save_pretrained(whole)
    model.save_pretrained(sharded, max_shard_size="1MB")
    for folder in (whole, sharded):
        tokenizer.save(str(folder / "tokenizer.json"))
    ids = np.random.default_rng(5).integers(0, tokenizer.get_vocab_size(), NUM_TOKENS).astype(np.int32)
    with torch.no_grad():
        logits = model(torch.from_numpy(ids.astype(np.int64))[None]).logits[0].numpy()
    return whole, sharded, ids, logits


def llama_logits(path: Path, ids: np.ndarray) -> np.ndarray:
    """Compute the logits (L, V) of all positions with llama.cpp: F32 cache, no flash attention, small ubatches."""
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    context_params = llama_cpp.llama_context_default_params()
    context_params.n_ctx = context_params.n_batch = 64
    context_params.n_ubatch = 16
    context_params.n_threads = context_params.n_threads_batch = 1
    context_params.type_k = context_params.type_v = llama_cpp.GGML_TYPE_F32
    context_params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, context_params)
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for position, token in enumerate(ids):
        batch.token[position], batch.pos[position] = int(token), position
        batch.n_seq_id[position], batch.seq_id[position][0], batch.logits[position] = 1, 0, 1
    assert llama_cpp.llama_decode(context, batch) == 0
    num_vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits(context), (len(ids), num_vocabulary)).copy()
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return logits


def normalised_squared_error(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the NMSE: the squared error over the squared reference."""
    return float(((found - expected) ** 2).sum() / (expected**2).sum())


def kl_divergence(expected: np.ndarray, found: np.ndarray) -> float:
    """Return the mean over positions of KL(expected || found), in nats."""
    log_expected, log_found = (x - np.logaddexp.reduce(x, axis=-1, keepdims=True) for x in (expected, found))
    return float((np.exp(log_expected) * (log_expected - log_found)).sum(-1).mean())


def test_f32_logits_equal_those_of_transformers(
    reference: tuple[Path, Path, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    """In F32 the error is that of the arithmetic, and the likeliest token is the same at every position."""
    whole, _, ids, expected = reference
    convert_checkpoint(whole, tmp_path / "model.gguf", "F32")

    found = llama_logits(tmp_path / "model.gguf", ids)

    print("F32 NMSE", normalised_squared_error(found, expected))
    assert normalised_squared_error(found, expected) < 1e-6
    assert (found.argmax(-1) == expected.argmax(-1)).all()


def test_f16_logits_are_close(reference: tuple[Path, Path, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    """In F16 only the rounding of the weights is added."""
    whole, _, ids, expected = reference
    convert_checkpoint(whole, tmp_path / "model.gguf", "F16")

    found = llama_logits(tmp_path / "model.gguf", ids)

    print("F16 NMSE", normalised_squared_error(found, expected))
    assert normalised_squared_error(found, expected) < 1e-5


@pytest.mark.parametrize(("file_type", "most_nats"), [("Q8_0", 1e-3), ("Q4_0", 0.1)])
def test_quantised_models_predict_nearly_the_same(
    reference: tuple[Path, Path, np.ndarray, np.ndarray], tmp_path: Path, file_type: str, most_nats: float
) -> None:
    """Quantisation moves the predictions by no more than its type is known for."""
    whole, _, ids, expected = reference
    convert_checkpoint(whole, tmp_path / "model.gguf", file_type)

    found = llama_logits(tmp_path / "model.gguf", ids)

    print(file_type, "KL", kl_divergence(expected, found))
    assert kl_divergence(expected, found) < most_nats


def test_shards_make_the_same_model(reference: tuple[Path, Path, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    """A sharded checkpoint becomes the same tensors as the whole one."""
    whole, sharded, ids, _ = reference
    assert (sharded / "model.safetensors.index.json").is_file()
    convert_checkpoint(whole, tmp_path / "whole.gguf", "Q8_0")

    convert_checkpoint(sharded, tmp_path / "sharded.gguf", "Q8_0")

    assert (llama_logits(tmp_path / "whole.gguf", ids) == llama_logits(tmp_path / "sharded.gguf", ids)).all()


@pytest.fixture(scope="module")
def tokenize(
    reference: tuple[Path, Path, np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Callable[[str], list[int]], Callable[[str], list[int]]]]:
    """Return two functions from text to ids: llama.cpp's, special tokens off, and that of `tokenizers`."""
    path = tmp_path_factory.mktemp("vocabulary") / "model.gguf"
    convert_checkpoint(reference[0], path, "Q4_0")
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    vocabulary = llama_cpp.llama_model_get_vocab(model)

    def found(text: str) -> list[int]:
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 1))()
        count = llama_cpp.llama_tokenize(vocabulary, data, len(data), ids, len(ids), False, False)
        return list(ids[:count])

    tokenizer = tokenizers.Tokenizer.from_file(str(reference[0] / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # a control token's name in a text is text
    yield found, lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    llama_cpp.llama_model_free(model)


CODE = st.text(st.sampled_from(" \t\n()[]{}:=.,'\"#_+-*/%<>abcdefXYZ0123456789éßπ数🎉"), max_size=80)
LINES = st.lists(st.sampled_from([*"".join(CORPUS).splitlines(keepends=True), "    ", "\r\n", "'ll", "x²", "١٢"]))


@settings(max_examples=600, deadline=None)
@given(st.one_of(CODE, LINES.map("".join), st.text(max_size=40)))
@example("")
@example("<|endoftext|>")
@example(" \u3000 \x85\xa0\u200b end")
def test_llama_cpp_gives_the_ids_of_tokenizers(
    tokenize: tuple[Callable[[str], list[int]], Callable[[str], list[int]]], text: str
) -> None:
    """Whatever the text, code or Unicode, both cut it into the same tokens."""
    found, expected = tokenize

    assert found(text) == expected(text)
