"""OpenAI's JSON as a client writes and reads it, and llama-server's for holes. Pure data but for the clock of `Meter`.

To a stranger go OpenAI's own fields and no others.
"""

import time
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from assistant.errors import ConfigError, InputError
from assistant.protocol import ChatRequest, FimRequest, FinishReason, Json, Timings, encode

MAX_STOPS = 4
"""OpenAI's limit."""


def base_of(url: str) -> str:
    """The address that paths are added to; other tools want it with `/v1` at its end, and that is well, too.

    Raises:
        ConfigError: It is no address of a server.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:
        is_address = False
    if "@" in url:
        raise ConfigError(
            "endpoint holds a name or a secret", hint="put the key into the environment: CAIRN_ENDPOINT_KEY"
        )
    if not is_address or "?" in url or "#" in url:
        raise ConfigError(
            f"endpoint is not an address: {url!r}", hint='for example endpoint = "http://gpu-box:8000/v1"'
        )
    return url.rstrip("/").removesuffix("/v1")


def chat_body(request: ChatRequest, model: str) -> Json:
    """`/v1/chat/completions`.

    Raises:
        InputError: The request has a grammar, which OpenAI's API has no field for.
    """
    if request.grammar:
        raise InputError("an endpoint takes no grammar", hint="use a JSON schema, or the model of this machine")
    body = {"messages": [encode(message) for message in request.messages]} | _common(request, model)
    if request.stop:
        body["stop"] = list(request.stop)
    if request.json_schema is not None:
        body["response_format"] = _response_format(request.json_schema)
    return body


def _response_format(schema: Json) -> Json:
    if not schema:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def completion_body(request: FimRequest, model: str) -> Json:
    """`/v1/completions` with `suffix`."""
    body = {"prompt": request.prefix, "suffix": request.suffix} | _common(request, model)
    if stops := stops_of(request):
        body["stop"] = stops[:MAX_STOPS]  # the others are looked for in the answer
    return body


def infill_body(request: FimRequest) -> Json:
    """llama-server's `/infill`."""
    return {
        "input_prefix": request.prefix,
        "input_suffix": request.suffix,
        "input_extra": [{"filename": chunk.name, "text": chunk.text} for chunk in request.chunks],
        "prompt": "",
        "n_predict": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": stops_of(request),
        "stream": True,
    }


def stops_of(request: FimRequest) -> list[str]:
    """What ends the text."""
    return [*request.stop, "\n"] if request.single_line else list(request.stop)


def _common(request: ChatRequest | FimRequest, model: str) -> Json:
    body: Json = {"model": model, "max_tokens": request.max_tokens, "stream": True}
    body |= {"stream_options": {"include_usage": True}, "temperature": request.temperature, "top_p": request.top_p}
    if request.frequency_penalty:
        body["frequency_penalty"] = request.frequency_penalty
    if request.presence_penalty:
        body["presence_penalty"] = request.presence_penalty
    if request.seed >= 0:
        body["seed"] = request.seed
    return body


def chat_piece(chunk: Json) -> tuple[str, FinishReason | None]:
    """Text and, with the last piece, the reason why it ended."""
    choice = _choice(chunk)
    return _text(_object(choice.get("delta")).get("content")), _reason(choice.get("finish_reason"))


def hole_piece(chunk: Json) -> tuple[str, FinishReason | None]:
    """As `chat_piece`, of either path."""
    if "content" in chunk:  # llama-server's
        ended = "length" if chunk.get("stop_type") == "limit" else "stop"
        return _text(chunk["content"]), ended if chunk.get("stop") else None
    choice = _choice(chunk)
    return _text(choice.get("text")), _reason(choice.get("finish_reason"))


def _choice(chunk: Json) -> Json:
    choices: Any = chunk.get("choices")
    listed = cast(list[Any], choices) if isinstance(choices, list) else []
    return _object(listed[0]) if listed else {}


def _object(value: Any) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _reason(value: Any) -> FinishReason | None:
    if value is None:
        return None
    return value if value in get_args(FinishReason) else "stop"


def cut_at(text: str, stops: list[str]) -> str | None:
    """`text` up to the first of `stops`; None where there is none."""
    ends = [end for stop in stops if (end := text.find(stop)) >= 0]
    return text[: min(ends)] if ends else None


def model_names(listed: Json) -> dict[str, Json]:
    """The models of `/v1/models` by id, in their order."""
    models: Any = listed.get("data")
    found = [_object(each) for each in cast(list[Any], models)] if isinstance(models, list) else []
    return {each["id"]: each for each in found if isinstance(each.get("id"), str)}


def context_tokens(model: Json) -> int:
    """What a model holds, as vLLM or llama-server say it; 0 where nobody does."""
    said: Any = model.get("max_model_len") or _object(model.get("meta")).get("n_ctx_train")
    return said if isinstance(said, int) else 0


def reason_of(answer: Any, fallback: str) -> str:
    """What an error's body says, in any of the forms that servers have."""
    fields = _object(answer)
    error: Any = fields.get("error")
    said: list[Any] = [error, _object(error).get("message"), fields.get("message"), fields.get("detail")]
    return next((text[:300] for text in said if isinstance(text, str) and text), fallback)


class Meter:
    """What an answer cost, seen from here."""

    def __init__(self) -> None:
        self._started_s = time.perf_counter()
        self._first_s = self._last_s = 0.0
        self._num_pieces = 0
        self._usage: Json = {}

    def take(self, text: str, chunk: Json) -> None:
        """A piece has come."""
        self._usage = _object(chunk.get("usage")) or self._usage
        if text:
            self._last_s = time.perf_counter()
            self._first_s = self._first_s or self._last_s
            self._num_pieces += 1

    def timings(self) -> Timings:
        """The server's counts, or one token a piece where it does not count; our clock."""
        details = _object(self._usage.get("prompt_tokens_details"))
        num_tokens = _count(self._usage, "completion_tokens") or self._num_pieces
        seconds = self._last_s - self._first_s
        return Timings(
            num_prompt_tokens=_count(self._usage, "prompt_tokens"),
            num_cached_tokens=_count(details, "cached_tokens"),
            num_completion_tokens=num_tokens,
            ttft_ms=round(1e3 * (self._first_s - self._started_s), 3) if self._first_s else 0.0,
            decode_tokens_per_s=round((num_tokens - 1) / seconds, 1) if seconds > 0 else 0.0,
        )


def _count(counts: Json, name: str) -> int:
    value: Any = counts.get(name)
    return value if isinstance(value, int) else 0
