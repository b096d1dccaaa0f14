"""OpenAI's JSON for whole answers, without streaming. Pure data: what a stranger sent is read field by field.

Source: OpenAI's API reference (chat completions; legacy completions), and vLLM's server, which follows it.
"""

import json
import math
from typing import Any

from training.asking.model import Draw, Prompt, Reply, cut

MAX_STOPS = 4
"""OpenAI's limit; the others are looked for in the answer."""
Json = dict[str, Any]


class MalformedError(Exception):
    """An answer that is none."""


def request_of(prompt: Prompt, draw: Draw, model: str, *, with_logprobs: bool) -> tuple[str, Json]:
    """Path and body."""
    body: Json = {"model": model, "max_tokens": draw.max_tokens, "stream": False}
    body |= {"temperature": draw.temperature, "top_p": draw.top_p, "seed": draw.seed}
    if draw.stops:
        body["stop"] = list(draw.stops[:MAX_STOPS])
    if isinstance(prompt, str):
        return "/v1/completions", body | {"prompt": prompt} | ({"logprobs": 1} if with_logprobs else {})
    turns = [{"role": turn.role, "content": turn.content} for turn in prompt]
    return "/v1/chat/completions", body | {"messages": turns} | ({"logprobs": True} if with_logprobs else {})


def reply_of(body: bytes, stops: tuple[str, ...]) -> Reply:
    """The first choice of an answer to either path.

    Raises:
        MalformedError: There is none.
    """
    choice = _first(_decoded(body).get("choices"))
    text = _object(choice.get("message")).get("content") if "message" in choice else choice.get("text")
    if not isinstance(text, str):
        raise MalformedError("an answer without text")
    reason = choice.get("finish_reason")
    shown = cut(text, stops)
    return Reply(
        text=shown,
        finish_reason=reason[:20] if isinstance(reason, str) else "",
        # that of a text of which a part was cut off is not known
        mean_logprob=_mean_logprob(_object(choice.get("logprobs"))) if shown == text else None,
    )


def first_model(body: bytes) -> str:
    """The id of the first model of `/v1/models`; empty if it lists none."""
    try:
        name = _first(_decoded(body).get("data")).get("id")
    except MalformedError:
        return ""
    return name if isinstance(name, str) else ""


def reason_of(body: bytes) -> str:
    """What a refusal says of itself, in a line; servers differ in where."""
    try:
        said = _decoded(body)
    except MalformedError:
        return ""
    error = said.get("error", said)
    message = error.get("message", "") if isinstance(error, dict) else error
    return " ".join(str(message).split())[:200]


def _decoded(body: bytes) -> Json:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("an answer that is not JSON") from None
    if not isinstance(answer, dict):
        raise MalformedError("an answer that is no object")
    return answer


def _mean_logprob(logprobs: Json) -> float | None:
    """Of chat's `content`, one object a token, or of the legacy `token_logprobs`, one number a token."""
    spoken = logprobs.get("content")
    listed = (
        logprobs.get("token_logprobs") if spoken is None else [_object(each).get("logprob") for each in _list(spoken)]
    )
    values = [each for each in _list(listed) if type(each) in (int, float) and math.isfinite(each)]
    return sum(values) / len(values) if values else None


def _first(value: Any) -> Json:
    choices = _list(value)
    if not choices:
        raise MalformedError("an answer without choices")
    return _object(choices[0])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
