"""The engine, once its model is loaded, has given its rights up; and everything it is asked for still works."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from assistant.client import connect
from assistant.protocol import FimRequest

REQUEST = FimRequest(prefix="import ", suffix="\n", max_tokens=4)


@pytest.fixture(scope="module", autouse=True)
def offered() -> None:
    """Skip where the kernel, or the container, offers no seccomp."""
    trial = subprocess.run(
        [sys.executable, "-I", "-m", "assistant.lockdown"], capture_output=True, text=True, check=False
    )
    if trial.returncode:
        pytest.skip(f"the lock-down offered here: {trial.stdout}")


def status(folder: Path) -> dict[str, str]:
    """The fields of a process' or a thread's `status` file."""
    lines = (folder / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def test_the_running_engine_is_locked_in_every_thread(cairn, daemon_pids) -> None:
    """Seccomp filters and no-new-privileges, where it decodes as where it reads; the daemon keeps its rights."""
    async with connect() as client:
        await client.complete(REQUEST)
    daemon, engine = daemon_pids()

    threads = [status(folder) for folder in Path(f"/proc/{engine}/task").iterdir()]

    assert len(threads) > 1
    assert {(thread["Seccomp"], thread["NoNewPrivs"]) for thread in threads} == {("2", "1")}
    assert status(Path(f"/proc/{daemon}"))["NoNewPrivs"] == status(Path("/proc/self"))["NoNewPrivs"]


def test_chat_templates_work_in_a_process_that_can_load_nothing_more() -> None:
    """Jinja loads parts of itself late: at the first string of a template, at the first error."""
    code = """
import json
from pathlib import Path
import assistant.runtime.__main__ as engine
from assistant.errors import InputError
from assistant.prompts import template_prompt
from assistant.protocol import Message

engine.give_up_rights(Path("/nowhere"))
ends = []
templates = "{{ 'said: ' + messages[0].content }}", "{{ messages | tojson }}", "{{ raise_exception('no') }}", "{%"
for template in templates:
    try:
        ends.append(len(template_prompt(template, [Message(role="user", content="hi")], bos="", eos="")))
    except InputError as error:
        ends.append("refused")
print(json.dumps(ends))
"""
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert child.returncode == 0, child.stderr
    assert json.loads(child.stdout) == [2, 3, "refused", "refused"]


def test_an_engine_that_hangs_ends_with_its_daemon(cairn, daemon_pids, hard_kill) -> None:
    """A stopped process sees no end of its input; the kernel ends it."""
    cairn("complete", f"{__file__}:1:1")
    daemon, engine = daemon_pids()
    process = psutil.Process(engine)
    process.suspend()

    hard_kill(daemon)

    psutil.wait_procs([process], 5)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
