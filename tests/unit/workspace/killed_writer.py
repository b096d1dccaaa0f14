"""Changes three files of a project over and over, and takes changes back; somebody kills it. Run as a script."""

import itertools
import sys
from pathlib import Path

from assistant.workspace import Edit, Workspace

NAMES = ("a.txt", "b.txt", "made/c.txt")
LINES = 400


def content(name: str, number: int) -> bytes:
    """A whole version of a file: the same line again and again, so that a torn one is seen."""
    return f"{name} {number:06}\n".encode() * LINES


def main() -> None:
    """Say "ready", then go on until the end."""
    with Workspace(Path(sys.argv[1]), Path(sys.argv[2])) as workspace:
        first = int(sys.argv[3])
        print("ready", flush=True)
        for number in itertools.count(first):
            bases = [workspace.read_or_new(name) for name in NAMES]
            edits = [Edit(base=base, content=content(base.path, number)) for base in bases]
            workspace.apply(edits, str(number))
            if number % 3 == 0:
                workspace.undo()


if __name__ == "__main__":
    main()
