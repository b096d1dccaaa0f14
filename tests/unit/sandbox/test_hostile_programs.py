"""Programs that attack the judge, the machine or each other: each gets its verdict and leaves nothing behind."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from assistant.sandbox.fence import NOBODY
from assistant.sandbox.tiers import examine
from tests.unit.sandbox.hostile import ALL, Hostile

ROOT = Path(__file__).parents[3]
ARRANGEMENTS = [(user, place) for user in ("we", "nobody") for place in ("bare", "box")]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def ordeals(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Any]:
    """All programs in all arrangements that are possible here, at once; why not, for the others."""
    found: dict[tuple[str, str], Any] = {}
    started = {}
    for user, place in ARRANGEMENTS:
        command = interpreter(user)
        if place == "box" and not shutil.which("bwrap"):
            found[user, place] = "bubblewrap is not installed"
        elif not command:
            found[user, place] = "this user is no root, or nobody may run a Python that is new enough"
        elif not examine(boxed=place == "box").is_safe:
            found[user, place] = str(examine(boxed=place == "box"))
        else:
            folder = tempfile.mkdtemp(prefix="ordeal-")  # pytest's own folders are closed to others
            started[user, place] = folder, begin(command, user, place, folder)
    for arrangement, (folder, process) in started.items():
        out, error = process.communicate(timeout=280)
        shutil.rmtree(folder)
        assert process.returncode == 0, error
        found[arrangement] = json.loads(out)["found"]
    return found


def begin(command: str, user: str, place: str, folder: str) -> "subprocess.Popen[str]":
    """Start one of them in a folder that its user is given."""
    identity: dict[str, Any] = {}
    if user == "nobody":
        os.chown(folder, NOBODY, NOBODY)
        identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return subprocess.Popen(
        [command, "-m", "tests.unit.sandbox.ordeal", folder, place],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        **identity,
    )


def interpreter(user: str) -> str | None:
    """A Python that this user may run; it needs nothing but its own library."""
    if user == "we":
        return sys.executable
    if os.geteuid():
        return None
    for command in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            trial = subprocess.run(
                [command, "-c", "import sys, assistant.sandbox.programs; sys.exit(sys.version_info < (3, 11))"],
                user=NOBODY, group=NOBODY, extra_groups=[], cwd=ROOT, check=False, capture_output=True,
            )  # fmt: skip
        except OSError:
            continue
        if not trial.returncode:
            return command
    return None


@pytest.mark.parametrize("arrangement", ARRANGEMENTS, ids="-".join)
@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_program_gets_its_verdict_and_leaves_nothing_behind(
    hostile: Hostile, arrangement: tuple[str, str], ordeals: dict[tuple[str, str], Any]
) -> None:
    """No process of it, no change outside, no descriptor of the judge; and the next program is judged rightly."""
    if isinstance(ordeals[arrangement], str):
        pytest.skip(ordeals[arrangement])

    end = ordeals[arrangement][hostile.name]

    assert end.pop("verdict") in hostile.required
    assert end == {"reason": "", "others": [], "changed": False, "descriptors": 0, "next": "pass"}


def test_the_programs_are_all_there() -> None:
    """The 132 of the notes, less the two that are no single program, and at least 20 more."""
    numbers = {
        int("".join(filter(str.isdigit, head)))
        for head in (each.name.split(" | ")[0] for each in ALL)
        if head[0].isdigit()
    }

    assert set(range(1, 133)) - numbers == {130, 132}  # forty at once, and a task that is hostile itself: test_programs
    assert len(numbers - set(range(1, 133))) >= 20
