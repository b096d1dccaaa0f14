"""The messages that cross the waist, as frozen data. No I/O lives here.

On the wire they are JSON bodies of the OpenAI endpoints; `assistant.client` writes them and `assistant.server` reads
them. Both sides share this file and never import each other.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeVar

import cattrs

from assistant.errors import InputError

PROTOCOL_VERSION = 6
"""Raised whenever an old client could misread a new daemon."""

FinishReason = Literal["stop", "length", "cancelled", "deadline", "early"]
"""`early`: the first line, or what there was of it in time; the rest is still being computed."""
Role = Literal["system", "user", "assistant"]
RequestClass = Literal["completion", "chat"]
Json = dict[str, Any]
"""A decoded JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is drawn; names and meanings are llama.cpp's and OpenAI's."""

    temperature: float = 0.2
    """0 takes the likeliest token, and the other fields but the penalties say nothing."""
    top_k: int = 40
    """0: all."""
    top_p: float = 0.95
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    """1: none; over the last 64 tokens, as for the next two."""
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    seed: int = -1
    """-1 draws one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of another file, shown to the model before the file with the hole."""

    name: str
    """Path of the file, as the model shall read it."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FimRequest(Sampling):
    """Fill in the middle. Text is in characters; only the engine counts tokens."""

    prefix: str
    suffix: str
    name: str = ""
    """Path of the file, for models that were trained with names."""
    chunks: tuple[Chunk, ...] = ()
    """Cross-file context. Keep their order from one keystroke to the next: what changes is computed anew."""
    references: tuple[str, ...] = ()
    """Text the model does not see and that may come up in the answer: a clipboard, a diff. Drafts are taken from it."""
    max_tokens: int = 64
    single_line: bool = False
    """Stop at the end of the current line."""
    order: Literal["", "psm", "spm"] = ""
    """Prefix or suffix first; empty: as the model is served best. For comparisons."""
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    """The text ends before the first of these."""
    client: str = ""
    """Who asks: with `document`, the key under which a newer request cancels an older one."""
    document: str = ""
    deadline_ms: int = 0
    """Answer with what there is after so long; 0: no limit."""
    early_ms: int = 0
    """Answer at the end of the first line, at the latest after so long, and go on in the background, also when the
    client leaves: the rest is there when the cursor arrives. 0: wait for the end. Needs `client`."""
    warm_up: bool = False
    """Nobody waits: only bring the prompt into the cache, when there is nothing else to do."""


def first_line(text: str) -> str | None:
    """What an early answer is: the text up to the end of its first line that is not blank; None before it is there."""
    num_blank = len(text) - len(text.lstrip())
    end = text.find("\n", num_blank)
    return None if end < 0 else text[:end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest(Sampling):
    """A conversation that waits for the assistant's next turn."""

    messages: tuple[Message, ...]
    max_tokens: int = 512
    stop: tuple[str, ...] = ()
    grammar: str = ""
    """GBNF that the answer keeps to."""
    json_schema: Json | None = None
    """A JSON schema that the answer keeps to; {}: any JSON object."""
    deadline_ms: int = 0
    """Answer with what there is after so long; 0: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRequest(Sampling):
    """Plain text to continue, without a template."""

    prompt: str
    max_tokens: int = 128
    stop: tuple[str, ...] = ()
    grammar: str = ""
    """GBNF that the answer keeps to."""
    json_schema: Json | None = None
    """A JSON schema that the answer keeps to; {}: any JSON object."""
    deadline_ms: int = 0
    """Answer with what there is after so long; 0: no limit."""


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
class AdapterScale:
    """How strongly a LoRA adapter acts on the requests to come: 1 as it was trained, 0 not at all."""

    id: int
    """Its place in the engine's list."""
    scale: float
    request_class: RequestClass | None = None
    """None: all requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterScales:
    """Scales to be set; adapters that are not named keep theirs."""

    scales: tuple[AdapterScale, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """What a request cost. Times are wall clock, measured in the engine."""

    num_prompt_tokens: int
    num_cached_tokens: int
    """Prompt tokens whose KV entries were already there, so that they were not computed."""
    num_completion_tokens: int
    num_drafted_tokens: int = 0
    """Tokens guessed ahead and checked together."""
    num_accepted_tokens: int = 0
    """Those of them that were right."""
    ttft_ms: float
    """Time to first token, queueing and prefill included."""
    decode_tokens_per_s: float
    is_remembered: bool = False
    """Answered from what the model had said, or was saying, a keystroke ago; the counts, of new work, are 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The text between prefix and suffix."""

    text: str
    finish_reason: FinishReason
    timings: Timings


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPiece:
    """A piece of a prompt as the model reads it."""

    role: Literal["mark", "context", "prefix", "suffix", "begun", "message"]
    """`mark`: a control token, or text of a chat template; `message`: what was said in a chat; `begun`: text before the
    cursor that the answer has to begin with, token or not."""
    text: str
    """Control tokens by name, broken characters as U+FFFD."""
    num_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A hole, cut to the window, or a conversation, as the model reads it; nothing was computed."""

    pieces: tuple[PromptPiece, ...]
    kept_chunks: tuple[int, ...]
    """Indices of those of the request's chunks that had room; of a conversation none."""
    window_tokens: int
    """What there is room for; of a conversation: answer included, and nothing was cut."""

    @property
    def num_tokens(self) -> int:
        """Of all pieces."""
        return sum(piece.num_tokens for piece in self.pieces)


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
    """0: an endpoint answers instead, at `model_path`; what it does not say of itself is 0."""
    model: str
    """Name of the model, or its path where it has no name."""
    model_path: str
    context_tokens: int
    num_queued: int
    slots: tuple[Slot, ...]
    memory_bytes: int
    """Resident memory of daemon and engine together."""
    engine_state: Literal["unloaded", "loading", "ready", "failed"] = "ready"
    """`failed`: it died too often and has a pause."""
    num_cells: int = 0
    """Tokens the KV cache can hold, all sequences together."""
    num_used_cells: int = 0
    """Tokens in the KV cache; those shared by several sequences count once."""
    parked_bytes: int = 0
    """KV entries that were moved out of the cache into memory."""
    last_timings: Timings | None = None
    engine_step_us: float = 0.0
    """Wall time from one decode of a single token to the next, a running mean."""
    engine_decode_us: float = 0.0
    """The part of it inside llama.cpp; the rest is the engine's own cost."""
    file_type: str = ""
    """How its weights are quantised, as its file says: "Q4_K_M"."""
    can_chat: bool = False
    """Whether the chat's model was made for conversations; of an endpoint nothing else is assumed."""
    chat_model: str = ""
    """Name of the model that answers in the chat; empty where that is `model`."""
    chat_context_tokens: int = 0
    """Of `chat_model`; 0 until it is loaded."""
    chat_file_type: str = ""

    def of_chat(self) -> "Status":
        """The same with the chat's model in the first place."""
        if not self.chat_model:
            return self
        return replace(
            self,
            model=self.chat_model,
            context_tokens=self.chat_context_tokens,
            file_type=self.chat_file_type,
            chat_model="",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A model on this machine that can be chosen."""

    name: str
    num_bytes: int
    file_type: str
    context_tokens: int
    """That it was made for."""
    chats: bool
    """By a template of its own."""
    verdict: str
    """Whether it fits: "fits", "tight" or "too large"."""
    serves: tuple[str, ...]
    """What the daemon uses it for now: `completion`, `chat`."""


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
