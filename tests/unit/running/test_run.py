"""Blocks of code, run: what they may do, what they may not, and how they are ended."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from assistant.lockdown import landlock
from assistant.running import RunError, Snippet, check_lock, run, runs

try:
    landlock.version()
except OSError:
    pytest.skip("this kernel has no Landlock", allow_module_level=True)


@pytest.fixture
def project(tmp_path):
    """A folder with a module in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "tools.py").write_text("ANSWER = 42\n")
    (folder / "data.txt").write_text("one\ntwo\n")
    return folder


async def python(project: Path, code: str, **more):
    """Run a block of Python."""
    return await run(Snippet(language="python", code=code, folder=project), **more)


async def shell(project: Path, code: str, **more):
    """Run a block of shell commands."""
    return await run(Snippet(language="sh", code=code, folder=project), **more)


async def test_the_lock_holds_here() -> None:
    """Every attempt of the probe is refused; else nothing would ever be run."""
    await check_lock()


async def test_python_reads_the_project_and_its_modules(project) -> None:
    """It starts in the project's folder; what it prints comes back, errors among it."""
    done = await python(project, "import tools, sys\nprint(tools.ANSWER, open('data.txt').read())\nsys.exit('bad')")

    assert done.output == "42 one\ntwo\n\nbad\n"
    assert (done.ended, done.exit_code, done.note) == ("itself", 1, "exit code 1")


async def test_a_shell_starts_programs_and_writes_into_its_own_folder(project) -> None:
    """Pipes, copies with their times, files in $TMPDIR; afterwards that folder is gone."""
    done = await shell(
        project,
        "set -e\nwc -l < data.txt | tr -d ' '\ncp -p data.txt $TMPDIR/x\ntouch $HOME/y\nls $HOME\necho $HOME\n"
        "cat <<E\nhi\nE",
    )

    *lines, home, last = done.output.split()
    assert lines == ["2", "block.sh", "x", "y"]
    assert (last, done.exit_code) == ("hi", 0)
    assert not os.path.exists(home)


@pytest.mark.parametrize(
    "code",
    [
        "echo x > new.txt",
        "echo x >> data.txt",
        "rm data.txt",
        "mv data.txt other.txt",
        "ln -s / link",
        "chmod 000 data.txt; test -r data.txt && false",
        "cat {outside}",
        "ls {outside}/..",
        "echo x > {outside}",
    ],
)
async def test_nothing_outside_its_folder_changes_and_nothing_elsewhere_is_read(project, tmp_path, code) -> None:
    """The project is as it was, byte and mode."""
    outside = tmp_path / "secret.txt"
    outside.write_text("secret")
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in (*project.iterdir(), outside)}

    done = await shell(project, code.format(outside=outside))

    assert {path: (path.read_bytes(), path.stat().st_mode) for path in (*project.iterdir(), outside)} == before
    assert "secret" not in done.output.replace("secret.txt", "")
    assert done.exit_code != 0


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET"])
async def test_there_is_no_network(project, family) -> None:
    """Not one socket, of whatever family; the other end is here and listens."""
    code = (
        f"import socket\ntry:\n    socket.socket(socket.{family}, socket.SOCK_RAW)\nexcept OSError as e:\n    print(e)"
    )

    done = await python(project, code)

    assert "Operation not permitted" in done.output


async def test_it_does_not_see_the_users_variables_or_home(project, monkeypatch) -> None:
    """Keys are often in variables."""
    monkeypatch.setenv("SECRET_KEY", "s3cret")

    done = await shell(project, "env; ls ~")

    assert "s3cret" not in done.output
    assert done.output.split()[-1] == "block.sh"


async def test_it_ends_in_time_with_all_that_it_started(project) -> None:
    """A child in the background that ignores signals, too."""
    marker = f"{os.getpid()}.{time.monotonic_ns()}"

    done = await shell(
        project, f"trap '' TERM HUP\n(trap '' TERM HUP; exec -a m{marker} sleep 60) &\nsleep 60", wall_s=0.7
    )

    assert (done.ended, done.note) == ("timeout", "ended: it took too long")
    assert not _running(f"m{marker}")


async def test_it_ends_when_the_chat_is_cancelled(project) -> None:
    """Esc, or the end of the chat."""
    marker = f"{os.getpid()}.{time.monotonic_ns()}"
    running = asyncio.create_task(shell(project, f"exec -a m{marker} sleep 60"))
    while not _running(f"m{marker}"):
        await asyncio.sleep(0.02)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not _running(f"m{marker}")


async def test_too_much_output_ends_it(project) -> None:
    """What came before is kept."""
    done = await shell(project, "yes")

    assert (done.ended, len(done.output)) == ("output", runs.OUTPUT_BYTES)


async def test_too_much_memory_ends_it(project) -> None:
    """Not the machine's."""
    done = await python(project, "x = bytearray(2 << 30)")

    assert "MemoryError" in done.output


async def test_what_a_terminal_would_obey_is_shown_instead(project) -> None:
    """An escape sequence in the output, and a control character in the error of a program."""
    done = await python(project, "print('\\x1b]52;c;aGk=\\x07 \\u202e')")

    assert done.output == "\\u{1b}]52;c;aGk=\\u{7} \\u{202e}\n"


async def test_a_home_folder_is_no_project(monkeypatch, tmp_path) -> None:
    """Everything of a person could be read in it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()

    for folder in (tmp_path / "home", tmp_path):
        with pytest.raises(RunError, match="holds all of your files"):
            await python(folder, "print(1)")


async def test_where_the_lock_does_not_hold_nothing_is_run(project, monkeypatch) -> None:
    """Said with what to do instead."""
    monkeypatch.setattr(runs, "_held", [])
    monkeypatch.setattr(runs, "ATTEMPTS", {"count": "1 + 1"})
    marker = project.parent / "ran"

    with pytest.raises(RunError, match="cannot be run safely here: count"):
        await shell(project, f"touch {marker}")

    assert not marker.exists()


def _running(name: str) -> bool:
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdigit() and name.encode() in (each / "cmdline").read_bytes().split(b"\0")[0]:
                return True
        except OSError:
            continue
    return False


def test_the_command_is_shown_before_it_is_run(project) -> None:
    """Interpreter and file; the project's own interpreter where it has one that may be started."""
    assert Snippet(language="sh", code="", folder=project).shown in ("/bin/bash block.sh", "/bin/sh block.sh")
    assert Snippet(language="python", code="", folder=project).shown == f"{sys.executable} -s -B block.py"
