"""The report of `cairn bench train` as a table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from training.bench.run import PROMPT_TOKENS, Line, Setting

_COLUMNS = ("samples/s", "CPU s", "speed", "by CPU", "peak MB", "memory")


def print_lines(lines: Sequence[Line], setting: Setting) -> None:
    """One line for each way and kind of answers; the ratios are to RRHF's recipe in the same round."""
    table = Table(box=None, pad_edge=False)
    table.add_column("answers")
    table.add_column("way")
    for title in _COLUMNS:
        table.add_column(title, justify="right", no_wrap=True)
    for each in lines:
        table.add_row(
            each.lengths,
            each.way,
            f"{each.samples_per_s:.2f}",
            f"{each.cpu_s_per_sample:.2f}",
            f"{each.speed_ratio:.2f} x",
            f"{each.cpu_ratio:.2f} x",
            f"{each.peak_bytes / 1e6:.0f}",
            f"{each.memory_ratio:.2f}",
        )
    console = Console(highlight=False)
    console.print(
        f"GPTBigCode, {setting.num_layers} layers of {setting.hidden_size}, {setting.vocab_size:,} ids, float32;"
        f" {setting.num_threads} threads\nprompts of {PROMPT_TOKENS} tokens with 6 answers of 90 on average;"
        f" {setting.step_prompts} prompts a step"
    )
    console.print(table)
