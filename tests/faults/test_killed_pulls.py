"""`cairn models pull` as people run it, ended twenty times by whatever ends programs, then run once more."""

import hashlib
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import paths
from assistant.models import parts
from assistant.models.local import list_models
from tests.fake_hub import FakeHub, fake_hub

REPO, FILE = "org/tiny-GGUF", "tiny-Q8_0.gguf"
ENDS = ("SIGINT", "SIGKILL", "cut", "full disk", "SIGKILL", "changed", "SIGINT", "cut", "wrong", "SIGTERM")
NUM_ENDS = 20
STEP_BYTES = 300_000


@pytest.fixture
def hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with fake_hub(files={f"{REPO}/{FILE}": paths.BUILTIN_MODEL.read_bytes()}, slow_s=0.002) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.hub_url)
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield served


def start(*, file_limit: int = 0) -> "subprocess.Popen[str]":
    """The command, in a process of its own; its files may not grow beyond the limit, as on a full disk.

    Whoever runs the tests in the background has them ignore SIGINT, and their children would, too.
    """
    command = [sys.executable, "-m", "assistant", "models", "pull", f"hf:{REPO}:Q8_0", "--yes", "--name", "tiny"]

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if file_limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))

    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=prepare
    )


def part_bytes() -> int:
    return sum(part.num_bytes for part in parts.list_parts())


def wait_for(process: "subprocess.Popen[str]", num_bytes: int) -> None:
    end_s = time.monotonic() + 60
    while part_bytes() < num_bytes and process.poll() is None:
        assert time.monotonic() < end_s
        time.sleep(0.002)


def end(hub: FakeHub, how: str, target: int) -> tuple[int, str]:
    """Let one run come to its end in this way, at about `target` bytes."""
    before = part_bytes()
    # the first request to the storage looks at the header
    hub.faults[:] = {
        "cut": ["", f"cut:{target - before}", *["refuse:404"] * 3],
        "changed": ["", f"cut:{target - before}", "changed"],
        "wrong": ["", "wrong"],
    }.get(how, ["", "slow"])
    # the plan asks for the header through the hub's redirect, too: what fails there is not `changed`
    process = start(file_limit=max(target, 1 << 20) if how == "full disk" else 0)
    if how.startswith("SIG"):
        wait_for(process, target)
        process.send_signal(getattr(signal, how))
    _, errors = process.communicate(timeout=90)
    return process.returncode, errors


@pytest.mark.slow
def test_twenty_ends_and_the_right_hash(hub: FakeHub) -> None:
    """Until the last run no model is listed; what was fetched is not fetched again, unless it was wrong."""
    draw = random.Random(5)
    data = hub.files[f"{REPO}/{FILE}"]
    most = 0
    for how in itertools.islice(itertools.cycle(ENDS), NUM_ENDS):
        before = part_bytes()
        target = min(before + draw.randint(1, STEP_BYTES), len(data) - 1)
        code, errors = end(hub, how, target)

        assert code != 0, (how, errors)
        assert "Traceback" not in errors
        assert [model.name for model in list_models()] == ["builtin"]
        if how == "wrong":
            assert "set aside" in errors
            assert part_bytes() == 0
        else:
            assert part_bytes() >= before, (how, errors)
        if how == "SIGINT":
            assert code == 130
            assert "kept" in errors
            assert "goes on from there" in errors
        if how == "full disk":
            assert "disk" in errors
        most = max(most, part_bytes())

    before, hub.sent_bytes = part_bytes(), 0
    hub.faults.clear()
    output, errors = start().communicate(timeout=90)

    assert before > 0
    assert most > STEP_BYTES
    assert hub.sent_bytes == len(data) - before + (1 << 20), "the header is looked at again, nothing else"
    model = next(model for model in list_models() if model.name == "tiny")
    assert hashlib.sha256(model.path.read_bytes()).hexdigest() == hashlib.sha256(data).hexdigest()
    assert "use it" in output
    assert not list(parts.folder().glob("*")), errors


def test_a_pull_that_is_interrupted_says_what_it_kept(hub: FakeHub) -> None:
    """Ctrl-C: exit code 130, and the part is in the list."""
    code, errors = end(hub, "SIGINT", 1 << 20)

    rows = json.loads(
        subprocess.check_output([sys.executable, "-m", "assistant", "models", "list", "--json"], text=True)
    )
    assert code == 130
    assert "kept" in errors
    assert [(row["name"], row["state"]) for row in rows] == [("builtin", "here"), ("tiny", "partial")]
    assert 0 < rows[1]["share"] < 1


def test_nobody_is_asked_where_nobody_can_answer(hub: FakeHub) -> None:
    """Without a terminal, --yes and --accept-license are the only yes."""
    hub.licence = "bigcode-openrail-m"
    command = [sys.executable, "-m", "assistant", "models", "pull", f"hf:{REPO}:Q8_0"]
    refused = [
        subprocess.run([*command, *more], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        for more in ([], ["--yes"], ["--accept-license"])
    ]

    assert [done.returncode for done in refused] == [1, 1, 1]
    assert "--accept-license" in refused[1].stderr
    assert "--yes" in refused[2].stderr
    assert os.listdir(paths.models_dir()) in ([], ["partial"])
    assert part_bytes() == 0
