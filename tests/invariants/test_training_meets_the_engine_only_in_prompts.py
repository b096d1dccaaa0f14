"""What is trained is what is served: no second copy of a prompt layout grows in the training room."""

import re
from pathlib import Path

TRAINING = Path(__file__).parents[2] / "training"
CONTROL_TOKEN = re.compile(r"<fim_|<\|endoftext\|>|<file_sep>|<repo_name>")


def test_training_spells_no_control_token() -> None:
    """Control tokens are written in `assistant.prompts` alone."""
    sources = [path for path in TRAINING.rglob("*.py") if CONTROL_TOKEN.search(path.read_text(encoding="utf-8"))]

    assert sources == []
