"""`cairn demo`: three holes in a bundled file, filled by the built-in model, with what each cost."""

from dataclasses import dataclass
from importlib import resources

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from assistant import config
from assistant.client import Assistant
from assistant.protocol import Completion, FimRequest
from assistant.sanitize import sanitize

HOLE = "⟨hole⟩"
"""Marks a hole in the bundled file. Earlier holes are filled before a later one is asked for, as in an editor."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A hole, filled; and the same hole asked for again after one more key was typed."""

    line: int
    completion: Completion
    next_key: Completion


async def show_demo(client: Assistant) -> None:
    """Fill the holes, show the file, the costs, and where to go from here."""
    console = Console(highlight=False)
    status = await client.status()
    where = "from this machine; nothing leaves it" if status.pid else f"from {sanitize(status.model_path)}"
    console.print(Text.assemble((sanitize(status.model), "bold"), f" answers {where}.\n"))
    text = resources.files("assistant").joinpath("demo_file.txt").read_text("utf-8")
    filled: list[Filled] = []
    while HOLE in text:
        prefix, _, rest = text.partition(HOLE)
        filled.append(await fill(client, prefix, rest.replace(HOLE, "")))
        text = prefix + filled[-1].completion.text + rest
    lines = {hole.line for hole in filled}
    console.print(
        Syntax(sanitize(text), "python", line_numbers=True, highlight_lines=lines, background_color="default")
    )
    console.print(costs(filled))
    console.print(next_steps(config.load().model))


async def fill(client: Assistant, prefix: str, suffix: str) -> Filled:
    """Ask at the hole, type the first character of the answer, ask again."""
    completion = await client.complete(FimRequest(prefix=prefix, suffix=suffix, single_line=True))
    typed = prefix + completion.text[:1]
    next_key = await client.complete(FimRequest(prefix=typed, suffix=suffix, single_line=True))
    return Filled(prefix.count("\n") + 1, completion, next_key)


def costs(filled: list[Filled]) -> Table:
    """A line for each hole."""
    table = Table(box=None, pad_edge=False)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("filled with", overflow="ellipsis", no_wrap=True, max_width=24)
    for title in ("first token", "tokens/s", "one key later", "cached"):
        table.add_column(title, justify="right", no_wrap=True)
    for hole in filled:
        first, later = hole.completion.timings, hole.next_key.timings
        table.add_row(
            str(hole.line),
            Text(sanitize(hole.completion.text.strip()) or "(nothing)", "green"),
            f"{first.ttft_ms:.0f} ms",
            f"{first.decode_tokens_per_s:.0f}",
            f"{later.ttft_ms:.0f} ms",
            f"{later.num_cached_tokens} of {later.num_prompt_tokens}",
        )
    return table


def next_steps(model: str) -> Text:
    """How to connect an editor and open the chat."""
    about = (
        "\nThe built-in model has a few million parameters: a demonstration, no help yet.\n"
        if model == "builtin"
        else "\n"
    )
    return Text.assemble(
        (about, "dim"),
        ("\nConnect an editor  ", "bold"),
        "cairn lsp   snippets for your editor: lsp/README.md\n",
        ("Open the chat      ", "bold"),
        "cairn       Esc stops an answer, F1 shows the keys\n",
        ("Use a real model   ", "bold"),
        "CAIRN_MODEL=FILE.gguf cairn",
    )
