"""The engine's sign of life."""

import queue

from assistant.runtime.heartbeat import start_heartbeat


def test_a_beat_says_how_far_the_engine_is() -> None:
    """It is numbered, and carries the steps that were done when it was sent."""
    beats: queue.Queue[dict] = queue.Queue()
    start_heartbeat(beats.put, lambda: 7)

    assert beats.get(timeout=60) == {"beat": 0, "steps": 7}
    assert beats.get(timeout=60) == {"beat": 1, "steps": 7}
