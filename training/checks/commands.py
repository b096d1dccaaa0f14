"""The door of the checks: `cairn train test`."""

import json
from typing import Any

import click

from training.execution.options import engine_options, file_option, json_option


@click.command()
@file_option("--problems", text="Rows of problems.")
@file_option("--answers", text="Rows of answers: teachers' asserts, and agreement.", required=False)
@file_option("--out", text="The problems with their checks; goes on where it stopped.")
@click.option("--num-generated", type=click.IntRange(min=0), default=8, show_default=True, help="Inputs for a problem.")
@click.option(
    "--min-votes",
    type=click.IntRange(min=2),
    default=3,
    show_default=True,
    help="Distinct answers that must agree where there is no reference.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the generated inputs.")
@engine_options
@json_option
def test(as_json: bool, **options: Any) -> None:
    """Make and check the tests of problems.

    From `>>>` examples, from asserts that teachers wrote and their own answers pass, and for generated inputs: by the
    reference program, or by agreement of the answers. What a reference program fails is refused.
    """
    from training.checks.stage import make_checks

    report = make_checks(**options)
    click.echo(json.dumps(report) if as_json else "\n".join(f"{name}: {value}" for name, value in report.items()))
