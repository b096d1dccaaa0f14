"""A Hugging Face folder as a predictor, in float32 on the CPU: the one file here that needs the extra [train]."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM
from transformers.utils import logging

from convert.quality.verify import Predictor
from convert.source.checkpoint import open_checkpoint

logging.disable_progress_bar()  # one bar at a time, and it is ours


def open_folder(folder: Path) -> Predictor:
    """Open a folder; our own readers check it first, and nothing that it holds is executed.

    Raises:
        ModelFileError: `open_checkpoint` refuses it.
    """
    open_checkpoint(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True  # a control token's name in a text is text
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, trust_remote_code=False, use_safetensors=True
    ).eval()

    @torch.inference_mode()
    def logits(ids: np.ndarray) -> np.ndarray:
        return model(torch.from_numpy(ids.astype(np.int64))[None], use_cache=False).logits[0].numpy()

    return Predictor(
        name=folder.resolve().name,
        tokens=[tokenizer.id_to_token(token) or "" for token in range(model.config.vocab_size)],
        tokenize=lambda text: tokenizer.encode(text, add_special_tokens=False).ids,
        context_tokens=model.config.max_position_embeddings,
        logits=logits,
    )
