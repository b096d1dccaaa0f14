"""Nothing but `models search WORDS` and `models pull` touches a network: the kernel is asked, not a library."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import paths

ROOT = Path(__file__).parents[2]
FILTER = [sys.executable, "-m", "tests.no_internet"]
CAIRN = [sys.executable, "-m", "assistant"]
COMMANDS = (
    ["models", "list"],
    ["models", "list", "--all", "--json"],
    ["models", "search"],
    ["models", "show", "builtin"],
    ["models", "import", "MODEL", "--name", "mine"],
    ["models", "import", "MODEL", "--name", "near", "--in-place"],
    ["models", "import", "--scan"],
    ["models", "verify"],
    ["models", "use", "mine"],
    ["models", "use", "near", "--role", "chat"],
    ["ask", "def add(a, b):"],
    ["complete", "HOLE"],
    ["status"],
    ["models", "use", "builtin"],
    ["models", "use", "builtin", "--role", "chat"],
    ["models", "rm", "near", "mine"],
    ["models", "prune", "--yes"],
    ["config"],
    ["stop"],
)
FETCHING = (["models", "pull", "qwen2.5-coder:7b", "--yes"], ["models", "search", "coder"])


@pytest.fixture
def files(home: Path, tmp_path: Path) -> dict[str, str]:
    """What the commands work on."""
    shutil.copy(paths.BUILTIN_MODEL, tmp_path / "m.gguf")
    (tmp_path / "hole.py").write_text("def add(a, b):\n    return \n")
    return {"MODEL": str(tmp_path / "m.gguf"), "HOLE": f"{tmp_path / 'hole.py'}:2:12"}


def run_all(wrapper: list[str], files: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Every command within the wrapper; its daemon is ended, whatever happens."""
    try:
        return {
            " ".join(command): _run([*wrapper, *CAIRN, *(files.get(word, word) for word in command)])
            for command in COMMANDS
        }
    finally:
        _run([*CAIRN, "stop"])


def _run(command: list[str], **more: str) -> tuple[int, str]:
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=os.environ | more
    )
    return done.returncode, done.stderr[-400:]


def lonely() -> list[str]:
    """A network namespace of its own, in which there is only the loopback."""
    wrapper = ["unshare", "--user", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*wrapper, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system gives no network namespace to its users")
    return wrapper


def test_the_filter_ends_who_opens_a_socket_to_a_network() -> None:
    """Or else the next test proves nothing."""
    opens = "import socket; socket.socket(socket.{0}); print('open')"
    codes = {
        family: _run([*FILTER, sys.executable, "-c", opens.format(family)])[0]
        for family in ("AF_UNIX", "AF_INET", "AF_INET6")
    }
    start = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {0!r}]).returncode)"

    assert codes == {"AF_UNIX": 0, "AF_INET": -31, "AF_INET6": -31}  # SIGSYS
    assert _run([*FILTER, sys.executable, "-c", start.format(opens.format("AF_INET"))])[0] != 0


def test_no_command_opens_a_socket_to_a_network(files: dict[str, str]) -> None:
    """Nor does its daemon, nor the engine: they were started by it, and the filter is theirs, too."""
    found = run_all(FILTER, files)

    assert {command: code for command, (code, _) in found.items() if code} == {}, found


@pytest.mark.slow
def test_every_command_works_where_there_is_no_network(files: dict[str, str]) -> None:
    found = run_all(lonely(), files)

    assert {command: code for command, (code, _) in found.items() if code} == {}, found


def test_those_that_fetch_are_ended_by_the_filter_and_say_so_without_a_network(home: Path) -> None:
    """It is their sockets that the others do not have."""
    for command in FETCHING:
        assert _run([*FILTER, *CAIRN, *command], HF_ENDPOINT="http://127.0.0.1:9")[0] == -31

        code, errors = _run([*lonely(), *CAIRN, *command], HF_HUB_OFFLINE="1")
        assert code == 1
        assert "HF_HUB_OFFLINE" in errors


def test_only_those_that_fetch_enter_the_room_of_the_hub(home: Path) -> None:
    """Looked up in sys.modules after the command has run."""
    code = """
import json, sys
from assistant.cli import cli
cli.main(sys.argv[1:], standalone_mode=False)
print("\\nMODULES", json.dumps([name for name in sys.modules if name.startswith("assistant.hub")]))
"""
    for command in (["models", "list"], ["models", "search"], ["models", "verify"]):
        output = subprocess.check_output([sys.executable, "-c", code, *command], text=True, cwd=ROOT)
        found = json.loads(output.partition("\nMODULES ")[2])
        assert set(found) <= {"assistant.hub_commands"}, (command, found)
