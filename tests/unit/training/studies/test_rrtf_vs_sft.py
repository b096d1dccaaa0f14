"""The study of ranking: arms that differ in what they say, seeds that count, a run that goes on where it stopped."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from assistant.errors import EngineError
from training.finetune.recipe import ScheduleRecipe
from training.problems import as_task
from training.recipe import ModelRecipe
from training.studies.rrtf_vs_sft.arms import ARMS, BASE, BY_NAME, PRIMARY
from training.studies.rrtf_vs_sft.chart import chart
from training.studies.rrtf_vs_sft.commands import study
from training.studies.rrtf_vs_sft.plan import (
    BasePlan,
    CandidatesPlan,
    MeasurePlan,
    Plan,
    Seeds,
    measured_file,
    read_plan,
)
from training.studies.rrtf_vs_sft.problems import draw, teachers
from training.studies.rrtf_vs_sft.report import as_json, find, markdown
from training.studies.rrtf_vs_sft.run import jobs_of, run_study
from training.studies.rrtf_vs_sft.seed import recipe_of, run_arms
from training.studies.rrtf_vs_sft.statistics import of_difference, over_seeds
from training.studies.rrtf_vs_sft.table import print_findings

TINY = Plan(
    name="tiny",
    seeds=Seeds(main=1, primary=2, exploring=1),
    model=ModelRecipe(vocab_size=350, hidden_size=16, num_layers=1, num_heads=4, context_tokens=256),
    base=BasePlan(num_problems=40, teacher_skill=0.5, batch_pairs=20, learning_rate=2e-3, matrix_learning_rate=0.02),
    candidates=CandidatesPlan(
        num_problems=10,
        num_teachers=3,
        teacher_skill=0.5,
        student_temperatures=(0.8, 1.2),
        max_new_tokens=24,
        max_candidates=4,
    ),
    measure=MeasurePlan(num_problems=6, num_seen_problems=5, num_samples=2, temperature=0.2),
    schedule=ScheduleRecipe(num_epochs=1, batch_prompts=5, micro_batch_prompts=5, num_threads=1),
)


def test_the_plan_says_all_of_it() -> None:
    """The committed numbers are read, and enough seeds are in them for an interval over seeds."""
    plan = read_plan()

    assert plan.seeds.main >= 5
    assert plan.seeds.primary >= plan.seeds.main
    assert BY_NAME[PRIMARY[0]].control == PRIMARY[1]


def test_every_arm_is_compared_with_one_that_has_the_same_answers() -> None:
    """Or says that it has others, by its title: its own answers, noisier teachers, a second round, near misses."""
    for arm in (each for each in ARMS if each.name != BASE):
        control = BY_NAME[arm.control]
        same = arm.ranking == control.ranking and arm.start == control.start
        assert same or control.name == BASE or arm.name in {"near_misses", "second_ce"}


def test_the_primary_arms_differ_in_the_rank_loss_alone(tmp_path) -> None:
    """Same start, answers, target, reduction, schedule and seed."""
    ranked, control = (recipe_of(read_plan(), BY_NAME[name], 3, tmp_path) for name in PRIMARY)

    assert ranked.objective.lambda_rank == 1
    assert replace(ranked, method="sft", name=control.name) == control


def test_teachers_are_right_as_often_as_they_are_said_to_be() -> None:
    """And the same for the same seed."""
    problems = draw("train", 100, 7)
    answers = [each for problem in problems for each in teachers(problem, 3, 0.5, 0)]
    right = [each.code in problem.solutions for problem in problems for each in teachers(problem, 3, 0.5, 0)]

    assert 0.4 < sum(right) / len(right) < 0.6
    assert answers == [each for problem in problems for each in teachers(problem, 3, 0.5, 0)]
    assert all(as_task(problem).checks for problem in problems)


def test_an_interval_over_seeds_is_students() -> None:
    """1, 2, 3: mean 2, t of 0.975 at 2 degrees of freedom 4.3027, standard error 1/sqrt(3)."""
    found = over_seeds([1.0, 2.0, 3.0])

    assert found.value == 2
    assert found.high == pytest.approx(2 + 4.302653 / math.sqrt(3))
    assert over_seeds([0.5]).low == -math.inf


def test_it_covers_the_truth_as_often_as_it_says() -> None:
    """Five seeds, 2,000 times: near 95 %."""
    rng = np.random.default_rng(0)
    intervals = [over_seeds(rng.normal(0.03, 0.028, 5)) for _ in range(2000)]

    assert 0.935 < np.mean([each.low <= 0.03 <= each.high for each in intervals]) < 0.965


def test_a_difference_is_taken_seed_by_seed() -> None:
    """Of seeds that have both; a seed whose control is missing says nothing."""
    solved = {"a": {0: [1.0, 0.5], 1: [1.0, 1.0], 2: [0.0, 0.0]}, "b": {0: [0.5, 0.5], 1: [0.0, 1.0]}}

    line = of_difference("a", "b", solved)

    assert line.by_seed == (0.25, 0.5)
    assert line.problems.value == pytest.approx(0.375)
    with pytest.raises(ValueError, match="no seed"):
        of_difference("a", "b", {"a": {0: [1.0]}, "b": {1: [1.0]}})


def test_the_table_comes_first_and_the_rest_in_turns() -> None:
    """So that what was promised is there when time runs out; all of it comes, and nothing twice."""
    plan = read_plan()
    jobs = list(jobs_of(plan))
    behind = jobs[plan.seeds.main :]

    assert all(set(PRIMARY) <= set(job.arms) and "dpo" in job.arms for job in jobs[: plan.seeds.main])
    assert "second_k_way" in behind[0].arms
    assert behind[1].arms == (BASE, *PRIMARY)
    assert len(set(jobs)) == len(jobs) == plan.seeds.primary + plan.seeds.exploring
    uneven = replace(plan, seeds=Seeds(main=1, primary=9, exploring=2))
    assert len(set(jobs_of(uneven))) == 11


@pytest.mark.slow
def test_a_study_from_nothing_to_its_report(tmp_path) -> None:
    """In processes of its own; run again, it finds all of it done; the report leaves out what is not."""
    plan = replace(TINY, seeds=Seeds(main=0, primary=1, exploring=0))
    done: list[int] = []

    run_study(plan, tmp_path, 2, done.append)
    again: list[int] = []
    run_study(plan, tmp_path, 2, again.append)

    assert (sum(done), sum(again)) == (1, 0)
    findings = find(tmp_path)
    assert [row.arm.name for row in findings.rows] == [BASE, "ce_only", "rrtf_k_way"]
    assert findings.primary is not None
    assert len(findings.primary.by_seed) == 1
    assert "| RRTF, k-way | 1 |" in markdown(findings)
    assert json.loads(json.dumps(as_json(findings)))["primary"]["name"] == "rrtf_k_way - ce_only"


@pytest.mark.slow
def test_every_arm_trains(tmp_path) -> None:
    """All of them but the one that learns from own passing answers, of which so small a model has none."""
    names = [arm.name for arm in ARMS if arm.name != "rft"]

    run_arms(TINY, tmp_path, 0, names)

    assert all(measured_file(tmp_path, 0, name).exists() for name in names)
    one = json.loads(measured_file(tmp_path, 0, "rrtf_k_way").read_text())
    assert len(one["held_out"]["solved"]) == 6
    assert sum(one["held_out"]["outcomes"].values()) == 12
    svg = chart([(row.arm, row.held_out, row.versus) for row in find(tmp_path).rows])
    assert svg.count('class="mean"') + svg.count('class="beyond"') == 2 * len(names) - 1


@pytest.mark.slow
def test_a_job_that_fails_is_named_and_the_others_go_on(tmp_path) -> None:
    """The command says where its words are."""
    plan = replace(TINY, seeds=Seeds(main=0, primary=1, exploring=0), measure=replace(TINY.measure, num_problems=0))

    with pytest.raises(EngineError, match="1 of 1 jobs failed") as failure:
        run_study(plan, tmp_path, 1, lambda _: None)

    assert "seed-0.log" in failure.value.hint
    assert "Traceback" in (tmp_path / "seed-0.log").read_text()


def test_a_report_of_nothing_says_so(tmp_path, capsys) -> None:
    """Before anything is measured."""
    print_findings(find(tmp_path), tmp_path)
    assert "nothing is measured" in capsys.readouterr().out


def test_the_command_reports_what_there_is(tmp_path) -> None:
    """Without training."""
    solved = {"solved": [1.0, 0.0], "outcomes": {}, "mean_answer_tokens": 1.0}
    for seed, (name, value) in enumerate([(BASE, 0.0), ("ce_only", 1.0), ("rrtf_k_way", 1.0)]):
        for each in (0, 1):
            file = measured_file(tmp_path / "rrtf-vs-sft", each, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            scores = {**solved, "solved": [value, 0.5 * seed]}
            file.write_text(json.dumps({"arm": name, "seed": each, "held_out": scores, "seen": scores}))

    result = CliRunner().invoke(study, ["--report", "--runs-dir", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert "RRTF, k-way minus CE only, summed (the control), 2 seeds: +25.0" in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines()[:-1])
    assert (tmp_path / "rrtf-vs-sft" / "chart.svg").read_text().startswith("<svg")
