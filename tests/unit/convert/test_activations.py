"""What is collected is what transformers multiplies: the same sums of squares, matrix by matrix, expert by expert."""

import ctypes
import json
from collections.abc import Callable
from pathlib import Path

import llama_cpp
import numpy as np
import pytest
from click.testing import CliRunner

from assistant.errors import InputError, ModelFileError
from assistant.models.ggml_types import GGML_TYPE_BY_NAME
from assistant.models.gguf import read_gguf
from assistant.runtime.observe import MatrixInput, loaded, observing
from convert.conversion import convert_checkpoint
from convert.gguf_writer import plan_layout
from convert.imatrix_commands import imatrix
from convert.quality.activations import Collector, collect_imatrix
from convert.quality.imatrix import read_imatrix

CHUNK_TOKENS = 32
NUM_EXPERTS = 4
TEXT = "def add(first, second):\n    return first + second  # größer, 数字 🎉\n" * 4


@pytest.fixture
def model(checkpoint: Path, tmp_path: Path) -> Path:
    """Return the small checkpoint as F32 GGUF."""
    convert_checkpoint(checkpoint, tmp_path / "f32.gguf", "F32")
    return tmp_path / "f32.gguf"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Return a text file."""
    (tmp_path / "corpus.py").write_text(TEXT, "utf-8")
    return tmp_path / "corpus.py"


class Squares:
    """The oracle: sums of squares and rows by tensor and expert, in torch's float64."""

    def __init__(self) -> None:
        self.sums: dict[str, dict[int, np.ndarray]] = {}
        self.counts: dict[str, dict[int, int]] = {}

    def add(self, name: str, rows, expert: int = 0) -> None:
        squares = (rows.detach().double().reshape(-1, rows.shape[-1]) ** 2).sum(0).numpy()
        sums, counts = self.sums.setdefault(name, {}), self.counts.setdefault(name, {})
        sums[expert] = sums.get(expert, 0) + squares
        counts[expert] = counts.get(expert, 0) + rows.numel() // rows.shape[-1]

    def before(self, name: str) -> Callable[..., None]:
        return lambda _module, inputs: self.add(name, inputs[0])

    def assert_equal(self, collector: Collector, num_experts: int = 1) -> None:
        """Equal counts, and sums as close as float32 activations of two programs can be."""
        assert collector.sums.keys() == self.sums.keys()
        for name, found in collector.sums.items():
            assert len(found.counts) == (num_experts if "_exps" in name else 1)
            for expert, count in enumerate(found.counts):
                assert count == self.counts[name].get(expert, 0), name
                expected = self.sums[name].get(expert, np.zeros(found.in_sum2.shape[1]))
                assert np.abs(found.in_sum2[expert] - expected).max() <= 1e-4 * expected.max(), name


def collect(model: Path, chunks: np.ndarray) -> Collector:
    """Run the chunks through llama.cpp."""
    collector = Collector()
    with loaded(model) as opened, observing(opened, chunks.shape[1], collector.see) as compute:
        for chunk in chunks:
            compute(chunk)
    return collector


