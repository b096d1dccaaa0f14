"""A converted tokenizer gives the ids in llama.cpp that it gives in `tokenizers`, and those of llama.cpp's own vectors.

The random texts keep to rules, each for a difference that no conversion can mend:

- no control token's name in full: one that the file calls ordinary is a token to `tokenizers` and text to us;
- none of the 80 digits of Unicode 16, which one side knows and the other does not; no other code point differs;
- for StarCoder's vocabulary none from U+40000 up, where Unicode has no characters: it lacks their first byte, and
  `tokenizers` forgets it before merging, llama.cpp after;
- for Qwen2 in NFC, because llama.cpp normalizes nothing;
- with Metaspace, no space at the beginning (see `convert.tokens.sentencepiece`).
"""

import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import llama_cpp
import pytest

from assistant.models.ggml_types import GGML_TYPES
from convert.gguf_writer import plan_layout
from convert.tokens.pre_tokenizers import PIPELINES
from convert.tokens.tokenizer import tokenizer_metadata
from convert.tokens.vocabulary_json import tokenizer_json

tokenizers = pytest.importorskip("tokenizers", reason="its ids are the reference: install the extra [train]")

NUM_TEXTS = 10_000
NAMES = ("starcoder", "qwen2", "deepseek-coder", "llama-bpe")
SNIPPETS = [
    *(
        "def ",
        "return",
        "self.",
        "    ",
        "\t",
        "\n",
        "\r\n",
        " ",
        "  ",
        "'s",
        "'LL",
        "'ve",
        "0",
        "42",
        "1234567",
        "x²",
        "١٢",
    ),
    *(
        "(",
        ")",
        "[",
        "]",
        "{}",
        "::",
        "->",
        "!=",
        "//",
        "#",
        '"""',
        "\\n",
        "_",
        "__init__",
        "camelCase",
        "UPPER",
        "ing",
    ),
    *(
        "é",
        "e\u0301",
        "ß",
        "İ",
        "ſ",
        "数字",
        "한국",
        "ไทย",
        "עברית",
        "🎉",
        "👩‍💻",
        "\u200b",
        "\u3000",
        "\x85",
        "\xa0",
        "▁",
        "▁▁",
        "<s",
        "s>",
    ),
]
RANGES = ((0x1, 0x80), (0x80, 0x250), (0x250, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000), (0x10000, 0x110000))
UNICODE_16_DIGITS = {
    *(0x10D40 + digit for digit in range(10)),
    *(0x116D0 + digit for digit in range(20)),
    *(0x11BF0 + digit for digit in range(10)),
    *(0x16130 + digit for digit in range(10)),
    *(0x16D70 + digit for digit in range(10)),
    *(0x1CCF0 + digit for digit in range(10)),
    *(0x1E5F1 + digit for digit in range(10)),
}
END = "\n__ggml_vocab_test__\n"
Ids = Callable[[str], list[int]]


def random_texts(seed: int) -> Iterator[str]:
    """Yield texts: half of pieces of code, half of characters from all of Unicode."""
    rng = random.Random(seed)
    for number in range(NUM_TEXTS):
        length = rng.randint(0, 30)
        if number % 2:
            yield "".join(rng.choices(SNIPPETS, k=length))
        else:
            yield "".join(chr(rng.randrange(*rng.choice(RANGES))) for _ in range(length))


def within_rules(name: str, text: str) -> str:
    """Leave out of a text what this vocabulary cannot have the same ids for."""
    end = 0x40000 if name == "starcoder" else 0x110000
    text = "".join(letter for letter in text if ord(letter) < end and ord(letter) not in UNICODE_16_DIGITS)
    return unicodedata.normalize("NFC", text) if name == "qwen2" else text


def write_vocabulary(folder: Path, num_rows: int) -> Path:
    """Write a file that has a vocabulary and nothing to compute with."""
    sizes = dict.fromkeys(("block_count", "embedding_length", "feed_forward_length", "attention.head_count"), 32)
    metadata = {
        "general.architecture": "llama",
        **{f"llama.{key}": size for key, size in sizes.items()},
        "llama.context_length": 64,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        **tokenizer_metadata(folder, {"eos_token_id": 0}, num_rows),
    }
    layout = plan_layout(metadata, [("token_embd.weight", (1, 32), GGML_TYPES[0])])
    (folder / "vocabulary.gguf").write_bytes(layout.header.ljust(layout.num_bytes, b"\0"))
    return folder / "vocabulary.gguf"


