"""The files of settings, with everything that is wrong in them."""

from pathlib import Path

from assistant import config, paths
from assistant.config import toml_file
from assistant.config.layers import project_file
from assistant.doctor.check import Check
from assistant.errors import ConfigError


def check_settings(folder: Path | None = None) -> Check:
    """Yours and those of the project around `folder`, the working folder otherwise."""
    own, project = paths.config_file(), project_file(folder or Path.cwd())
    try:
        faults = list(toml_file.faults(toml_file.read(own), own))
        if project:
            faults += toml_file.faults(toml_file.read(project), project, is_projects=True)
        if not faults:
            config.load(folder=folder or Path.cwd())  # the environment, too
    except ConfigError as fault:
        faults = [fault]
    if faults:
        return Check("settings", False, "; ".join(map(str, faults)), faults[0].hint)
    files = [f"{own}{'' if own.exists() else ' (not there: defaults)'}", *([str(project)] if project else [])]
    return Check("settings", True, ", ".join(files))
