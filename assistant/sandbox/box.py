"""The box around a worker: bubblewrap, where it is installed and works. One box holds many programs, one at a time.

In it there are the interpreter, its library and our few files, all read-only; a private /tmp; no network, no other
processes, no variables.
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from assistant.sandbox.fence import NOBODY, PACKAGES

HERE = Path(__file__).parent
INSIDE = Path("/cairn/assistant")
TMP_BYTES = 16 << 20
FLAGS = ("-s", "-P", "-S", "-W", "ignore")
"""No user's folder, no script's folder, no site-packages (whose .pth files are programs), no warnings."""
ENVIRONMENT = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
"""All there are. A set of strings then has the same order in every run: a program is judged alike twice."""


def bubblewrap() -> str | None:
    """Where it is."""
    return shutil.which("bwrap")


def interpreter() -> str:
    """Ours, not a virtual environment's link to it."""
    return os.path.realpath(sys.executable)


def bare_command(control: int) -> list[str]:
    """A worker without a box; its control socket has the number `control`."""
    return [interpreter(), *FLAGS, str(HERE / "worker.py"), str(control)]


def boxed_command(program: str, control: int) -> list[str]:
    """The same in a box of `program`, bubblewrap."""
    box = [*empty_box(program, ENVIRONMENT, tmp_bytes=TMP_BYTES), *_readable()]
    for folder in _packages():
        box += ["--tmpfs", str(folder)]
    for name in ("__init__.py", "lockdown", "sandbox"):
        box += ["--ro-bind", str(HERE.parent / name), str(INSIDE / name)]
    return [*box, "--chdir", "/", interpreter(), *FLAGS, str(INSIDE / "sandbox" / "worker.py"), str(control)]


def empty_box(program: str, environment: Mapping[str, str], *, tmp_bytes: int) -> list[str]:
    """The beginning of a command line: no network, no other processes, no rights, a /tmp of its own, and no files."""
    box = [program, "--unshare-all", "--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "box", "--new-session"]
    box += ["--cap-drop", "ALL", "--clearenv"]
    for name, value in environment.items():
        box += ["--setenv", name, value]
    return [*box, "--proc", "/proc", "--dev", "/dev", "--size", str(tmp_bytes), "--tmpfs", "/tmp"]  # noqa: S108


def system_files() -> list[str]:
    """Programs and shared libraries, to be read."""
    box = ["--ro-bind", "/usr", "/usr"]
    for link in (Path("/lib"), Path("/lib64"), Path("/bin")):
        box += ["--symlink", os.readlink(link), str(link)] if link.is_symlink() else ["--ro-bind-try", *[str(link)] * 2]
    return box


def _readable() -> list[str]:
    """The system's files, and the interpreter's where it lies elsewhere."""
    prefix = Path(sys.base_prefix)
    return [*system_files(), *([] if prefix.is_relative_to("/usr") else ["--ro-bind", *[str(prefix)] * 2])]


def _packages() -> list[Path]:
    """Folders of installed packages within them."""
    folders = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    return [folder / name for folder in folders for name in PACKAGES if (folder / name).is_dir()]