@contextmanager
def loaded(folder: Path, num_rows: int) -> Iterator[tuple[Ids, Ids]]:
    """Yield two tokenizers: llama.cpp's of the converted file, special tokens off, and that of `tokenizers`."""
    params = llama_cpp.llama_model_default_params()
    params.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(write_vocabulary(folder, num_rows)).encode(), params)
    vocabulary = llama_cpp.llama_model_get_vocab(model)

    def found(text: str) -> list[int]:
        data = text.encode()
        ids = (llama_cpp.llama_token * (len(data) + 2))()
        count = llama_cpp.llama_tokenize(vocabulary, data, len(data), ids, len(ids), False, False)
        assert count >= 0
        return list(ids[:count])

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # a control token's name in a text is text
    yield found, lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    llama_cpp.llama_model_free(model)


@contextmanager
def converted(source: Path, folder: Path, **replaced: object) -> Iterator[tuple[Ids, Ids]]:
    """Yield the tokenizers of a real vocabulary, with three rows of padding, keys of tokenizer.json replaced."""
    tokenizer = tokenizer_json(source) | replaced
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with loaded(folder, max(tokenizer["model"]["vocab"].values()) + 4) as pair:
        yield pair


@pytest.mark.parametrize("name", NAMES)
def test_llama_cpps_own_vectors_pass(name: str, shared_data: Path, tmp_path: Path) -> None:
    """The texts that llama.cpp tests its tokenizers with give the ids written down there."""
    source = shared_data / "vocab" / f"ggml-vocab-{name}.gguf"
    texts = source.with_suffix(".gguf.inp").read_bytes().decode().removesuffix(END).split(END)
    expected = [
        [int(word) for word in line.split()] for line in source.with_suffix(".gguf.out").read_text().splitlines()
    ]

    with converted(source, tmp_path) as (found, _):
        assert [found(text) for text in texts] == expected

    assert len(texts) == 46


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_random_texts_give_the_same_ids(name: str, shared_data: Path, tmp_path: Path) -> None:
    """Code or any Unicode: both cut it into the same tokens."""
    with converted(shared_data / "vocab" / f"ggml-vocab-{name}.gguf", tmp_path) as (found, expected):
        texts = (within_rules(name, text) for text in random_texts(3))
        different = [text for text in texts if found(text) != expected(text)]

    assert different == []


@pytest.mark.slow
def test_gpt_2_cuts_the_same_words(shared_data: Path, tmp_path: Path) -> None:
    """There is no vector file for GPT-2's pre-tokenizer: it is tried with StarCoder's vocabulary."""
    cut = PIPELINES["gpt-2"].cuts[0]

    with converted(shared_data / "vocab" / "ggml-vocab-starcoder.gguf", tmp_path, pre_tokenizer=cut) as (
        found,
        expected,
    ):
        texts = (within_rules("starcoder", text) for text in random_texts(5))
        different = [text for text in texts if found(text) != expected(text)]

    assert different == []


def train_llama(folder: Path, form: str) -> int:
    """Train a small SentencePiece-style BPE, written the older way or with Metaspace; return the number of tokens."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    words = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer = Tokenizer(models.BPE(unk_token=words[0], fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    trainer = trainers.BpeTrainer(vocab_size=1000, special_tokens=words, show_progress=False)
    tokenizer.train(sorted(map(str, Path(__file__).parent.glob("*.py"))), trainer)
    tokenizer.decoder = decoders.ByteFallback()
    if form == "normalizer":
        steps = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.Sequence(steps), None
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=form, split=False)
    written = json.loads(tokenizer.to_str())
    written["added_tokens"] = [token for token in written["added_tokens"] if token["id"] < 3]
    (folder / "tokenizer.json").write_text(json.dumps(written))
    return tokenizer.get_vocab_size()


@pytest.mark.parametrize("form", ["normalizer", "always", "first", "never"])
def test_llamas_kind_of_bpe_gives_the_same_ids(form: str, tmp_path: Path) -> None:
    """Scores instead of merges, and bytes for what the vocabulary lacks: the same tokens."""
    num_tokens = train_llama(tmp_path, form)

    with loaded(tmp_path, num_tokens + 3) as (found, expected):
        texts = (text.lstrip(" ▁") if form in ("always", "first") else text for text in random_texts(4))
        different = [text for text in texts if found(text) != expected(text)]

    assert different == []
