"""A block of code and the command that runs it. Pure but for a look at which interpreters there are."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

_PYTHON, _SHELL = "python", "sh"
LANGUAGES: dict[str, str] = {
    "python": _PYTHON,
    "py": _PYTHON,
    "python3": _PYTHON,
    "sh": _SHELL,
    "bash": _SHELL,
    "shell": _SHELL,
}
"""What a fence may call them."""
_SHELLS = ("/bin/bash", "/bin/sh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """What shall be run, and where."""

    language: str
    """One of the values of `LANGUAGES`."""
    code: str
    folder: Path
    """The project: its working folder, and readable."""

    @property
    def file_name(self) -> str:
        """What the code is called where it is run."""
        return "block.py" if self.language == _PYTHON else "block.sh"

    def command(self, scratch: Path) -> list[str]:
        """Interpreter and arguments; the code lies in `scratch`."""
        file = str(scratch / self.file_name)
        if self.language == _PYTHON:
            return [str(_python(self.folder)), "-s", "-B", file]
        return [next(shell for shell in _SHELLS if os.path.exists(shell)), file]

    @property
    def shown(self) -> str:
        """The command as a person reads it before saying yes."""
        name, *arguments = self.command(Path())
        return " ".join([name, *arguments])


def places() -> list[Path]:
    """Folders of programs and their libraries."""
    found = [*map(Path, ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt")), Path(sys.base_prefix)]
    return [each for each in dict.fromkeys([*found, Path(sys.prefix)]) if each.is_dir()]


def _python(folder: Path) -> Path:
    """The project's own interpreter, with its packages, where that is one that may be started; else ours."""
    own = folder / ".venv" / "bin" / "python"
    real = Path(os.path.realpath(own))
    return own if real.is_file() and any(real.is_relative_to(place) for place in places()) else Path(sys.executable)
