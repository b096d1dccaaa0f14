"""Nothing goes over the network unless it is asked to: a tour of the commands where every packet is counted.

The tour runs in a network namespace of its own with a loopback and an interface that leads nowhere. Children, native
code and the resolver are in it, too; what a process tries to send is counted by the kernel.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WITHIN = """
set -e
ip link set lo up
ip link add outside type veth peer name wall
for end in outside wall; do
  echo 1 > /proc/sys/net/ipv6/conf/$end/disable_ipv6  # it would greet its neighbours by itself
  ip link set $end up
done
ip addr add 192.0.2.1/24 dev outside
ip route add default via 192.0.2.254
exec "$@"
"""
TOUR = """
import json, subprocess, sys
from pathlib import Path

def sent():
    rows = (line.split(":") for line in Path("/proc/self/net/dev").read_text().splitlines() if ":" in line)
    return {name.strip(): int(counts.split()[9]) for name, counts in rows}

results = []
for arguments in json.loads(sys.argv[1]):
    before = sent()
    done = subprocess.run(arguments, capture_output=True, text=True, input="", timeout=120)
    after = sent()
    tried = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    results.append({"code": done.returncode, "tried": tried, "errors": done.stderr})
print(json.dumps(results))
"""
CHAT = """
import os, pty, sys, time
os.environ["TERM"] = "xterm-256color"  # on a dumb one the chat is lines, which end otherwise
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.executable, [sys.executable, "-I", "-m", "assistant", "chat"])
for pause, keys in ((3, b"write a function\\r"), (2, b"\\x11"), (1, b"")):
    until = time.monotonic() + pause
    os.set_blocking(terminal, False)
    while time.monotonic() < until:
        try:
            os.read(terminal, 65536)
        except BlockingIOError:
            time.sleep(0.05)
        except OSError:
            break  # it has ended
    else:
        os.write(terminal, keys)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
"""A question typed into the chat, and Ctrl+Q."""
CAIRN = [sys.executable, "-I", "-m", "assistant"]
COMMANDS: dict[str, list[str]] = {
    "ask": ["write a function"],
    "complete": ["a.py:1:8"],
    "completion": ["bash"],
    "config": ["show"],
    "convert": ["plan", "org/none"],
    "demo": [],
    "doctor": ["--report"],
    "eval": ["compare", "none", "none"],
    "logs": [],
    "lsp": ["explain", "a.py:1:8"],
    "man": [],
    "models": ["list"],
    "sessions": ["list"],
    "stats": [],
    "status": [],
    "train": ["problems", "--count", "2", "--out", "problems.jsonl"],
    "stop": [],
}
"""Of every door one command at least; those that nobody has files for fail, and send nothing all the same."""
MAY_FAIL = {"convert", "eval", "doctor"}
ELSEWHERE = {"bench", "chat", "serve"}
"""The first takes minutes, the second goes along with a terminal of its own, the third is started by `ask`."""


def tour(folder: Path, commands: list[list[str]]) -> list[dict]:
    """Exit code, packets and stderr of each command, run one after the other in the closed namespace."""
    unshare = shutil.which("unshare")
    if not (unshare and shutil.which("ip")):
        pytest.skip("unshare and ip are not here")
    inside = [unshare, "-rn", "sh", "-c", WITHIN, "sh"]
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody make a network namespace")
    done = subprocess.run(
        [*inside, sys.executable, "-c", TOUR, json.dumps(commands)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_tour_sends_not_one_packet_not_even_over_the_loopback(cairn, tmp_path) -> None:
    """The daemon is on a socket that is a file; names are not looked up."""
    (tmp_path / "a.py").write_text("import \n")

    commands = {"chat": [sys.executable, "-c", CHAT]} | {name: [*CAIRN, name, *more] for name, more in COMMANDS.items()}

    results = dict(zip(commands, tour(tmp_path, list(commands.values())), strict=True))

    assert {name: result["tried"] for name, result in results.items() if result["tried"]} == {}
    for name, result in results.items():
        assert result["code"] == 0 or name in MAY_FAIL, (name, result)


def test_every_command_is_on_the_tour() -> None:
    """A new one is put there, too."""
    from assistant.cli import ROOMS, cli

    assert {*cli.commands, *ROOMS} == {*COMMANDS, *ELSEWHERE}


@pytest.mark.parametrize(
    ("attempt", "device"),
    [
        ("import socket; s = socket.socket(); s.setblocking(False); s.connect_ex(('192.0.2.7', 443))", "outside"),
        ("import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)", "lo"),
        ("import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))", "outside"),
    ],
)
def test_an_attempt_would_be_seen(tmp_path, attempt, device) -> None:
    """A connection, a datagram, the loopback: the counter counts."""
    (result,) = tour(tmp_path, [[sys.executable, "-c", f"{attempt}; import time; time.sleep(0.2)"]])

    assert device in result["tried"]
