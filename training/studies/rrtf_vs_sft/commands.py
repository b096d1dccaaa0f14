"""The door of `cairn train study`. Everything heavy is imported when the command runs."""

from pathlib import Path

import click

_PATH = click.Path(path_type=Path)


@click.command("study")
@click.option("--plan", "plan_path", type=_PATH, help="Other numbers.  [default: those of the study]")
@click.option("--runs-dir", type=_PATH, default=Path("runs"), show_default=True, help="Where runs are kept.")
@click.option("--processes", type=click.IntRange(1), help="Of one thread each.  [default: as many as cores]")
@click.option("--report", "only_report", is_flag=True, help="Train nothing; say what is measured so far.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def study(plan_path: Path | None, runs_dir: Path, processes: int | None, only_report: bool, as_json: bool) -> None:
    """What does ranking add to fine-tuning on the same answers? All arms, seed by seed.

    Stopped, it goes on where it was. Writes results.json, table.md and chart.svg.
    """
    import json
    import os

    from training.bar import bar
    from training.studies.rrtf_vs_sft.plan import PLAN, read_plan
    from training.studies.rrtf_vs_sft.report import as_json as findings_as_json
    from training.studies.rrtf_vs_sft.report import find, write
    from training.studies.rrtf_vs_sft.run import jobs_of, run_study
    from training.studies.rrtf_vs_sft.table import print_findings

    plan = read_plan(plan_path or PLAN)
    folder = runs_dir / plan.name
    if not only_report:
        jobs = list(jobs_of(plan))
        with bar("study", len(jobs), sum(job.is_done(folder) for job in jobs)) as advance:
            run_study(plan, folder, processes or len(os.sched_getaffinity(0)), advance)
    findings = find(folder)
    write(findings, folder)
    if as_json:
        click.echo(json.dumps(findings_as_json(findings)))
        return
    print_findings(findings, folder)
