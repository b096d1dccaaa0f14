"""The engine's sign of life: a line a second, from a thread that does nothing else."""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable

from assistant.runtime.jobs import Emit

BEAT_S = 1.0


def start_heartbeat(emit: Emit, num_steps: Callable[[], int]) -> None:
    """Emit {"beat": n, "steps": n} every second until the process ends.

    Decoding leaves the GIL to this thread while it computes. So no beat means that the process is stopped, or hangs
    with the GIL; beats without steps mean that it hangs where it decodes, or that a step takes long.

    Args:
        emit: Takes the beats.
        num_steps: How many calls of `llama_decode` have returned so far.
    """
    threading.Thread(target=_beat, args=(emit, num_steps), daemon=True).start()


def _beat(emit: Emit, num_steps: Callable[[], int]) -> None:
    with contextlib.suppress(BrokenPipeError):  # the daemon is gone, and so is this process in a moment
        for beat in itertools.count():
            emit({"beat": beat, "steps": num_steps()})
            time.sleep(BEAT_S)
