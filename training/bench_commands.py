"""The door of `cairn bench train`. Everything heavy is imported when the command runs."""

import click

_LENGTHS = click.Choice(["even", "uneven", "both"])


@click.command("train")
@click.option("--vocabulary", "vocab_size", type=click.IntRange(64), default=49_152, show_default=True, help="Ids.")
@click.option("--hidden", "hidden_size", type=click.IntRange(8), default=256, show_default=True)
@click.option("--layers", "num_layers", type=click.IntRange(1), default=6, show_default=True)
@click.option(
    "--lengths", type=_LENGTHS, default="both", show_default=True, help="Of the answers: all 90, or 30 to 180."
)
@click.option("--steps", "num_steps", type=click.IntRange(1), default=1, show_default=True, help="Of 8 prompts, timed.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="In which the ways take turns.")
@click.option("--threads", type=click.IntRange(1), help="[default: as many as cores]")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def bench_train(
    vocab_size: int,
    hidden_size: int,
    num_layers: int,
    lengths: str,
    num_steps: int,
    rounds: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Train on ranked answers by RRHF's published recipe and by ours, on the processor; compare speed and memory."""
    import dataclasses
    import json
    import os

    from training.bar import bar
    from training.bench import run
    from training.bench.table import print_lines

    setting = run.Setting(
        vocab_size=vocab_size,
        hidden_size=hidden_size,
        num_layers=num_layers,
        num_steps=num_steps,
        num_threads=threads or len(os.sched_getaffinity(0)),
    )
    kinds = list(run.LENGTHS) if lengths == "both" else [lengths]
    with bar("trials", len(kinds) * rounds * len(run.WAYS)) as advance:
        lines = run.bench_train(setting, kinds, rounds, advance)
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(setting), "lines": [dataclasses.asdict(each) for each in lines]}))
    else:
        print_lines(lines, setting)
