"""A model file with a damaged header costs its loader an error, or an engine; never the daemon."""

import os
from collections import Counter
from pathlib import Path

import pytest

from assistant.errors import CairnError, ModelFileError
from assistant.models.opened import OpenModel
from assistant.protocol import TextRequest
from assistant.runtime.child import Patience
from assistant.runtime.options import EngineOptions
from assistant.runtime.process import EngineProcess
from tests.faults.mutations import mutated_headers

COUNT = int(os.environ.get("CAIRN_NUM_MUTATIONS", "60"))
REQUEST = TextRequest(prompt="import ", max_tokens=2)


async def load_and_ask(path: Path) -> str:
    """What became of the file."""
    try:
        OpenModel(path).close()
    except ModelFileError:
        return "refused by our reader"
    patience = Patience(beat_ticks=5, step_s=20, death_window_s=0)
    engine = EngineProcess(path, EngineOptions(context_tokens=256, threads=1), patience=patience)
    try:
        events = [event async for event in engine.stream("text", REQUEST)]
        return "ran" if events[-1]["finish_reason"] else "ended early"
    except CairnError as error:
        return why(str(error))
    finally:
        await engine.close()


def why(error: str) -> str:
    """The kind of an error, without the names in it."""
    if "llama.cpp cannot" in error:
        return "refused by llama.cpp"
    return error if "the engine" in error else f"error: {error}"


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_a_damaged_header_is_refused_or_ends_an_engine(tmp_path) -> None:
    """Each file has one of four ends, and all of them are told to whoever asked.

    CAIRN_NUM_MUTATIONS=3000 gives the numbers of the report.
    """
    ends: Counter[str] = Counter()
    path = tmp_path / "model.gguf"

    for data in mutated_headers(COUNT, seed=4):
        path.write_bytes(data)
        ends[await load_and_ask(path)] += 1

    print(f"\n{COUNT} damaged headers: {dict(ends)}")
    assert ends.total() == COUNT
    assert not [end for end in ends if end.startswith("error: ")]
