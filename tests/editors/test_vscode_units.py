"""The extension for Visual Studio Code, as far as it can be tested without the editor."""

import json
import re
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from lsp.settings import Settings, read_settings

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "lsp" / "editors" / "vscode"
MENU_ONLY = {"multi_line_items"}  # the editor has ghost text
PACKAGE = json.loads((EXTENSION / "package.json").read_text())
SCHEMA: dict[str, dict[str, Any]] = {
    re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name.removeprefix("cairn.")): schema
    for name, schema in PACKAGE["contributes"]["configuration"]["properties"].items()
}


def test_its_parts_do_what_they_say() -> None:
    """Node's own test runner runs units.test.mjs."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here")

    done = subprocess.run(
        [node, "--test", Path(__file__).parent / "vscode" / "units.test.mjs"],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_of_the_server_is_a_setting_of_the_extension_with_the_same_default() -> None:
    """And the server accepts each default: none is unknown to it."""
    defaults = json.loads(json.dumps(asdict(Settings())))

    schema = {name: setting["default"] for name, setting in SCHEMA.items() if name != "path"}

    assert schema == {name: default for name, default in defaults.items() if name not in MENU_ONLY}
    assert read_settings(schema) == (Settings(), [])


def test_a_workspace_cannot_name_the_program() -> None:
    """Else opening a folder would run what lies in it."""
    assert SCHEMA["path"]["scope"] == "machine"
    assert "cairn.path" in PACKAGE["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]


def test_every_command_of_the_menus_and_keys_is_one_of_its_commands() -> None:
    """And each is registered by name in the source."""
    contributes = PACKAGE["contributes"]
    commands = {entry["command"] for entry in contributes["commands"]}
    used = {entry["command"] for menu in contributes["menus"].values() for entry in menu if "command" in entry}
    source = "".join(file.read_text() for file in (EXTENSION / "src").glob("*.js"))

    assert used | {entry["command"] for entry in contributes["keybindings"]} <= commands
    assert {command for command in commands if f'"{command}":' not in source} == set()


def test_the_lock_file_names_no_host() -> None:
    """Where packages are fetched from is a matter of the machine that fetches them."""
    assert "://" not in (EXTENSION / "package-lock.json").read_text().replace("https://github.com/sponsors/", "")


def test_licence_icon_and_version_are_right() -> None:
    """The licence is the project's; the icon is small."""
    project = (ROOT / "pyproject.toml").read_text()

    assert (EXTENSION / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert (EXTENSION / "icon.png").stat().st_size < 10_000
    assert f'version = "{PACKAGE["version"]}"' in project
    assert f"\n## {PACKAGE['version']}\n" in (EXTENSION / "CHANGELOG.md").read_text()
