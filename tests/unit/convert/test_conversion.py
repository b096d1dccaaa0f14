"""What a conversion promises: a whole file or none, the same bytes each time, and the metadata of its source."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import CairnError, InputError
from assistant.models.card import FimTokens, read_card
from assistant.models.gguf import read_gguf
from convert.conversion import convert_checkpoint


def test_the_metadata_is_that_of_the_source(checkpoint: Path, tmp_path: Path) -> None:
    """Hyper-parameters, special ids, the fill-in-the-middle order and the source's digest are in the file."""
    (checkpoint / "README.md").write_text("---\nlanguage: code\nlicense: apache-2.0\n---\n# Tiny\n")
    (checkpoint / "chat_template.jinja").write_text("{{ messages }}")

    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q4_0", name="tiny")

    card = read_card(tmp_path / "m.gguf")
    metadata = read_gguf(tmp_path / "m.gguf").metadata
    assert (card.name, card.architecture, card.file_type, card.licence) == ("tiny", "starcoder", "Q4_0", "apache-2.0")
    assert (card.context_length_tokens, card.num_vocabulary_tokens) == (64, 288)
    assert (card.fim, card.fim_order) == (FimTokens(prefix=1, suffix=3, middle=2), "spm")
    assert card.chat_template == "{{ messages }}"
    assert metadata["starcoder.feed_forward_length"] == 512
    assert metadata["starcoder.attention.head_count_kv"] == 1
    assert [metadata[f"tokenizer.ggml.fim_{role}_token_id"] for role in ("pad", "rep", "sep")] == [4, 5, 6]
    assert [metadata[f"tokenizer.ggml.{role}_token_id"] for role in ("bos", "eos")] == [0, 0]
    assert len(str(metadata["cairn.source.sha256"])) == 64


def test_the_same_source_gives_the_same_bytes(checkpoint: Path, tmp_path: Path) -> None:
    """Two conversions are equal byte for byte, threads or not."""
    convert_checkpoint(checkpoint, tmp_path / "first.gguf", "Q8_0")

    convert_checkpoint(checkpoint, tmp_path / "second.gguf", "Q8_0")

    assert (tmp_path / "first.gguf").read_bytes() == (tmp_path / "second.gguf").read_bytes()


def test_the_digest_follows_every_file_of_the_source(checkpoint: Path, tmp_path: Path) -> None:
    """Another byte in any file that is read gives another `cairn.source.sha256`."""
    before = convert_checkpoint(checkpoint, tmp_path / "m.gguf", "F16").source_sha256
    (checkpoint / "README.md").write_text("# another file\n")

    after = convert_checkpoint(checkpoint, tmp_path / "m.gguf", "F16").source_sha256

    assert after != before


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_sources_widen_exactly(make_checkpoint: Callable[..., Path], tmp_path: Path, dtype: str) -> None:
    """F16 and BF16 numbers arrive in an F32 file unrounded."""
    bits = np.random.default_rng(1).normal(0, 0.05, (288, 256)).astype(np.float32).view(np.uint32) & 0xFFFF0000
    exact = bits.view(np.float32)
    stored = (bits >> 16).astype(np.uint16) if dtype == "bfloat16" else exact.astype(np.float16)
    expected = exact if dtype == "bfloat16" else stored.astype(np.float32)

    convert_checkpoint(make_checkpoint(tensors={"transformer.wte.weight": stored}), tmp_path / "m.gguf", "F32")

    gguf = read_gguf(tmp_path / "m.gguf")
    tensor = next(each for each in gguf.tensors if each.name == "token_embd.weight")
    data = (tmp_path / "m.gguf").read_bytes()[gguf.data_offset + tensor.offset :][: tensor.num_bytes]
    assert (np.frombuffer(data, np.float32).reshape(tensor.shape) == expected).all()


