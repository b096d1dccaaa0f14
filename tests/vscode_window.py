"""A Visual Studio Code of the test's own: code-server, with the extension installed from its package.

Nothing is installed here but the extension; `.ci/vscode` brings the programs.
"""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serving import free_port

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "lsp" / "editors" / "vscode"
SCRIPTS = ROOT / "tests" / "editors" / "vscode"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
INSTALLED = Path(os.environ.get("CAIRN_EDITORS") or _CACHE / "cairn-editors") / "vscode"
_TOOLS = INSTALLED / "tools" / "node_modules"
_NODE = INSTALLED / "node" / "node_modules" / "node" / "bin"

_SETTINGS = {
    "telemetry.telemetryLevel": "off",
    "update.mode": "none",
    "extensions.autoCheckUpdates": False,
    "chat.disableAIFeatures": True,
    "files.autoSave": "off",
    "security.workspace.trust.enabled": False,
    "workbench.startupEditor": "none",
    "workbench.layoutControl.enabled": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "window.commandCenter": False,
    "editor.fontSize": 14,
    "editor.minimap.enabled": False,
    "editor.scrollBeyondLastLine": False,
    "editor.stickyScroll.enabled": False,
    "editor.wordBasedSuggestions": "off",  # an open menu hides ghost text that does not go on from it
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A `cairn` command that runs `scripted_cairn.py`."""

    program: Path
    record: Path

    def said(self, what: str) -> list[Any]:
        """What the server was told, in order."""
        entries = map(json.loads, self.record.read_text().splitlines())
        return [entry["value"] for entry in entries if entry["what"] == what]


def write_scripted(folder: Path, *, image_url: str, manner: str) -> Scripted:
    """Write such a command into a folder."""
    command = [sys.executable, SCRIPTS / "scripted_cairn.py", folder / "record", image_url, manner]
    program = folder / "cairn"
    program.write_text(f"#!/bin/sh\nexec {shlex.join(map(str, command))}\n")
    program.chmod(0o755)
    return Scripted(program=program, record=folder / "record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A running code-server."""

    url: str
    folder: Path
    """Its settings, and the files that are edited."""
    pictures: Path
    chromium: str
    environment: dict[str, str]

    def play(self, name: str, **settings: object) -> dict[str, Any]:
        """Play a scenario of `scenarios.mjs` with these settings of the extension; returns what was seen."""
        ours = {f"cairn.{setting}": value for setting, value in settings.items()}
        (self.folder / "user" / "User" / "settings.json").write_text(json.dumps(_SETTINGS | ours))
        work = self.folder / f"work-{len(list(self.folder.iterdir()))}"  # the drafts of another scenario stay there
        work.mkdir()
        file = shutil.copyfile(SCRIPTS / "words.py.txt", work / "words.py")
        place = {"tools": str(_TOOLS), "chromium": self.chromium, "url": self.url}
        place |= {"file": str(file), "pictures": str(self.pictures)}
        seen = json.loads(run(["node", SCRIPTS / "scenarios.mjs", name, json.dumps(place)], self.environment))
        assert "error" not in seen, f"{seen}; picture: {self.pictures}/vscode-failed-{name}.png"
        return seen


def missing() -> str | None:
    """Why there can be no window; None: there can."""
    if not _NODE.is_dir() or not _TOOLS.is_dir():
        return f"no code-server in {INSTALLED}; .ci/vscode installs it"
    if not (EXTENSION / "node_modules").is_dir():
        return f"the extension's libraries are missing: npm ci --prefix {EXTENSION.relative_to(ROOT)}"
    return None if chromium() else "no Chromium here; CAIRN_CHROMIUM may name one"


def chromium() -> str:
    """A Chromium of this machine, or nothing."""
    names = ("chromium", "google-chrome")
    return os.environ.get("CAIRN_CHROMIUM") or next(filter(None, map(shutil.which, names)), "")


def private_environment(home: Path) -> dict[str, str]:
    """An empty home for the editor and for a daemon of its own; our node comes first in the PATH."""
    (home / "run").mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "XDG_", "VSCODE_"))}
    own = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    own |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "PATH": f"{_NODE}:{os.environ['PATH']}"}
    return kept | own


def pack(file: Path, environment: dict[str, str]) -> None:
    """Pack the extension."""
    options = ["--no-yarn", "--allow-missing-repository", "--out", file]
    run([_TOOLS / ".bin" / "vsce", "package", *options], environment, cwd=EXTENSION)


@contextlib.contextmanager
def opened(package: Path, folder: Path, pictures: Path, environment: dict[str, str]) -> Iterator[Window]:
    """Install the package and run the editor's server until the block ends."""
    (folder / "user" / "User").mkdir(parents=True)
    folders = ["--user-data-dir", folder / "user", "--extensions-dir", folder / "extensions"]
    program = ["node", _TOOLS / "code-server", *folders]
    run([*program, "--install-extension", package], environment)
    address = f"127.0.0.1:{free_port()}"
    quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"]
    command = [*program, "--bind-addr", address, *quiet]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until_healthy(f"http://{address}")
        yield Window(
            url=f"http://{address}", folder=folder, pictures=pictures, chromium=chromium(), environment=environment
        )
    finally:
        server.terminate()
        server.wait(20)


def wait_until_healthy(url: str) -> None:
    """Wait until a code-server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - our own URL
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("code-server does not answer")


def run(command: list[Any], environment: dict[str, str], cwd: Path | None = None) -> str:
    """Run a program to its end; returns what it printed."""
    done = subprocess.run(command, env=environment, cwd=cwd, timeout=200, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
