"""The real Visual Studio Code (code-server in a headless Chromium), with the extension installed from its package.

`.ci/vscode` installs what is needed and runs this. Pictures go to the folder in CAIRN_ARTIFACTS.
"""

import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import vscode_window
from tests.vscode_window import Scripted, Window

pytestmark = [pytest.mark.slow, pytest.mark.vscode]

CAIRN = Path(sys.executable).with_name("cairn")
PICTURES = os.environ.get("CAIRN_ARTIFACTS")

Seen = dict[str, Any]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An empty home; the daemon that a scenario started there is stopped."""
    reason = vscode_window.missing()
    if reason:
        pytest.skip(reason)
    environment = vscode_window.private_environment(tmp_path_factory.mktemp("home"))
    yield environment
    subprocess.run([CAIRN, "stop"], env=environment, timeout=60, check=False, capture_output=True)


@pytest.fixture(scope="module")
def package(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, packed."""
    file = tmp_path_factory.mktemp("package") / "cairn.vsix"
    vscode_window.pack(file, environment)
    return file


@pytest.fixture(scope="module")
def window(package: Path, environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """A running editor that has the package installed."""
    pictures = Path(PICTURES).absolute() if PICTURES else tmp_path_factory.mktemp("pictures")
    pictures.mkdir(parents=True, exist_ok=True)
    with vscode_window.opened(package, tmp_path_factory.mktemp("window"), pictures, environment) as window:
        yield window


@pytest.fixture(scope="module")
def seen(window: Window) -> Seen:
    """What was seen while somebody typed in three places, with the built-in model."""
    return window.play("ghostText", path=str(CAIRN))


@pytest.fixture(scope="module")
def image_server() -> Iterator[socket.socket]:
    """Where a picture in an answer would be fetched from; nobody must ever connect."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        yield listener


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, image_server: socket.socket) -> Callable[[str], Scripted]:
    """Make `cairn` commands of a manner: "slow", "stillborn", "dying"."""
    image_url = f"http://127.0.0.1:{image_server.getsockname()[1]}/picture.png"
    return lambda manner: vscode_window.write_scripted(
        tmp_path_factory.mktemp(manner), image_url=image_url, manner=manner
    )


@pytest.fixture(scope="module")
def asked(window: Window, scripted: Callable[[str], Scripted]) -> tuple[Seen, Scripted]:
    """What was seen, and what the server was asked, while somebody asked for this and that."""
    cairn = scripted("slow")
    return window.play("asks", path=str(cairn.program), maxTokens=100), cairn


def test_the_package_is_small_and_holds_no_test_and_no_host(package: Path) -> None:
    """Programs, licence, icon, and the libraries; half a megabyte."""
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())

    assert {"extension/src/extension.js", "extension/LICENSE.txt", "extension/icon.png"} <= names
    assert "extension/node_modules/vscode-languageclient/package.json" in names
    assert not [name for name in names if "package-lock" in name or name.endswith((".map", ".d.ts"))]
    assert package.stat().st_size < 600_000


def test_the_status_bar_names_cairn_once_it_is_ready(seen: Seen) -> None:
    """No state is a good state."""
    assert seen["status"] == "Cairn"


def test_tab_takes_all_of_the_ghost_text(seen: Seen) -> None:
    """What was grey is in the file, and nothing else has changed."""
    accepted = added(typed(seen["before"], line=10, text="if"), seen["afterTab"])

    assert seen["whole"]["line"]
    assert without_blanks(accepted) == without_blanks(seen["whole"]["line"] + seen["whole"]["below"])


def test_control_right_takes_a_word_and_leaves_the_rest(seen: Seen) -> None:
    """The editor's own key; what was not taken stays grey."""
    accepted = added(typed(seen["afterTab"], line=16 + moved(seen), text="for"), seen["afterWord"])

    assert re.fullmatch(r"\W*\w+", accepted)
    assert seen["part"]["line"] == accepted + seen["restOfPart"]["line"]


def test_escape_takes_nothing(seen: Seen) -> None:
    """The suggestion is gone, and the file holds what was typed."""
    assert seen["unwanted"]["line"]
    assert seen["ghostAfterEscape"] == {"line": "", "below": ""}
    assert seen["afterEscape"] == typed(seen["afterWord"], line=21 + moved(seen), text="for")


def test_the_code_actions_are_those_of_cairn(seen: Seen) -> None:
    """Nothing else offers any in this file."""
    if not seen["codeActions"]:
        pytest.skip("this server lists no code actions")

    assert "Explain with Cairn" in seen["codeActions"]
    assert all("Cairn" in title for title in seen["codeActions"])


def test_only_settings_that_somebody_changed_are_sent_to_the_server(asked: tuple[Seen, Scripted]) -> None:
    """By the server's names."""
    assert asked[1].said("settings") == [{"max_tokens": 100}]


def test_a_changed_setting_counts_at_once(asked: tuple[Seen, Scripted]) -> None:
    """The server goes on, with all settings that are not the default."""
    seen, server = asked

    assert seen["statusOnRequest"] == "Cairn: on request"
    assert server.said("new settings")[-1] == {"cairn": {"max_tokens": 100, "automatic": False}}
    assert len(server.said("settings")) == 1


def test_the_server_is_told_that_commands_are_asked_for_and_shown_here(asked: tuple[Seen, Scripted]) -> None:
    """Which it offers to nobody else."""
    assert asked[1].said("experimental") == [{"cairn": True}]


def test_the_status_bar_tells_of_the_model(asked: tuple[Seen, Scripted]) -> None:
    """As the server's `cairn/status` has it."""
    assert asked[0]["tooltip"].splitlines() == ["Cairn · scripted-7b", "Ready when you are."]


def test_an_answer_that_the_editor_has_given_up_on_is_shown_nevertheless(asked: tuple[Seen, Scripted]) -> None:
    """The editor drops a request after 750 ms, and never asks again."""
    seen, _ = asked

    assert seen["late"]["line"] == " slow and sure"
    assert "    for slow and sure\n" in seen["afterTab"]


def test_an_explanation_is_rendered_and_loads_nothing(
    asked: tuple[Seen, Scripted], image_server: socket.socket
) -> None:
    """A picture's host would learn what was asked."""
    seen, server = asked

    assert seen["explanation"].startswith("What it does")
    assert "**" not in seen["explanation"]
    assert server.said("explain")[0]["range"]["start"] == {"line": 5, "character": 4}
    with pytest.raises(TimeoutError):
        image_server.accept()


def test_an_edit_asks_what_to_change(asked: tuple[Seen, Scripted]) -> None:
    """Also as a code action of the server, which cannot ask."""
    seen, server = asked

    assert server.said("edit")[0]["instruction"] == "shout"
    assert "# shout\n    d = {}\n" in seen["afterEdit"]


def test_a_missing_command_is_told_once_with_a_way_to_the_settings(window: Window) -> None:
    """Nothing else happens."""
    seen = window.play("broken", path="/nowhere/cairn")

    assert seen["status"] == "Cairn: not found"
    assert len(seen["notifications"]) == 1
    assert "/nowhere/cairn" in seen["notifications"][0]
    assert seen["buttons"] == ["Open Settings"]


def test_a_server_that_cannot_start_is_told_once_and_left_alone(
    window: Window, scripted: Callable[[str], Scripted]
) -> None:
    """One start, one message."""
    cairn = scripted("stillborn")

    seen = window.play("broken", path=str(cairn.program))

    assert seen["status"] == "Cairn: stopped"
    assert len(seen["notifications"]) == 1
    assert seen["buttons"] == ["Show Log", "Restart"]
    assert len(cairn.said("settings")) == 1


def test_a_server_that_keeps_dying_is_given_up(window: Window, scripted: Callable[[str], Scripted]) -> None:
    """After a few starts; then a person has to restart it."""
    cairn = scripted("dying")

    seen = window.play("broken", path=str(cairn.program))

    assert seen["status"] == "Cairn: stopped"
    assert len(cairn.said("settings")) == 4
    assert len(seen["notifications"]) == 1


def moved(seen: Seen) -> int:
    """How many lines were added when all of a suggestion was taken."""
    return seen["afterTab"].count("\n") - seen["before"].count("\n")


def typed(before: str, *, line: int, text: str) -> str:
    """A text with something typed at the end of a line, counted from 1."""
    lines = before.split("\n")
    lines[line - 1] += text
    return "\n".join(lines)


def added(before: str, after: str) -> str:
    """The one piece of text that `after` has more than `before`."""
    changed = (at for at, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    start = next(changed, len(before))
    assert after.endswith(before[start:])
    return after[start : len(after) - len(before) + start]


def without_blanks(text: str) -> str:
    """The screen does not say which blank is a line's end."""
    return "".join(text.split())
