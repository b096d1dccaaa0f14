"""The student: a small GPTBigCode, made, read and written as `transformers` does."""

from pathlib import Path

import torch
from transformers import GPTBigCodeConfig, GPTBigCodeForCausalLM, PreTrainedTokenizerFast
from transformers.utils import logging

from assistant.prompts import END_OF_TEXT
from training.atomic import write_folder
from training.recipe import ModelRecipe
from training.tokenizer import Codec

logging.disable_progress_bar()  # one bar at a time, and it is ours

MODEL_CARD = """---
license: apache-2.0
language: code
---
A small GPTBigCode made by Cairn's training room; corpus-manifest.json of its run lists every source and its licence.
"""
"""The front matter is where `cairn convert` and the Hugging Face hub read a model's licence."""


def new_student(recipe: ModelRecipe, vocab_size: int, seed: int) -> GPTBigCodeForCausalLM:
    """A student with random weights (multi-query attention, learned positions, tied embeddings, no dropout)."""
    torch.manual_seed(seed)
    config = GPTBigCodeConfig(
        vocab_size=vocab_size,
        n_positions=recipe.context_tokens,
        n_embd=recipe.hidden_size,
        n_layer=recipe.num_layers,
        n_head=recipe.num_heads,
        multi_query=True,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
        tie_word_embeddings=True,
        use_cache=False,
    )
    return GPTBigCodeForCausalLM(config)


def load_student(folder: Path) -> tuple[GPTBigCodeForCausalLM, Codec]:
    """Read a checkpoint folder; the network is never asked."""
    model = GPTBigCodeForCausalLM.from_pretrained(folder, local_files_only=True, use_cache=False)
    return model, Codec.load(folder / "tokenizer.json")


def save_student(folder: Path, model: GPTBigCodeForCausalLM, codec: Codec) -> None:
    """Write a folder that `transformers` loads: weights as safetensors, config, tokenizer."""

    def write(beside: Path) -> None:
        model.save_pretrained(beside)
        PreTrainedTokenizerFast(
            tokenizer_object=codec.tokenizer,
            bos_token=END_OF_TEXT.token,
            eos_token=END_OF_TEXT.token,
            unk_token=END_OF_TEXT.token,
            clean_up_tokenization_spaces=False,
            model_max_length=model.config.n_positions,
        ).save_pretrained(beside)
        codec.tokenizer.save(str(beside / "tokenizer.json"))
        (beside / "README.md").write_text(MODEL_CARD, encoding="utf-8")

    write_folder(folder, write)
