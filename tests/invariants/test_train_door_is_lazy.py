"""`cairn train --help` answers at once: the door of the training room loads nothing heavy."""

import subprocess
import sys

HEAVY = {"torch", "transformers", "numpy", "tokenizers", "datasketch"}


def test_the_door_of_the_training_room_loads_nothing_heavy() -> None:
    """Looked up in `sys.modules`, not on a clock."""
    program = "import sys, training.commands; print(' '.join(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()

    assert not HEAVY.intersection(loaded)
