"""How far a model's predictions are from its reference's: divergence, agreement, perplexity, on a text.

Sums run in float64, and never more than one chunk of logits of each model is in memory.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import numpy as np

from assistant.errors import ModelFileError
from assistant.runtime.observe import Logits, loaded, observing
from convert.quality.corpus import token_chunks

CHUNK_TOKENS = 512
HISTOGRAM_EDGES = tuple(10.0**power for power in range(-7, 2))
"""Nats; the first and the last class are open."""
_BLOCK_ROWS = 16
"""Positions whose float64 copies are alive at once: half a dozen arrays of so many rows of the vocabulary."""

Progress = Callable[[int, int], None]
"""Called with the chunks done and in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictor:
    """A model as verification sees it: from text to ids, from ids to logits."""

    name: str
    tokens: Sequence[str]
    """The name of each id; empty where there is none."""
    tokenize: Callable[[str], list[int]]
    beginning: Sequence[int] = ()
    """The begin-of-text token, if it wants one."""
    context_tokens: int
    logits: Logits


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What B predicts, measured against A. KL is the divergence of B's distribution from A's, KL(A || B), in nats."""

    reference: str
    tested: str
    num_positions: int
    num_chunks: int
    mean_kl_nats: float
    kl_99_nats: float
    """99 % of the positions are below."""
    max_kl_nats: float
    top1_agreement: float
    """Share of the positions whose likeliest token is the same."""
    nmse: float
    """Squared error of the logits over the squared logits of the reference."""
    reference_perplexity: float
    tested_perplexity: float
    kl_edges_nats: tuple[float, ...] = HISTOGRAM_EDGES
    kl_histogram: tuple[int, ...]
    """Positions below the first edge, between each two, and from the last on."""


@dataclass(slots=True)
class _Tally:
    kl: list[np.ndarray] = field(default_factory=list)
    num_agreeing: int = 0
    num_targets: int = 0
    squared_error: float = 0.0
    squared_reference: float = 0.0
    reference_nll: float = 0.0
    tested_nll: float = 0.0

    def add_chunk(self, ids: np.ndarray, expected: np.ndarray, found: np.ndarray) -> None:
        """Take in a chunk's ids (positions,) and both logits (positions, vocabulary), a block of rows at a time."""
        for start in range(0, len(ids), _BLOCK_ROWS):
            rows = slice(start, start + _BLOCK_ROWS)
            targets = ids[start + 1 : start + 1 + _BLOCK_ROWS]
            self._add(expected[rows].astype(np.float64), found[rows].astype(np.float64), targets)

    def _add(self, expected: np.ndarray, found: np.ndarray, targets: np.ndarray) -> None:
        """`targets` are the tokens that came next; the last position of a chunk has none."""
        log_expected, log_found = log_softmax(expected), log_softmax(found)
        self.kl.append(kl_divergence(log_expected, log_found))
        self.num_agreeing += int((expected.argmax(-1) == found.argmax(-1)).sum())
        self.squared_error += float(((found - expected) ** 2).sum())
        self.squared_reference += float((expected**2).sum())
        self.num_targets += len(targets)
        self.reference_nll -= float(log_expected[np.arange(len(targets)), targets].sum())
        self.tested_nll -= float(log_found[np.arange(len(targets)), targets].sum())

    def summary(self, reference: str, tested: str, num_chunks: int) -> Comparison:
        kl = np.concatenate(self.kl)
        classes = np.bincount(np.digitize(kl, HISTOGRAM_EDGES), minlength=len(HISTOGRAM_EDGES) + 1)
        return Comparison(
            reference=reference,
            tested=tested,
            num_positions=len(kl),
            num_chunks=num_chunks,
            mean_kl_nats=float(kl.mean()),
            kl_99_nats=float(np.quantile(kl, 0.99)),
            max_kl_nats=float(kl.max()),
            top1_agreement=self.num_agreeing / len(kl),
            nmse=self.squared_error / self.squared_reference,
            reference_perplexity=float(np.exp(self.reference_nll / self.num_targets)),
            tested_perplexity=float(np.exp(self.tested_nll / self.num_targets)),
            kl_histogram=tuple(classes.tolist()),
        )


