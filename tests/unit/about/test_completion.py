"""Shells complete our commands: click's own scripts, tried in the real shell where it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("cairn")
ASK = {
    "bash": 'eval "$(cairn completion bash)"; COMP_WORDS=({words}); COMP_CWORD={last}; _cairn_completion cairn; '
    'printf "%s\\n" "${{COMPREPLY[@]}}"',
    "fish": "cairn completion fish | source; complete -C '{words}'",
}


def completions(shell: str, words: str) -> list[str]:
    """What the shell offers after these words."""
    program = shutil.which(shell)
    if not (program and SCRIPT.exists()):
        pytest.skip(f"{shell} or the installed command is not here")
    code = ASK[shell].format(words=words, last=len(words.split()) - 1)
    environ = {**os.environ, "PATH": f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([program, "-c", code], capture_output=True, text=True, check=True, env=environ)
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("cairn co", ["complete", "completion", "config", "convert"]),
        ("cairn config s", ["schema", "set", "show"]),
        ("cairn completion z", ["zsh"]),
        ("cairn config set thr", ["threads"]),
        ("cairn doctor --re", ["--report"]),
    ],
)
def test_commands_options_and_settings_are_offered(shell, words, offered) -> None:
    """Those of rooms, too, at any depth."""
    assert completions(shell, words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_first_line_says_where_to_put_it(shell) -> None:
    """And is a comment to the shell."""
    done = subprocess.run(
        [sys.executable, "-I", "-m", "assistant", "completion", shell], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("# ")
    assert f"cairn completion {shell}" in done.stdout.splitlines()[0]
    assert "_CAIRN_COMPLETE" in done.stdout