def test_the_sums_are_those_of_transformers(checkpoint: Path, model: Path) -> None:
    """Hooks before each linear layer of the torch model see the same squares, and as many rows."""
    torch = pytest.importorskip("torch", reason="transformers is the reference: install the extra [train]")
    transformers = pytest.importorskip("transformers", reason="it is the reference")
    reference = transformers.GPTBigCodeForCausalLM.from_pretrained(checkpoint).eval()
    expected = Squares()
    linear = {"attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
    for layer, block in enumerate(reference.transformer.h):
        for theirs, ours in linear.items():
            block.get_submodule(theirs).register_forward_pre_hook(expected.before(f"blk.{layer}.{ours}.weight"))
    chunks = random_chunks()

    reference(torch.from_numpy(chunks))
    found = collect(model, chunks)

    expected.assert_equal(found)


def test_each_expert_sees_only_what_was_routed_to_it(model: Path, tmp_path: Path) -> None:
    """In a mixture of experts each expert's sums and counts are those of transformers' routing."""
    torch = pytest.importorskip("torch", reason="transformers is the reference: install the extra [train]")
    transformers = pytest.importorskip("transformers", reason="it is the reference")
    reference = random_mixture(torch, transformers)
    expected = Squares()

    def listen(name: str) -> Callable[..., None]:
        def hook(experts, inputs: tuple) -> None:
            rows, routing, _ = inputs
            for expert in routing.unique().tolist():
                routed = rows[(routing == expert).any(-1)]
                gate, up = (routed @ experts.gate_up_proj[expert].T).chunk(2, dim=-1)
                for ours in ("gate", "up"):
                    expected.add(f"{name}.ffn_{ours}_exps.weight", routed, expert)
                expected.add(f"{name}.ffn_down_exps.weight", torch.nn.functional.silu(gate) * up, expert)

        return hook

    for layer, block in enumerate(reference.model.layers):
        name = f"blk.{layer}"
        block.mlp.experts.register_forward_pre_hook(listen(name))
        block.mlp.gate.register_forward_pre_hook(expected.before(f"{name}.ffn_gate_inp.weight"))
        for theirs, ours in (
            ("q_proj", "attn_q"),
            ("k_proj", "attn_k"),
            ("v_proj", "attn_v"),
            ("o_proj", "attn_output"),
        ):
            block.self_attn.get_submodule(theirs).register_forward_pre_hook(expected.before(f"{name}.{ours}.weight"))
    write_mixture(tmp_path / "moe.gguf", reference, read_gguf(model).metadata)
    chunks = random_chunks()

    with torch.no_grad():
        reference(torch.from_numpy(chunks))
    found = collect(tmp_path / "moe.gguf", chunks)

    assert len(set(found.sums["blk.0.ffn_down_exps.weight"].counts)) > 1, "the routing is even: nothing was tested"
    expected.assert_equal(found, NUM_EXPERTS)


def random_chunks() -> np.ndarray:
    """Return ids (3, CHUNK_TOKENS)."""
    return np.random.default_rng(5).integers(19, 288, (3, CHUNK_TOKENS)).astype(np.int32)


def random_mixture(torch, transformers):
    """Make a small Qwen3-MoE model in float32."""
    torch.manual_seed(3)
    config = transformers.Qwen3MoeConfig(
        vocab_size=288,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        num_experts=NUM_EXPERTS,
        num_experts_per_tok=2,
        norm_topk_prob=True,
        moe_intermediate_size=32,
        initializer_range=0.1,
    )
    return transformers.Qwen3MoeForCausalLM(config).float().eval()


def write_mixture(path: Path, reference, tokenizer: dict) -> None:
    """Write it as GGUF, name by name."""
    metadata = {key: value for key, value in tokenizer.items() if key.startswith("tokenizer.")} | {
        "general.architecture": "qwen3moe",
        "qwen3moe.block_count": 2,
        "qwen3moe.context_length": 64,
        "qwen3moe.embedding_length": 64,
        "qwen3moe.feed_forward_length": 96,
        "qwen3moe.expert_feed_forward_length": 32,
        "qwen3moe.expert_count": NUM_EXPERTS,
        "qwen3moe.expert_used_count": 2,
        "qwen3moe.attention.head_count": 2,
        "qwen3moe.attention.head_count_kv": 1,
        "qwen3moe.attention.key_length": 32,
        "qwen3moe.attention.value_length": 32,
        "qwen3moe.attention.layer_norm_rms_epsilon": 1e-6,
        "qwen3moe.rope.freq_base": 10000.0,
    }
    found = reference.model
    tensors = {"token_embd": found.embed_tokens.weight, "output_norm": found.norm.weight}
    tensors |= {"output": reference.lm_head.weight}
    for layer, block in enumerate(found.layers):
        gate, up = block.mlp.experts.gate_up_proj.chunk(2, dim=1)
        own = {"attn_norm": block.input_layernorm.weight, "ffn_norm": block.post_attention_layernorm.weight}
        own |= {f"attn_{letter}": block.self_attn.get_submodule(f"{letter}_proj").weight for letter in "qkv"}
        own |= {f"attn_{letter}_norm": block.self_attn.get_submodule(f"{letter}_norm").weight for letter in "qk"}
        own |= {"attn_output": block.self_attn.o_proj.weight, "ffn_gate_inp": block.mlp.gate.weight}
        own |= {"ffn_gate_exps": gate, "ffn_up_exps": up, "ffn_down_exps": block.mlp.experts.down_proj}
        tensors |= {f"blk.{layer}.{name}": weight for name, weight in own.items()}
    arrays = {f"{name}.weight": weight.detach().contiguous().numpy() for name, weight in tensors.items()}
    float32 = GGML_TYPE_BY_NAME["F32"]
    layout = plan_layout(metadata, [(name, array.shape, float32) for name, array in arrays.items()])
    data = bytearray(layout.num_bytes)
    data[: len(layout.header)] = layout.header
    for info, array in zip(layout.tensors, arrays.values(), strict=True):
        start = len(layout.header) + info.offset
        data[start : start + info.num_bytes] = array.tobytes()
    path.write_bytes(data)


def test_llama_cpp_quantises_with_what_was_collected(model: Path, corpus: Path, tmp_path: Path) -> None:
    """`llama_model_quantize` takes the values, and they change exactly the matrices they are for."""
    collect_imatrix(model, [corpus], tmp_path / "m.gguf", chunk_tokens=CHUNK_TOKENS)
    importance = read_imatrix(tmp_path / "m.gguf")

    quantize_with_llama_cpp(model, tmp_path / "plain.gguf", {})
    quantize_with_llama_cpp(model, tmp_path / "weighed.gguf", importance)

    plain, weighed = (raw_tensors(tmp_path / name) for name in ("plain.gguf", "weighed.gguf"))
    assert {name for name in plain if plain[name] != weighed[name]} == importance.keys()
    assert len(importance) == 12


def quantize_with_llama_cpp(source: Path, target: Path, importance: dict[str, np.ndarray]) -> None:
    """Run `llama_model_quantize` to Q5_K_S, whose types do not depend on the importance."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype, params.nthread = llama_cpp.LLAMA_FTYPE_MOSTLY_Q5_K_S, 1
    entries = [
        llama_cpp.llama_model_imatrix_data(
            name.encode(), values.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), values.size
        )
        for name, values in importance.items()
    ]
    array = (llama_cpp.llama_model_imatrix_data * (len(entries) + 1))(*entries)
    if entries:
        params.imatrix = array
    assert llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) == 0


def raw_tensors(path: Path) -> dict[str, bytes]:
    """Return the stored bytes of every tensor."""
    gguf, data = read_gguf(path), path.read_bytes()
    starts = {tensor: gguf.data_offset + tensor.offset for tensor in gguf.tensors}
    return {tensor.name: data[start : start + tensor.num_bytes] for tensor, start in starts.items()}


def test_every_token_of_whole_chunks_is_counted(model: Path, corpus: Path, tmp_path: Path) -> None:
    """The report, the file and the corpus agree on the number of tokens."""
    found = collect_imatrix(model, [corpus], tmp_path / "m.gguf", chunk_tokens=CHUNK_TOKENS, most_chunks=5)

    with loaded(model) as opened:
        assert len(opened.vocab.tokenize(TEXT)) > found.num_tokens
    counts = raw_tensors(tmp_path / "m.gguf")["blk.2.ffn_down.weight.counts"]
    assert np.frombuffer(counts, np.float32).tolist() == [found.num_tokens] == [5 * CHUNK_TOKENS]
    assert read_gguf(tmp_path / "m.gguf").metadata["imatrix.datasets"] == ("corpus.py",)


def test_an_error_while_looking_ends_the_computation(model: Path) -> None:
    """What the observer raises, Ctrl-C included, comes out of the call, and not on stderr."""

    def see(_found: MatrixInput) -> None:
        raise KeyboardInterrupt

    with (
        loaded(model) as opened,
        observing(opened, CHUNK_TOKENS, see) as compute,
        pytest.raises(KeyboardInterrupt),
    ):
        compute(random_chunks()[0])


def test_activations_that_are_not_finite_are_refused(make_checkpoint: Callable[..., Path], tmp_path: Path) -> None:
    """A model that overflows makes no matrix."""
    huge = np.full((512, 256), 1e38, np.float32)
    convert_checkpoint(make_checkpoint(tensors={"transformer.h.1.mlp.c_fc.weight": huge}), tmp_path / "m.gguf", "F32")

    with pytest.raises(ModelFileError, match=r"what enters blk\.\S+ is not finite"):
        collect(tmp_path / "m.gguf", random_chunks())


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"chunk_tokens": 65}, "too long"), ({"chunk_tokens": 64, "text": "def f(): pass"}, "more text")],
)
def test_a_chunk_fits_the_model_and_the_corpus(model: Path, tmp_path: Path, options: dict, reason: str) -> None:
    """Longer than the model's context, or than the whole text, is an error, and no file appears."""
    (tmp_path / "corpus.py").write_text(options.get("text", TEXT), "utf-8")

    with pytest.raises(InputError) as caught:
        collect_imatrix(model, [tmp_path / "corpus.py"], tmp_path / "m.gguf", chunk_tokens=options["chunk_tokens"])

    assert reason in f"{caught.value} {caught.value.hint}"
    assert not (tmp_path / "m.gguf").exists()


def test_the_command_reports_in_json(model: Path, corpus: Path, tmp_path: Path) -> None:
    """With --json one object, the progress bar on stderr."""
    arguments = [
        str(model),
        str(corpus),
        "-o",
        str(tmp_path / "m.gguf"),
        "--chunk-size",
        "16",
        "--chunks",
        "2",
        "--json",
    ]

    result = CliRunner().invoke(imatrix, arguments, catch_exceptions=False)

    assert json.loads(result.stdout) == {
        "path": str(tmp_path / "m.gguf"),
        "num_matrices": 12,
        "num_chunks": 2,
        "num_tokens": 32,
        "num_unseen_experts": 0,
    }
