"""llama-server's JSON, to and from our messages, as llama.vim and llama.vscode know it. Pure data, no I/O.

Only fields that are true of us are filled in; its clients take what is there.

Source: tools/server/README.md of llama.cpp.
"""

from pathlib import Path
from typing import Any

from assistant import __version__
from assistant.errors import InputError
from assistant.protocol import DetokenizeRequest, FimRequest, Json, TextRequest, TokenizeRequest, decode
from assistant.server.openai_api import MAX_TEXT_CHARS, bounded, chosen, stop_strings


def infill_request(body: Json) -> FimRequest:
    """`/infill`; the text of the current line comes in `prompt` and belongs to the prefix.

    Raises:
        InputError: A field is of the wrong type or out of range.
    """
    before, line = (_text(body, name) for name in ("input_prefix", "prompt"))
    fields = chosen(body, "temperature") | stop_strings(body) | {"prefix": before + line}
    return bounded(decode(fields | {"suffix": _text(body, "input_suffix")} | _limit(body), FimRequest))


def _text(body: Json, name: str) -> str:
    value: Any = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{name} is not a text", hint=f'send {{"{name}": "…"}}, or leave it out')
    return value or ""


def _limit(body: Json) -> Json:
    """`n_predict`: -1 is "as you like"; 0 asks only to have the prompt in the cache, which costs us one token."""
    limit: Any = body.get("n_predict")
    if limit in (None, -1):
        return {}
    return {"max_tokens": 1 if limit == 0 else limit}


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
    if len(request.content) > MAX_TEXT_CHARS:
        raise InputError(f"content is longer than {MAX_TEXT_CHARS} characters", hint="send it in parts")
    return request


def detokenize_request(body: Json) -> DetokenizeRequest:
    """`/detokenize`. Raises as `infill_request`."""
    return decode({"tokens": body.get("tokens")}, DetokenizeRequest)


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
