"""Whether a model fits, and how fast it could be: arithmetic, and what a first screen offers because of it."""

import numpy as np
import pytest

from assistant import paths
from assistant.models import machine
from assistant.models.catalogue import entries
from assistant.models.choices import choices, offers
from assistant.models.fit import Needs, judge, needs_of
from assistant.models.gguf import read_gguf
from assistant.models.machine import Memory

GB = 10**9


def fit(num_bytes: int, free: int, total: int, **needs):
    memory = Memory(free=free, total=total)
    return judge(
        Needs(num_bytes=num_bytes, **({"kv_bytes": 57_344} | needs)), memory, context_tokens=8192, bandwidth=20 * GB
    )


def test_weights_context_and_buffers_are_added() -> None:
    """Qwen2.5-Coder 7B at Q4_K_M: 28 layers, 4 heads of 128 for keys and values, in 16 bits: 56 KiB a token."""
    found = fit(4_680_000_000, 8 * GB, 16 * GB, kv_bytes=2 * 28 * 4 * 128 * 2)

    assert found.needed_bytes == 4_680_000_000 + 8192 * 57_344 + (512 << 20)
    assert found.verdict == "fits"
    assert found.tokens_per_s == pytest.approx(20 / 4.68)


def test_the_verdict_is_of_what_is_free_then_of_what_there_is() -> None:
    assert fit(5 * GB, 4 * GB, 16 * GB).verdict == "tight"
    assert fit(20 * GB, 4 * GB, 16 * GB).verdict == "too large"


def test_a_mixture_of_experts_reads_a_part_of_itself() -> None:
    assert fit(18 * GB, 40 * GB, 40 * GB, active=0.1).tokens_per_s == pytest.approx(20 / 1.8)


def test_the_needs_of_a_file_are_in_its_header() -> None:
    """The built-in model: 4 layers of width 256, one head of 64 for keys and values or as many as its header says."""
    header = read_gguf(paths.BUILTIN_MODEL)
    architecture = header.metadata["general.architecture"]
    heads = header.metadata[f"{architecture}.attention.head_count"]
    kv_heads = header.metadata.get(f"{architecture}.attention.head_count_kv", heads)
    found = needs_of(header, header.num_bytes)

    assert found.kv_bytes == 2 * 4 * kv_heads * (256 // heads) * 2
    assert found.active == 1.0


def test_the_catalogues_kv_sizes_follow_from_the_published_shapes() -> None:
    """Layers, key-value heads and head size of the models' own configurations."""
    shapes = {
        "qwen2.5-coder:0.5b": (24, 2, 64),
        "qwen2.5-coder:1.5b": (28, 2, 128),
        "qwen2.5-coder:7b": (28, 4, 128),
        "qwen2.5-coder:32b": (64, 8, 128),
        "starcoder2:15b": (40, 4, 128),
        "wizardcoder:15b": (40, 1, 128),
    }
    known = {entry.name: entry.kv_bytes for entry in entries()}

    assert {name: known[name] for name in shapes} == {name: int(2 * np.prod(dims) * 2) for name, dims in shapes.items()}


def test_three_models_are_offered_the_best_that_is_quick_first() -> None:
    small, large = Memory(free=3 * GB, total=4 * GB), Memory(free=60 * GB, total=64 * GB)

    assert [offer.entry.name for offer in offers(small, 20 * GB, context_tokens=8192)] == [
        "qwen2.5-coder:1.5b",
        "qwen2.5-coder:0.5b",
    ]
    best = offers(large, 400 * GB, context_tokens=8192)
    assert len(best) == 3
    assert best[0].entry.name == "qwen2.5-coder:32b"
    assert all(offer.fit.verdict == "fits" for offer in best)


def test_a_machine_without_memory_is_offered_nothing() -> None:
    assert offers(Memory(free=1 << 20, total=1 << 20), GB, context_tokens=8192) == ()


def test_a_first_screen_gets_data(home) -> None:
    """And the built-in model is always there."""
    found = choices(8192)

    assert found.is_first_run
    assert [model.name for model in found.here] == ["builtin"]
    assert found.elsewhere == ()


def test_a_control_group_bounds_what_is_free(tmp_path) -> None:
    """As in a container: what it may use, less what cannot be given up."""
    (tmp_path / "memory.max").write_text(f"{3 << 30}\n")
    (tmp_path / "memory.stat").write_text(f"anon {1 << 30}\nfile {2 << 30}\n")

    found = machine.memory(tmp_path)

    assert found.total == 3 << 30
    assert found.free <= 2 << 30


def test_the_speed_of_memory_is_measured() -> None:
    assert 10**8 < machine.bandwidth() < 10**13
