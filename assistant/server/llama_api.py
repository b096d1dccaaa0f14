"""llama-server's JSON, to and from our messages, as llama.vim and llama.vscode know it. Pure data, no I/O.

Only fields that are true of us are filled in; its clients take what is there.

Source: tools/server/README.md of llama.cpp.
"""

from collections.abc import Sized
from pathlib import Path
from typing import Any, cast

from assistant import __version__
from assistant.errors import InputError
from assistant.models.names import LISTED
from assistant.protocol import (
    AdapterScales,
    DetokenizeRequest,
    FimRequest,
    Json,
    RequestClass,
    TextRequest,
    TokenizeRequest,
    decode,
)
from assistant.server.engines import ROLES
from assistant.server.fields import (
    FIM,
    MAX_TEXT_CHARS,
    SAMPLING,
    bounded,
    check_supported,
    chosen,
    refuse_forms,
    stop_strings,
)

MAX_ADAPTERS = 64
MAX_SCALE = 100.0


def infill_request(body: Json) -> FimRequest:
    """`/infill`; the text of the current line comes in `prompt` and belongs to the prefix. Our own fields count, too.

    Raises:
        InputError: A field is of the wrong type or out of range.
    """
    check_supported(body)
    refuse_forms(body)
    before, line = (_text(body, name) for name in ("input_prefix", "prompt"))
    fields = chosen(body, "deadline_ms", *SAMPLING, *FIM) | stop_strings(body) | _limits(body)
    fields |= {"prefix": before + line, "suffix": _text(body, "input_suffix"), "chunks": _chunks(body)}
    return bounded(decode(fields, FimRequest))


def _text(body: Json, name: str) -> str:
    value: Any = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{name} is not a text", hint=f'send {{"{name}": "…"}}, or leave it out')
    return value or ""


def _chunks(body: Json) -> list[Json]:
    extra: Any = body.get("input_extra") or []
    if not isinstance(extra, list) or not all(isinstance(each, dict) for each in cast(list[Any], extra)):
        raise InputError("input_extra is not a list of texts", hint='send [{"filename": "…", "text": "…"}]')
    return [{"name": each.get("filename") or "", "text": each.get("text")} for each in cast(list[Json], extra)]


def _limits(body: Json) -> Json:
    """`n_predict`: -1 is "as you like"; 0 asks only to have the prompt in the cache, and no time limit counts."""
    limit: Any = body.get("n_predict")
    if limit == 0:
        return {"warm_up": True}
    fields = {} if limit in (None, -1) else {"max_tokens": limit}
    return fields | ({"deadline_ms": body["t_max_predict_ms"]} if body.get("t_max_predict_ms") else {})


class Infill:
    """The answers of `/infill`."""

    def __init__(self, model: str) -> None:
        self._model = model

    def whole(self, events: list[Json]) -> Json:
        """The answer in one body."""
        return self._ending("".join(event["text"] for event in events), events[-1])

    def piece(self, event: Json) -> Json:
        """One chunk of a stream."""
        if "finish_reason" not in event:
            return {"content": event["text"], "stop": False}
        return self._ending(event["text"], event)

    def closing(self, last: Json) -> list[Json]:
        """Nothing comes after the last event."""
        del last
        return []

    def _ending(self, text: str, last: Json) -> Json:
        timings = last["timings"]
        return {
            "content": text,
            "stop": True,
            "model": self._model,
            "tokens_cached": timings["num_cached_tokens"],
            "tokens_evaluated": timings["num_prompt_tokens"],
            "tokens_predicted": timings["num_completion_tokens"],
            "timings": timings,
        }


def tokenize_request(body: Json) -> TokenizeRequest:
    """`/tokenize`. Raises as `infill_request`."""
    fields = {"content": body.get("content")} | chosen(body, "add_special", "parse_special", "with_pieces")
    request = decode(fields, TokenizeRequest)
    _check_length("content", request.content)
    return request


