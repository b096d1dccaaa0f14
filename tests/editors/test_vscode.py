"""The real Visual Studio Code (code-server in a headless Chromium), with the extension installed from its package.

`.ci/vscode` installs what is needed and runs this. Pictures go to the folder in CAIRN_ARTIFACTS.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.serving import free_port

pytestmark = [pytest.mark.slow, pytest.mark.vscode]

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "lsp" / "editors" / "vscode"
HERE = Path(__file__).parent / "vscode"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
INSTALLED = Path(os.environ.get("CAIRN_EDITORS") or CACHE / "cairn-editors") / "vscode"
CAIRN = Path(sys.executable).with_name("cairn")

SETTINGS = {
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
    "editor.fontSize": 15,
    "editor.minimap.enabled": False,
    "editor.scrollBeyondLastLine": False,
    "editor.stickyScroll.enabled": False,
    "editor.wordBasedSuggestions": "off",  # a menu of words, while it is open, hides ghost text that does not go on from it
}

Scenario = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A code-server with the extension, and the folders that are its own."""

    url: str
    folder: Path
    """home, settings and the files that are edited"""
    environment: dict[str, str]

    def configure(self, **settings: object) -> None:
        """Write the settings of the editor's user; the next window reads them."""
        ours = {f"cairn.{name}": value for name, value in settings.items()}
        (self.folder / "user" / "User" / "settings.json").write_text(json.dumps(SETTINGS | ours))


@pytest.fixture(scope="module")
def chromium() -> str:
    """A Chromium of this machine."""
    program = os.environ.get("CAIRN_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    return program or pytest.skip("no Chromium here; CAIRN_CHROMIUM may name one")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment with node in front and an empty home; the daemon that a scenario started there is stopped."""
    node = INSTALLED / "node" / "node_modules" / "node" / "bin"
    if not node.is_dir() or not (INSTALLED / "tools" / "node_modules").is_dir():
        pytest.skip(f"no code-server in {INSTALLED}; .ci/vscode installs it")
    home = tmp_path_factory.mktemp("home")
    (home / "run").mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "XDG_", "VSCODE_"))}
    own = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    own |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "PATH": f"{node}:{os.environ['PATH']}"}
    yield kept | own
    subprocess.run([CAIRN, "stop"], env=kept | own, timeout=60, check=False, capture_output=True)


@pytest.fixture(scope="module")
def package(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, packed."""
    if not (EXTENSION / "node_modules").is_dir():
        pytest.skip(f"the extension's libraries are missing: npm ci --prefix {EXTENSION.relative_to(ROOT)}")
    file = tmp_path_factory.mktemp("package") / "cairn.vsix"
    vsce = INSTALLED / "tools" / "node_modules" / ".bin" / "vsce"
    options = ["package", "--no-yarn", "--allow-missing-repository", "--out", file]
    subprocess.run([vsce, *options], cwd=EXTENSION, env=environment, timeout=120, check=True, capture_output=True)
    return file


@pytest.fixture(scope="module")
def window(
    package: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    """A running code-server that has the package installed."""
    folder = tmp_path_factory.mktemp("window")
    (folder / "user" / "User").mkdir(parents=True)
    (folder / "work").mkdir()
    program = ["node", INSTALLED / "tools" / "node_modules" / "code-server"]
    folders = ["--user-data-dir", folder / "user", "--extensions-dir", folder / "extensions"]
    install = [*program, *folders, "--install-extension", package]
    subprocess.run(install, env=environment, timeout=120, check=True, capture_output=True)
    port = free_port()
    quiet = ["--auth", "none", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"]
    command = [*program, *folders, "--bind-addr", f"127.0.0.1:{port}", *quiet]
    with (folder / "log").open("w") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server:
        try:
            wait_until_healthy(f"http://127.0.0.1:{port}")
            yield Window(url=f"http://127.0.0.1:{port}", folder=folder, environment=environment)
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


@pytest.fixture(scope="module")
def play(window: Window, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Play a scenario of `scenarios.mjs` in a window of its own; returns what was seen."""
    pictures = Path(os.environ.get("CAIRN_ARTIFACTS") or tmp_path_factory.mktemp("pictures"))
    pictures.mkdir(parents=True, exist_ok=True)

    def run(name: str, **settings: object) -> dict[str, Any]:
        window.configure(**settings)
        file = window.folder / "work" / "words.py"
        shutil.copyfile(HERE / "words.py.txt", file)
        place = {"tools": str(INSTALLED / "tools"), "chromium": chromium, "url": window.url}
        place |= {"file": str(file), "pictures": str(pictures)}
        command = ["node", HERE / "scenarios.mjs", name, json.dumps(place)]
        done = subprocess.run(command, env=window.environment, timeout=200, check=True, capture_output=True, text=True)
        seen = json.loads(done.stdout)
        assert "error" not in seen, f"{seen}; picture: {pictures}/vscode-failed-{name}.png"
        return seen

    return run


@pytest.fixture(scope="module")
def seen(play: Scenario) -> dict[str, Any]:
    """What was seen while somebody typed in three places, with the built-in model."""
    return play("ghostText", path=str(CAIRN))


def test_the_package_is_small_and_holds_no_test_and_no_host(package: Path) -> None:
    """Programs, licence, icon, and the libraries; half a megabyte."""
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())

    assert {"extension/src/extension.js", "extension/LICENSE.txt", "extension/icon.png"} <= names
    assert "extension/node_modules/vscode-languageclient/package.json" in names
    assert not [name for name in names if "package-lock" in name or name.endswith((".map", ".d.ts"))]
    assert package.stat().st_size < 600_000


def test_the_status_bar_names_cairn_once_it_is_ready(seen: dict[str, Any]) -> None:
    """No state is a good state."""
    assert seen["status"] == "Cairn"


def test_tab_takes_all_of_the_ghost_text(seen: dict[str, Any]) -> None:
    """What was grey is in the file, and nothing else has changed."""
    accepted = added(typed(seen["afterWord"], line=10, text="if"), seen["afterTab"])

    assert seen["whole"]["line"]
    assert without_blanks(accepted) == without_blanks(seen["whole"]["line"] + seen["whole"]["below"])


def test_control_right_takes_a_word_and_leaves_the_rest(seen: dict[str, Any]) -> None:
    """The editor's own key; what was not taken stays grey."""
    accepted = added(typed(seen["afterEscape"], line=16, text="for"), seen["afterWord"])

    assert re.fullmatch(r"\W*\w+", accepted)
    assert seen["part"]["line"] == accepted + seen["restOfPart"]["line"]


def test_escape_takes_nothing(seen: dict[str, Any]) -> None:
    """The suggestion is gone, and the file holds what was typed."""
    assert seen["unwanted"]["line"]
    assert seen["ghostAfterEscape"] == {"line": "", "below": ""}
    assert seen["afterEscape"] == typed(seen["before"], line=21, text="for")


def typed(before: str, *, line: int, text: str) -> str:
    """A text with something typed at the end of a line, counted from 1."""
    lines = before.split("\n")
    lines[line - 1] += text
    return "\n".join(lines)


def added(before: str, after: str) -> str:
    """The one piece of text that `after` has more than `before`."""
    head = os.path.commonprefix([before, after])
    tail = before[len(head) :]
    assert after.endswith(tail)
    return after[len(head) : len(after) - len(tail)]


def without_blanks(text: str) -> str:
    """The screen does not say which blank is a line's end."""
    return "".join(text.split())
