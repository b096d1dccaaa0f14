"""A worker whose children build no fence but say that they did: what the self-test is there to find. A program.

It stands where bubblewrap would, and takes its last argument, the control socket, from the same command line.
"""

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from assistant.sandbox import worker
from assistant.sandbox.fence import Fence


class OpenFence(Fence):
    """Claims everything."""

    def build(self, cpu_s: int, memory_bytes: int) -> tuple[list[str], list[str]]:
        return ["limits", "Landlock", "seccomp"], []


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print("bubblewrap 0.0.0")
        sys.exit()
    worker.Fence = OpenFence
    worker.serve(socket.socket(fileno=int(sys.argv[-1])))
