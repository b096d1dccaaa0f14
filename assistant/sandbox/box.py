"""The box around a worker: bubblewrap, where it is installed and works. One box holds many programs, one at a time.

In it there are the interpreter, its library and our few files, all read-only; a private /tmp; no network, no other
processes, no variables.
"""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from assistant.sandbox.fence import NOBODY, PACKAGES

HERE = Path(__file__).parent
INSIDE = Path("/cairn/assistant")
TMP_BYTES = 16 << 20
FLAGS = ("-E", "-s", "-P", "-S", "-W", "ignore")
"""No variables, no user's folder, no script's folder, no site-packages (whose .pth files are programs), no warnings."""
ENVIRONMENT = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
"""A set of strings then has the same order in every run: a program is judged alike twice."""


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
    box = [program, "--unshare-all", "--uid", str(NOBODY), "--gid", str(NOBODY), "--hostname", "box", "--new-session"]
    box += ["--cap-drop", "ALL", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        box += ["--setenv", name, value]
    box += ["--proc", "/proc", "--dev", "/dev", "--size", str(TMP_BYTES), "--tmpfs", "/tmp"]  # noqa: S108 - its own
    for place in _read_only():
        box += ["--ro-bind", str(place), str(place)]
    for link in (Path("/lib"), Path("/lib64"), Path("/bin")):
        box += ["--symlink", os.readlink(link), str(link)] if link.is_symlink() else ["--ro-bind-try", *[str(link)] * 2]
    for folder in _packages():
        box += ["--tmpfs", str(folder)]
    for name in ("__init__.py", "lockdown", "sandbox"):
        box += ["--ro-bind", str(HERE.parent / name), str(INSIDE / name)]
    return [*box, "--chdir", "/", interpreter(), *FLAGS, str(INSIDE / "sandbox" / "worker.py"), str(control)]


def _read_only() -> list[Path]:
    """/usr has the shared libraries; an interpreter may lie elsewhere."""
    prefix = Path(sys.base_prefix)
    return [Path("/usr"), *([] if prefix.is_relative_to("/usr") else [prefix])]


def _packages() -> list[Path]:
    """Folders of installed packages within them."""
    folders = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    return [folder / name for folder in folders for name in PACKAGES if (folder / name).is_dir()]
