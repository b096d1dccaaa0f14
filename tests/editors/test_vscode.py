"""The real Visual Studio Code (code-server in a headless Chromium), with the extension installed from its package.

`.ci/vscode` installs what is needed and runs this. Pictures go to the folder in CAIRN_ARTIFACTS.
"""

import json
import os
import re
import shlex
import shutil
import socket
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
    "editor.fontSize": 14,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """A server that answers as told."""

    program: Path
    record: Path

    def said(self, what: str) -> list[Any]:
        """What the server was told, in order."""
        entries = map(json.loads, self.record.read_text().splitlines())
        return [entry["value"] for entry in entries if entry["what"] == what]


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
        file = window.folder / f"{name}-{len(list(window.folder.iterdir()))}" / "words.py"  # no drafts of another scenario
        file.parent.mkdir()
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
    accepted = added(typed(seen["before"], line=10, text="if"), seen["afterTab"])

    assert seen["whole"]["line"]
    assert without_blanks(accepted) == without_blanks(seen["whole"]["line"] + seen["whole"]["below"])


def test_control_right_takes_a_word_and_leaves_the_rest(seen: dict[str, Any]) -> None:
    """The editor's own key; what was not taken stays grey."""
    accepted = added(typed(seen["afterTab"], line=16 + moved(seen), text="for"), seen["afterWord"])

    assert re.fullmatch(r"\W*\w+", accepted)
    assert seen["part"]["line"] == accepted + seen["restOfPart"]["line"]


def test_escape_takes_nothing(seen: dict[str, Any]) -> None:
    """The suggestion is gone, and the file holds what was typed."""
    assert seen["unwanted"]["line"]
    assert seen["ghostAfterEscape"] == {"line": "", "below": ""}
    assert seen["afterEscape"] == typed(seen["afterWord"], line=21 + moved(seen), text="for")


@pytest.fixture(scope="module")
def image_server() -> Iterator[socket.socket]:
    """Where a picture in an answer would be fetched from; nobody must ever connect."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        yield listener


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, image_server: socket.socket) -> Callable[[str], Scripted]:
    """A `cairn` command that runs the scripted server."""

    def write(manner: str) -> Scripted:
        folder = tmp_path_factory.mktemp("scripted")
        image = f"http://127.0.0.1:{image_server.getsockname()[1]}/picture.png"
        command = [sys.executable, HERE / "scripted_cairn.py", folder / "record", image, manner]
        program = folder / "cairn"
        program.write_text(f"#!/bin/sh\nexec {shlex.join(map(str, command))}\n")
        program.chmod(0o755)
        return Scripted(program=program, record=folder / "record")

    return write


@pytest.fixture(scope="module")
def asked(play: Scenario, scripted: Callable[[str], Scripted]) -> tuple[dict[str, Any], Scripted]:
    """What was seen, and what the server was asked, while somebody asked for this and that."""
    cairn = scripted("slow")
    return play("asks", path=str(cairn.program), maxTokens=100), cairn


def test_only_settings_that_somebody_changed_are_sent_to_the_server(asked: tuple[dict[str, Any], Scripted]) -> None:
    """By the server's names."""
    assert asked[1].said("settings") == [{"max_tokens": 100}]


def test_the_server_is_told_that_commands_are_asked_for_and_shown_here(asked: tuple[dict[str, Any], Scripted]) -> None:
    """Which it offers to nobody else."""
    assert asked[1].said("experimental") == [{"cairn": True}]


def test_the_status_bar_tells_of_the_model(asked: tuple[dict[str, Any], Scripted]) -> None:
    """As the server's `cairn/status` has it."""
    assert asked[0]["tooltip"].splitlines() == ["Cairn · scripted-7b", "Ready when you are."]


def test_an_answer_that_the_editor_has_given_up_on_is_shown_nevertheless(asked: tuple[dict[str, Any], Scripted]) -> None:
    """The editor drops a request after 750 ms, and never asks again."""
    seen, _ = asked

    assert seen["late"]["line"] == " slow and sure"
    assert "    for slow and sure\n" in seen["afterTab"]


def test_an_explanation_is_rendered_and_loads_nothing(
    asked: tuple[dict[str, Any], Scripted], image_server: socket.socket
) -> None:
    """A picture's host would learn what was asked."""
    seen, server = asked

    assert seen["explanation"].startswith("What it does")
    assert "**" not in seen["explanation"]
    assert server.said("explain")[0]["range"]["start"] == {"line": 5, "character": 4}
    with pytest.raises(TimeoutError):
        image_server.accept()


def test_an_edit_asks_what_to_change(asked: tuple[dict[str, Any], Scripted]) -> None:
    """Also as a code action of the server, which cannot ask."""
    seen, server = asked

    assert server.said("edit")[0]["instruction"] == "shout"
    assert "# shout\n    d = {}\n" in seen["afterEdit"]


def test_a_missing_command_is_told_once_with_a_way_to_the_settings(play: Scenario) -> None:
    """Nothing else happens."""
    seen = play("broken", path="/nowhere/cairn")

    assert seen["status"] == "Cairn: not found"
    assert len(seen["notifications"]) == 1
    assert "/nowhere/cairn" in seen["notifications"][0]
    assert seen["buttons"] == ["Open Settings"]


def test_a_server_that_cannot_start_is_told_once_and_left_alone(
    play: Scenario, scripted: Callable[[str], Scripted]
) -> None:
    """One start, one message."""
    cairn = scripted("stillborn")

    seen = play("broken", path=str(cairn.program))

    assert seen["status"] == "Cairn: stopped"
    assert len(seen["notifications"]) == 1
    assert seen["buttons"] == ["Show Log", "Restart"]
    assert len(cairn.said("settings")) == 1


def test_a_server_that_keeps_dying_is_given_up(play: Scenario, scripted: Callable[[str], Scripted]) -> None:
    """After a few starts; then a person has to restart it."""
    cairn = scripted("dying")

    seen = play("broken", path=str(cairn.program))

    assert seen["status"] == "Cairn: stopped"
    assert len(cairn.said("settings")) == 4
    assert len(seen["notifications"]) == 1


def moved(seen: dict[str, Any]) -> int:
    """How many lines were added when all of a suggestion was taken."""
    return seen["afterTab"].count("\n") - seen["before"].count("\n")


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
