"""The `llm` command line over the loopback port. It is no dependency: where it is not installed these are skipped."""

import json
import os
import subprocess
import sys

import pytest

from assistant import paths
from tests.serving import free_port

pytest.importorskip("llm", reason="pip install llm")

MODELS = """
- model_id: cairn
  model_name: any
  api_base: "http://127.0.0.1:{port}/v1"
  api_key_name: cairn
- model_id: cairn-text
  model_name: any
  api_base: "http://127.0.0.1:{port}/v1"
  api_key_name: cairn
  completion: true
"""


@pytest.fixture
def llm(cairn, home):
    """Run `llm` with our daemon as one of its models."""
    port = free_port()
    assert cairn("serve", "--detach", "--port", str(port)).returncode == 0
    folder = home / "llm"
    folder.mkdir()
    (folder / "extra-openai-models.yaml").write_text(MODELS.format(port=port))

    def run(*arguments: str, key: str = paths.token_file().read_text().strip()) -> "subprocess.CompletedProcess[str]":
        (folder / "keys.json").write_text(json.dumps({"cairn": key}))
        return subprocess.run(
            [sys.executable, "-I", "-m", "llm", *arguments],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"LLM_USER_PATH": str(folder)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.mark.parametrize("model", ["cairn", "cairn-text"])
@pytest.mark.parametrize("options", [(), ("--no-stream",)], ids=["streamed", "whole"])
def test_llm_is_answered(llm, model, options) -> None:
    """A chat and a text, with its own options."""
    answer = llm("-m", model, *options, "-o", "max_tokens", "12", "-o", "temperature", "0", "def add(a, b):")

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip()


def test_a_wrong_key_is_told_in_its_own_words(llm) -> None:
    """The message of the 401 reaches the terminal."""
    answer = llm("-m", "cairn", "hi", key="guess")

    assert answer.returncode != 0
    assert "the token is missing or wrong" in answer.stderr
