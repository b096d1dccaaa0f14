"""LoRA adapters over the loaded model: listed, scaled by class of requests, taken away again."""

from pathlib import Path

import numpy as np
import pytest

from assistant.errors import InputError, ModelFileError
from assistant.paths import BUILTIN_MODEL
from assistant.protocol import AdapterScale
from assistant.runtime.adapters import Adapters
from assistant.runtime.context import Context
from assistant.runtime.jobs import RequestClass
from assistant.runtime.llama import Model, quiet_logs
from assistant.runtime.row import Row
from tests.adapter_files import write_adapter
from tests.llama_logits import llama_logits, normalised_squared_error

IDS = list(range(50, 80))


@pytest.fixture(scope="module")
def model() -> Model:
    quiet_logs()
    return Model(BUILTIN_MODEL)


@pytest.fixture
def context(model) -> Context:
    return Context(model, num_cells=256, num_sequences=2, num_batch=64, threads=1)


def last_logits(context: Context) -> np.ndarray:
    """Of the last of `IDS`, computed anew."""
    context.truncate(0, 0)
    assert context.decode([Row(0, 0, IDS, 1)]) == 0
    return context.logits(len(IDS) - 1).copy()


def test_an_adapter_acts_while_it_is_scaled_and_leaves_no_trace(model, context, tmp_path) -> None:
    """With it the logits are llama.cpp's own with the adapter; without it again they are bit for bit the old ones."""
    path = write_adapter(tmp_path / "style.gguf")
    adapters = Adapters(model, tmp_path)
    plain = last_logits(context)

    adapters.scale((AdapterScale(id=0, scale=1.0),))
    context.use_adapters(adapters.handles(adapters.weights(RequestClass.CHAT)))
    adapted = last_logits(context)
    context.use_adapters([])

    expected = llama_logits(BUILTIN_MODEL, np.array(IDS, np.int32), path)[-1]
    assert normalised_squared_error(adapted, plain) > 0.01
    assert normalised_squared_error(adapted, expected) < 1e-3  # half-precision KV cache here, single there
    np.testing.assert_array_equal(last_logits(context), plain)


def test_chats_and_completions_have_scales_of_their_own(model, tmp_path) -> None:
    """A style for answers need not touch completions; warm-ups are done for completions."""
    write_adapter(tmp_path / "a.gguf")
    write_adapter(tmp_path / "b.gguf", seed=1)
    adapters = Adapters(model, tmp_path)

    adapters.scale((AdapterScale(id=0, scale=0.5), AdapterScale(id=1, scale=1.0, request_class="chat")))

    completions, chats = (adapters.weights(kind) for kind in (RequestClass.KEYSTROKE, RequestClass.CHAT))
    assert [scale for _, scale in completions] == [0.5]
    assert [scale for _, scale in chats] == [0.5, 1.0]
    assert adapters.weights(RequestClass.WARM_UP) == completions


def test_a_file_that_comes_later_is_listed_behind_the_others(model, tmp_path) -> None:
    """Ids that somebody was told stay good."""
    write_adapter(tmp_path / "m.gguf")
    adapters = Adapters(model, tmp_path)
    first = adapters.listed()["adapters"]

    write_adapter(tmp_path / "a.gguf")

    assert [each["name"] for each in first] == ["m"]
    assert [each["name"] for each in adapters.listed()["adapters"]] == ["m", "a"]


def test_what_is_no_adapter_of_this_model_is_refused(model, tmp_path) -> None:
    """An unknown id, a scale out of range, a file that is none: each by name, and nothing is changed."""
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(40))
    write_adapter(tmp_path / "good.gguf")
    adapters = Adapters(model, tmp_path)

    for change, error in ((AdapterScale(id=7, scale=1), InputError), (AdapterScale(id=1, scale=1e9), InputError)):
        with pytest.raises(error):
            adapters.scale((change,))
    with pytest.raises(ModelFileError):
        adapters.scale((AdapterScale(id=0, scale=1),))
    assert adapters.weights(RequestClass.CHAT) == ()


def test_a_folder_that_is_not_there_has_no_adapters(model) -> None:
    """Nobody has to make it."""
    assert Adapters(model, Path("/nowhere")).listed() == {"adapters": []}