def test_an_output_equal_to_the_embedding_is_dropped(make_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """A tied output projection that the checkpoint stores again is not stored again in the model."""
    rows = np.random.default_rng(3).normal(0, 0.05, (288, 256)).astype(np.float32)
    folder = make_checkpoint(tensors={"transformer.wte.weight": rows, "lm_head.weight": rows.copy()})

    convert_checkpoint(folder, tmp_path / "m.gguf", "F16")

    assert "output.weight" not in [tensor.name for tensor in read_gguf(tmp_path / "m.gguf").tensors]


def test_buffers_of_old_checkpoints_are_skipped(make_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """`attn.bias`, the causal mask that old checkpoints carry, is no weight."""
    folder = make_checkpoint(tensors={"transformer.h.0.attn.bias": np.ones((1, 1, 64, 64), np.float32)})

    result = convert_checkpoint(folder, tmp_path / "m.gguf", "F16")

    assert result.num_tensors == 4 + 3 * 12


def test_rows_beyond_the_vocabulary_become_unused_tokens(make_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """An embedding padded to a round number keeps its rows; the tokens without a text are marked as unused."""
    convert_checkpoint(make_checkpoint(config={"vocab_size": 320}), tmp_path / "m.gguf", "F16")

    metadata = read_gguf(tmp_path / "m.gguf").metadata
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"]
    assert isinstance(tokens, tuple)
    assert isinstance(kinds, tuple)
    assert (len(tokens), tokens[-1], kinds[-1]) == (320, "[PAD319]", 5)
    assert kinds[:8] == (3, 3, 3, 3, 3, 3, 3, 1)


def test_progress_ends_at_the_total(checkpoint: Path, tmp_path: Path) -> None:
    """The last report says that every source byte is done."""
    reports: list[tuple[int, int]] = []

    convert_checkpoint(
        checkpoint, tmp_path / "m.gguf", "Q8_0", progress=lambda done, total: reports.append((done, total))
    )

    assert reports == sorted(reports)
    assert reports[-1][0] == reports[-1][1] > 0


@pytest.mark.parametrize("name", ["m.bin", "missing/m.gguf", "tiny"])
def test_a_target_that_cannot_be_is_refused(checkpoint: Path, tmp_path: Path, name: str) -> None:
    """A target that is no .gguf, is a folder, or lies in no folder is a two-line error."""
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(InputError) as caught:
        convert_checkpoint(checkpoint, tmp_path / name, "Q8_0")

    assert caught.value.hint
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_without_write_permission_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    """Where no file can be created nothing is left behind."""
    target = Path("/proc/self/m.gguf")

    with pytest.raises(InputError, match=r"cannot write|free"):
        convert_checkpoint(checkpoint, target, "Q8_0")


def test_a_failure_while_tensors_travel_leaves_the_old_file(
    make_checkpoint: Callable[..., Path], tmp_path: Path
) -> None:
    """A number that is not finite stops the conversion; the old file stays as it was, and nothing else is left."""
    broken = np.full((288, 256), np.nan, np.float32)
    folder = make_checkpoint(tensors={"transformer.wte.weight": broken})
    (tmp_path / "m.gguf").write_bytes(b"the old file")

    with pytest.raises(CairnError, match="not finite"):
        convert_checkpoint(folder, tmp_path / "m.gguf", "Q8_0")

    assert (tmp_path / "m.gguf").read_bytes() == b"the old file"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.gguf", "tiny"]


def test_ctrl_c_leaves_what_the_next_run_takes_up(checkpoint: Path, tmp_path: Path) -> None:
    """An interrupt shows no half file under the final name; the same command goes on and ends in the same bytes."""
    convert_checkpoint(checkpoint, tmp_path / "whole.gguf", "Q4_K_M", name="tiny")
    reports: list[int] = []

    def interrupt(done_bytes: int, total_bytes: int) -> None:
        reports.append(done_bytes)
        if len(reports) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q4_K_M", name="tiny", progress=interrupt)
    assert not (tmp_path / "m.gguf").exists()

    convert_checkpoint(checkpoint, tmp_path / "m.gguf", "Q4_K_M", name="tiny")

    assert (tmp_path / "m.gguf").read_bytes() == (tmp_path / "whole.gguf").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.gguf", "m.json", "tiny", "whole.gguf", "whole.json"]