@contextmanager
def open_gguf(path: Path) -> Generator[Predictor]:
    """Open a GGUF file as a predictor. Raises as `assistant.runtime.observe.loaded`."""
    with loaded(path) as model:
        vocab, context_tokens = model.vocab, min(CHUNK_TOKENS, model.trained_tokens)
        with observing(model, context_tokens) as logits:
            yield Predictor(
                name=path.name,
                tokens=[vocab.token_text(token) for token in range(vocab.num_tokens)],
                tokenize=vocab.tokenize,
                beginning=vocab.encode(()),
                context_tokens=context_tokens,
                logits=logits,
            )


def own_source() -> str:
    """A few KB of real Python that is always at hand: the reader of GGUF files."""
    return files("assistant.models").joinpath("gguf.py").read_text("utf-8")


def compare(
    reference: Predictor,
    tested: Predictor,
    texts: Iterable[str],
    *,
    most_chunks: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Comparison:
    """Let both models read the same texts, and compare what they predict at every position.

    Args:
        reference: A, the truth.
        tested: B; it says whether texts start with a begin-of-text token.
        texts: Cut into chunks of up to 512 tokens, each read from an empty context.
        most_chunks: Stop after so many; all otherwise.
        progress: Hears about the work.

    Raises:
        ModelFileError: The two have not the same tokens, cut the text differently, or compute no finite numbers.
        InputError: The text has not even two tokens.
    """
    texts_ids = _common_ids(reference, tested, texts)
    longest = min(reference.context_tokens, tested.context_tokens)
    chunk_tokens = max(2, min(longest, sum(map(len, texts_ids))))
    chunks = token_chunks(texts_ids, tested.beginning, chunk_tokens, most_chunks)
    tally = _Tally()
    for done, ids in enumerate(chunks):
        progress(done, len(chunks))
        tally.add_chunk(ids, _finite(reference, ids), _finite(tested, ids))
    return tally.summary(reference.name, tested.name, len(chunks))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Logits to log-probabilities, over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def kl_divergence(log_expected: np.ndarray, log_found: np.ndarray) -> np.ndarray:
    """KL(expected || found) of each row.

    Args:
        log_expected: (rows, vocabulary) float64 log-probabilities.
        log_found: The same shape.

    Returns:
        (rows,) float64, nats; rounding below zero is cut off.
    """
    return np.maximum((np.exp(log_expected) * (log_expected - log_found)).sum(-1), 0.0)


def _common_ids(reference: Predictor, tested: Predictor, texts: Iterable[str]) -> list[list[int]]:
    """Tokenise with both; refuse two models whose ids mean different things."""
    names = f"{reference.name} and {tested.name}"
    hint = "verify compares a model with what it was converted from; give its own source"
    if len(reference.tokens) != len(tested.tokens):
        sizes = f"{len(reference.tokens)} and {len(tested.tokens)}"
        raise ModelFileError(f"different vocabularies: {names} have {sizes} tokens", hint=hint)
    pairs = zip(reference.tokens, tested.tokens, strict=True)
    if different := sum(left != right for left, right in pairs if left and right):
        raise ModelFileError(f"different vocabularies: {names} differ in {different} tokens", hint=hint)
    found: list[list[int]] = []
    for text in texts:
        found.append(tested.tokenize(text))
        if reference.tokenize(text) != found[-1]:
            raise ModelFileError(f"{names} cut the text into different tokens", hint=hint)
    return found


def _finite(predictor: Predictor, ids: np.ndarray) -> np.ndarray:
    logits = predictor.logits(ids)
    if not np.isfinite(logits).all():
        raise ModelFileError(f"{predictor.name} computes logits that are not finite", hint="convert it again")
    return logits
