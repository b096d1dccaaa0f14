"""The door of the ranking: `cairn train rank`."""

import json
from typing import Any

import click

from training.execution.options import engine_options, file_option, json_option


@click.command()
@file_option("--problems", text="Rows of problems with checks.")
@file_option("--answers", text="Rows of answers.")
@file_option("--out", text="The rankings; what was judged is kept beside them, and goes on where it stopped.")
@click.option("--keep-student-wins", is_flag=True, help="Keep problems whose student beats its teachers.")
@click.option("--no-teacher-first", is_flag=True, help="Do not rank teachers above students in the same class.")
@click.option(
    "--max-candidates",
    type=click.IntRange(min=2),
    default=4,
    show_default=True,
    help="Distinct answers that stay of a problem.",
)
@click.option("--pair", is_flag=True, help="One teacher's answer and one of the student's, as in the paper.")
@engine_options
@json_option
def rank(as_json: bool, keep_student_wins: bool, no_teacher_first: bool, **options: Any) -> None:
    """Run every answer against the checks of its problem, and rank them.

    Compile error, runtime error, fails some, passes all; a teacher above a student in the same class.
    """
    from rich.console import Console

    from training.ranking.report import table
    from training.ranking.stage import rank_answers

    report = rank_answers(drop_student_wins=not keep_student_wins, teacher_first=not no_teacher_first, **options)
    if as_json:
        click.echo(json.dumps(report))
        return
    Console().print(table(report))
    click.echo(f"ranked: {report['num_ranked']}\ndropped: {report['dropped'] or 'none'}")