def detokenize_request(body: Json) -> DetokenizeRequest:
    """`/detokenize`. Raises as `infill_request`."""
    request = decode({"tokens": body.get("tokens")}, DetokenizeRequest)
    _check_length("tokens", request.tokens)
    return request


def applied_template(laid_out: Json) -> Json:
    """`/apply-template`, of what the engine says about a conversation."""
    return {"prompt": "".join(piece["text"] for piece in laid_out["pieces"])}


def _check_length(name: str, value: Sized) -> None:
    if len(value) > MAX_TEXT_CHARS:
        raise InputError(f"{name} is longer than {MAX_TEXT_CHARS}", hint="send it in parts")


def adapter_scales(body: Any) -> AdapterScales:
    """`POST /lora-adapters`: a list of `{"id", "scale"}`, of which ours may say for which `class` of requests.

    Raises:
        InputError: Of the wrong form, too many, or a scale out of range.
    """
    if not isinstance(body, list) or not all(isinstance(each, dict) for each in cast(list[Any], body)):
        raise InputError("the request is not a list of adapters", hint='send [{"id": 0, "scale": 0.5}]')
    scales = [chosen(each, "id", "scale") | {"request_class": each.get("class")} for each in cast(list[Json], body)]
    message = decode({"scales": scales}, AdapterScales)
    if len(message.scales) > MAX_ADAPTERS:
        raise InputError(f"there are more than {MAX_ADAPTERS} scales", hint="send fewer")
    for each in message.scales:
        if not -MAX_SCALE <= each.scale <= MAX_SCALE:
            raise InputError(f"a scale is {each.scale}", hint=f"choose one from {-MAX_SCALE:g} to {MAX_SCALE:g}")
    return message


def adapters(event: Json) -> list[Json]:
    """`GET /lora-adapters`; `scale`, where llama-server has one number, is the chat's."""
    return [
        {"id": each["id"], "path": each["path"], "scale": each["scales"]["chat"], "scales": each["scales"]}
        for each in event["adapters"]
    ]


def model_name(body: Json) -> str:
    """`POST /models/load`: a name, never a path: what comes over HTTP opens no file that was not imported.

    Raises:
        InputError: No name.
    """
    name: Any = body.get("model")
    if not isinstance(name, str) or not LISTED.fullmatch(name):
        raise InputError("model is not the name of a model", hint="`cairn models list` shows the names")
    return name


def role(body: Json) -> RequestClass:
    """For what a model is meant: `completion`, or `chat` where that has a model of its own.

    Raises:
        InputError: Neither.
    """
    found = body.get("role", "completion")
    if found not in ROLES:
        raise InputError("role is neither completion nor chat", hint="leave it out, or send one of them")
    return found


def props(ready: Json, model: Path) -> Json:
    """`/props`: what is served. `ready` is what the engine said of its model."""
    default = TextRequest(prompt="")
    params = {"temperature": default.temperature, "n_predict": default.max_tokens, "max_tokens": default.max_tokens}
    return {
        "default_generation_settings": {"params": params | {"stop": []}, "n_ctx": ready["context_tokens"]},
        "total_slots": ready["num_slots"],
        "model_alias": ready["model"],
        "model_path": str(model),
        "modalities": {"vision": False, "video": False, "audio": False},
        "endpoint_slots": True,
        "endpoint_props": False,
        "endpoint_metrics": True,
        "chat_template": ready["chat_template"],
        "bos_token": ready["bos_token"],
        "eos_token": ready["eos_token"],
        "build_info": f"cairn {__version__}",
        "is_sleeping": False,
    }


def slots(state: Json, ready: Json) -> list[Json]:
    """`/slots`: the engine's sequences; what is said in them is nobody else's business."""
    return [
        {
            "id": index,
            "n_ctx": ready["context_tokens"],
            "speculative": False,
            "is_processing": slot["is_busy"],
            "n_prompt_tokens": slot["num_tokens"],
        }
        for index, slot in enumerate(state["slots"])
    ]
