"""`cairn bench`: each benchmark lives in the room it measures."""

import click

from assistant.door import Door

ROOMS = {
    "chat": "assistant.bench.commands:chat",
    "convert": "convert.bench_commands:bench_convert",
    "keystrokes": "assistant.bench.commands:keystrokes",
    "lookup": "assistant.bench.commands:lookup",
    "lsp": "lsp.bench_commands:bench_lsp",
    "noise": "assistant.bench.commands:noise",
    "runtime": "assistant.bench.commands:runtime",
    "sandbox": "assistant.bench.commands:sandbox",
    "soak": "assistant.bench.commands:soak",
}
SUMMARIES = {
    "chat": "The chat's screen while an answer streams.",
    "convert": "Convert a random checkpoint of a real shape.",
    "keystrokes": "Replay typing; interrupt and cancel long prefills.",
    "lookup": "Drafts by prompt lookup: speed against acceptance.",
    "lsp": "What the language server adds to the model's time.",
    "noise": "How far other batches move the logits.",
    "runtime": "Prefill, decode and parallel streams.",
    "sandbox": "Run programs behind the fence, beside fresh interpreters.",
    "soak": "Eight clients for a long time; nothing may be lost.",
}


@click.group(cls=Door, rooms=ROOMS, summaries=SUMMARIES)
def bench() -> None:
    """Measure speed and memory on this machine."""
