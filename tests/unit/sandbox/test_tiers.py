"""The fence is tried before it is trusted."""

import sys
from pathlib import Path

import pytest

from assistant.doctor.machine import check_sandbox
from assistant.sandbox.probes import ATTEMPTS, ENDLESS
from assistant.sandbox.programs import Job, ProgramRunner, SandboxError
from assistant.sandbox.tiers import examine, tier

OPEN_WORKER = Path(__file__).with_name("open_worker.py")
pytestmark = pytest.mark.usefixtures("runner")


@pytest.fixture
def fake_bubblewrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first program of that name on the path; empty."""
    program = tmp_path / "bwrap"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return program


def test_a_fence_without_holes_is_trusted() -> None:
    """And says what it is made of."""
    found = tier(boxed=False)

    assert (found.name, found.holes, found.accepted) == ("T2", (), False)
    assert {"limits", "Landlock", "seccomp"} <= set(found.layers)
    assert "Linux" in found.system


def test_a_fence_with_holes_refuses_to_run_anything(fake_bubblewrap: Path) -> None:
    """Every attempt is named, in two lines."""
    fake_bubblewrap.write_text(f'#!/bin/sh\nexec {sys.executable} -s -S {OPEN_WORKER} "$@"\n')

    with pytest.raises(SandboxError, match=r"cannot be run safely here: .*read a file.*start a process") as failure:
        ProgramRunner(1).__enter__()

    assert "i_accept_running_model_code_unsandboxed" in failure.value.hint
    refused_to_anybody = {"act as root", "open many files"}
    assert set(ATTEMPTS) - set(examine().holes) <= refused_to_anybody
    assert not set(ENDLESS) & set(examine().holes)  # time and output are the judge's to bound


def test_who_insists_gets_results_that_say_so(fake_bubblewrap: Path) -> None:
    """The flag is long, and recorded."""
    fake_bubblewrap.write_text(f'#!/bin/sh\nexec {sys.executable} -s -S {OPEN_WORKER} "$@"\n# insisting\n')

    with ProgramRunner(1, i_accept_running_model_code_unsandboxed=True) as pool:
        (results,) = pool.run_all([Job(program="def f(x):\n    return x\n", entry_point="f", inputs=((1,),))])

    assert results.values == ("1",)
    assert (pool.tier.name, pool.tier.accepted) == ("none", True)
    assert "read a file" in pool.tier.holes


def test_a_box_that_cannot_be_made_is_done_without(fake_bubblewrap: Path) -> None:
    """As where a distribution forbids namespaces: the other layers stand alone; who asked for the box is refused."""
    fake_bubblewrap.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")

    assert tier().name == "T2"
    with pytest.raises(SandboxError, match="setting up uid map: Permission denied"):
        tier(boxed=True)


def test_the_doctor_tells_the_tier() -> None:
    """With what is missing."""
    check = check_sandbox()

    assert check.is_good
    assert check.found == str(examine())
