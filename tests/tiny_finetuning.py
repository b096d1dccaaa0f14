"""A model, ranked answers and recipes small enough for a test."""

from pathlib import Path

from tests.rank_rows import HAND, answer
from training.jsonl import append_rows
from training.model import new_student, save_student
from training.recipe import ModelRecipe
from training.rows import Judged, Ranked, Role, Verdict, to_json
from training.tokenizer import Codec, train_tokenizer

SOURCE = "def add(left, right):\n    return left + right\n\nclass Stack:\n    def push(self, x):\n        self.x = x\n"
RECIPE = """
name = "tiny"
method = "{method}"
[model]
base = "{base}"
[data]
ranked = ["{ranked}"]
max_tokens = {context}
[adapter]
kind = "{adapter}"
r = 2
[schedule]
num_epochs = {num_epochs}
batch_prompts = 8
micro_batch_prompts = {micro}
learning_rate = 1e-3
warmup_steps = 1
log_every_steps = 1
save_every_steps = 2
num_threads = 1
"""


def judged(identifier: str, code: str, verdict: Verdict, role: Role = "student") -> Judged:
    return Judged(
        answer=answer(identifier, code, role), verdict=verdict, passed=(), trust="strong", cpu_ms=0.0, memory_bytes=0
    )


def ranked(identifier: str, prompt: str, *candidates: Judged, entry_point: str = "") -> Ranked:
    """Best first; the rewards count down."""
    return Ranked(
        id=identifier,
        prompt=prompt,
        entry_point=entry_point,
        candidates=candidates,
        rewards=tuple(float(len(candidates) - place) for place in range(len(candidates))),
        provenance=HAND,
    )


def rows(count: int = 20) -> list[Ranked]:
    """Two or three answers of different lengths to each prompt, the first a teacher's."""
    return [
        ranked(
            f"t{number}",
            f"Add {number}.",
            judged(f"{number}a", f"def add(x):\n    return x + {number}\n", "passes_all", "teacher"),
            judged(f"{number}b", f"def add(x):\n    return x - {number}\n", "fails_some"),
            *([judged(f"{number}c", "def add(x:\n", "compile_error")] if number % 2 else []),
        )
        for number in range(count)
    ]


def save_base(folder: Path, context_tokens: int = 128) -> Path:
    """A GPTBigCode of one layer of 32, with random weights."""
    codec = Codec(train_tokenizer([SOURCE] * 3, 300))
    shape = ModelRecipe(hidden_size=32, num_layers=1, num_heads=4, context_tokens=context_tokens)
    save_student(folder, new_student(shape, codec.vocab_size, seed=0), codec)
    return folder


def write_recipe(
    folder: Path,
    *,
    method: str = "rrtf",
    adapter: str = "none",
    micro: int = 4,
    num_epochs: int = 2,
    context: int = 128,
    more: str = "",
) -> Path:
    """A recipe with its model and its rows beside it; `more` is added to its end."""
    if not (folder / "base").exists():
        save_base(folder / "base", context)
        append_rows(folder / "ranked.jsonl", [to_json(row) for row in rows()])
    path = folder / "recipe.toml"
    path.write_text(
        RECIPE.format(
            method=method,
            base=folder / "base",
            ranked=folder / "ranked.jsonl",
            adapter=adapter,
            micro=micro,
            num_epochs=num_epochs,
            context=context,
        )
        + more
    )
    return path
