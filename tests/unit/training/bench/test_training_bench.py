"""The benchmark of a training step, on the smallest model there is."""

from dataclasses import replace

import pytest

from assistant.errors import InputError
from training.bench.run import WAYS, Setting, bench_train

TINY = Setting(vocab_size=64, hidden_size=8, num_layers=1, num_steps=1, num_threads=1, step_prompts=1)


@pytest.mark.slow
def test_every_way_is_measured_beside_the_published_recipe() -> None:
    """In a process of its own each; RRHF's ratios to itself are 1."""
    done: list[int] = []

    lines = bench_train(TINY, ["uneven"], 1, done.append)

    assert [(each.lengths, each.way) for each in lines] == [("uneven", way) for way in WAYS]
    assert (lines[0].speed_ratio, lines[0].cpu_ratio, lines[0].memory_ratio) == (1, 1, 1)
    assert all(each.samples_per_s > 0 and each.peak_bytes > each.resting_bytes > 0 for each in lines)
    assert sum(done) == len(WAYS)


def test_a_trial_that_fails_says_why() -> None:
    """Its last line, and what to do."""
    with pytest.raises(InputError, match=r"the trial of rrhf failed: .*threads"):
        bench_train(replace(TINY, num_threads=0), ["even"], 1)
