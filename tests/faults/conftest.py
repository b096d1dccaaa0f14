"""A daemon of the test's own, whose patience with a silent engine is two seconds."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant import paths

DAEMON = """
import os
from assistant.config import Settings
from assistant.runtime.child import Patience
from assistant.server.daemon import serve

serve(Settings(threads=1), is_detached=True, patience=Patience(beat_ticks=2, step_s=10, death_window_s=0))
"""


@pytest.fixture
def daemon(home: Path) -> Iterator[psutil.Process]:
    """It runs, and ends in order when the test ends."""
    process = subprocess.Popen([sys.executable, "-I", "-c", DAEMON])
    while not paths.socket_path().exists():
        assert process.poll() is None
        time.sleep(0.02)
    yield psutil.Process(process.pid)
    process.terminate()
    assert process.wait(10) == 0
    assert not ours(), "a process was left behind"


def ours() -> list[psutil.Process]:
    """Every process that runs in this test's home, this one not counted, ended ones neither."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            is_ours = f"XDG_RUNTIME_DIR={os.environ['XDG_RUNTIME_DIR']}".encode() in environment.split(b"\0")
            if is_ours and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (OSError, psutil.Error):
            continue  # it has ended, or is somebody else's
    return found
