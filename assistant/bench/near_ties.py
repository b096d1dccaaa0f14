"""Which differences between two greedy answers to a soak's request the rounding noise excuses."""

from collections.abc import Generator
from contextlib import contextmanager

from assistant.bench.noise import NearTies, computing, measure_noise
from assistant.bench.servers import Setup
from assistant.bench.soak import IsNearTie
from assistant.bench.soak_requests import Ask
from assistant.prompts import chat_prompt, fim_prompt, template_prompt
from assistant.protocol import Message
from assistant.runtime.llama import Model
from assistant.runtime.observe import loaded

MOST_TOKENS = 1024
"""More than prompt and answer of any request of a soak."""


@contextmanager
def excused(setup: Setup) -> Generator[IsNearTie]:
    """Measure the noise once; then judge. The model is loaded here too."""
    noise, _ = measure_noise(setup.model, setup.threads)
    with (
        loaded(setup.model) as model,
        computing(model, num_tokens=min(MOST_TOKENS, model.trained_tokens) // 2, threads=setup.threads) as compute,
    ):
        vocab = model.vocab
        ties = NearTies(compute=compute, pieces=vocab.pieces, end_ids=vocab.stop_ids, noise=noise)

        def judge(ask: Ask, text: str, other: str) -> bool:
            prompt, known = prompt_of(model, ask)
            return ties.excuse(prompt, known + text.encode(), known + other.encode())

        yield judge


def prompt_of(model: Model, ask: Ask) -> tuple[list[int], bytes]:
    """The request's prompt as the engine makes it, and the bytes before the cursor that it takes back to heal them."""
    vocab = model.vocab
    if ask.kind == "text":
        return vocab.encode((vocab.tokenize(ask.before),)), b""
    if ask.kind == "chat":
        turns, template = (Message(role="user", content=ask.before),), model.chat_template
        markup = template_prompt(template, turns, bos=vocab.bos_text, eos=vocab.eos_text) if template else None
        return vocab.encode(markup or chat_prompt(turns)), b""
    assert model.fim
    prefix, suffix = vocab.tokenize(ask.before), vocab.tokenize(ask.after)
    known = vocab.pieces[prefix.pop()]
    return vocab.encode(fim_prompt(model.fim, prefix, suffix)), known
