"""The messages that cross the waist, as frozen data. No I/O lives here.

On the wire they are JSON bodies of the OpenAI endpoints; `assistant.client` writes them and `assistant.server` reads
them. Both sides share this file and never import each other.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

import cattrs

from assistant.errors import InputError

PROTOCOL_VERSION = 2
"""Raised whenever an old client could misread a new daemon."""

FinishReason = Literal["stop", "length", "cancelled", "deadline"]
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FimRequest:
    """Fill in the middle. Text is in characters; only the engine counts tokens."""

    prefix: str
    suffix: str
    max_tokens: int = 64
    single_line: bool = False
    """Stop at the end of the current line."""
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    """The text ends before the first of these."""
    client: str = ""
    """Who asks: with `document`, the key under which a newer request cancels an older one."""
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A conversation that waits for the assistant's next turn."""

    messages: tuple[Message, ...]
    max_tokens: int = 512
    temperature: float = 0.2
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRequest:
    """Plain text to continue, without a template."""

    prompt: str
    max_tokens: int = 128
    temperature: float = 0.2
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizeRequest:
    """Text whose token ids are wanted, as llama-server's `/tokenize` has it."""

    content: str
    add_special: bool = False
    """Begin-of-text first, where the model wants it."""
    parse_special: bool = True
    """Control tokens written in the text count as such."""
    with_pieces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DetokenizeRequest:
    """Token ids whose text is wanted."""

    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """What a request cost. Times are wall clock, measured in the engine."""

    num_prompt_tokens: int
    num_cached_tokens: int
    """Prompt tokens whose KV entries were already there, so that they were not computed."""
    num_completion_tokens: int
    ttft_ms: float
    """Time to first token, queueing and prefill included."""
    decode_tokens_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The text between prefix and suffix."""

    text: str
    finish_reason: FinishReason
    timings: Timings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDelta:
    """A piece of an answer; the last one carries `finish_reason` and `timings`."""

    text: str
    finish_reason: FinishReason | None = None
    timings: Timings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One sequence of the engine's KV cache."""

    num_tokens: int
    is_busy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The daemon as it is now."""

    version: str
    protocol: int
    pid: int
    model: str
    """Name of the model, or its path where it has no name."""
    model_path: str
    context_tokens: int
    num_queued: int
    slots: tuple[Slot, ...]
    memory_bytes: int
    """Resident memory of daemon and engine together."""
    last_timings: Timings | None = None


Json = dict[str, Any]
"""A decoded JSON object."""

_T = TypeVar("_T")
_converter = cattrs.Converter(forbid_extra_keys=True)


def _is_exactly(*kinds: type) -> Callable[[Any, Any], Any]:
    """JSON says what it means: the text "3" is no number, and true is not 1."""

    def check(value: Any, _target: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError(f"expected {kinds[0].__name__}, got {value!r:.40}")
        return value

    return check


_converter.register_structure_hook(str, _is_exactly(str))
_converter.register_structure_hook(bool, _is_exactly(bool))
_converter.register_structure_hook(int, _is_exactly(int))
_converter.register_structure_hook(float, _is_exactly(float, int))


def encode(message: Any) -> Json:
    """Turn a message into what `json.dumps` takes."""
    return asdict(message)


def decode(data: Json, kind: type[_T]) -> _T:
    """Turn decoded JSON into a message.

    Raises:
        InputError: A field is missing, unknown or of the wrong type.
    """
    try:
        return _converter.structure(data, kind)
    except cattrs.BaseValidationError as error:
        reason = "; ".join(cattrs.transform_error(error))
        raise InputError(
            f"not a {kind.__name__}: {reason}", hint="client and daemon may differ: run `cairn stop`"
        ) from error
