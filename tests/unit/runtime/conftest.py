"""An engine over the fake backend, running in a thread as in the child process."""

import queue
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from assistant.runtime.engine import Engine
from assistant.runtime.jobs import Drafter, Job, RequestClass, Weights
from assistant.runtime.stops import StopStrings
from tests.fake_backend import END, FakeBackend


class NumberDecoder:
    """Writes a token as its number, so that a text can be compared with the oracle's ids."""

    def push(self, token: int) -> str:
        return f"{token} "

    def finish(self) -> str:
        return ""


class Harness:
    """Submits jobs and waits for their last events."""

    def __init__(self, backend: FakeBackend, num_sequences: int) -> None:
        self.backend = backend
        self.events: queue.Queue[dict] = queue.Queue()
        self.log: list[dict] = []
        self.weights: list[Weights] = []
        """What the backend was told to compute with, in order."""
        self.engine = Engine(
            backend,
            frozenset({END}),
            self.events.put,
            num_sequences=num_sequences,
            use_weights=self.weights.append,
        )
        self._thread = threading.Thread(target=self.engine.run)
        self._thread.start()

    def job(
        self,
        job_id: int,
        prompt: list[int],
        *,
        kind=RequestClass.CHAT,
        max_tokens: int = 8,
        key=None,
        stop=(),
        drafter: Drafter | None = None,
        weights: Weights = (),
    ) -> Job:
        return Job(
            id=job_id,
            request_class=kind,
            tokens=list(prompt),
            max_tokens=max_tokens,
            stops=StopStrings(stop),
            decoder=NumberDecoder(),
            pick=lambda index: int(np.argmax(self.backend.logits(index))),
            close=lambda: None,
            key=key,
            drafter=drafter,
            weights=weights,
        )

    def last_event(self, job_id: int) -> dict:
        """The event that ended a job; earlier ones are kept in `log`."""
        while True:
            for event in self.log:
                if event["id"] == job_id and ("finish_reason" in event or "error" in event):
                    return event
            self.log.append(self.events.get(timeout=60))

    def answer(self, job_id: int) -> list[int]:
        """The token ids a job was answered with."""
        self.last_event(job_id)
        return [int(word) for event in self.log if event["id"] == job_id for word in event.get("text", "").split()]

    def close(self) -> None:
        self.engine.close()
        self.backend.hold.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def start() -> Iterator[Callable[..., Harness]]:
    """Start an engine; it is closed when the test ends."""
    started: list[Harness] = []

    def make(*, num_sequences: int = 4, **backend) -> Harness:
        started.append(Harness(FakeBackend(**backend), num_sequences))
        return started[-1]

    yield make
    for harness in started:
        harness.close()
