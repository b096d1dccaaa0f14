"""A GGUF file, in an engine process of our own: no daemon, no socket."""

from contextlib import aclosing
from pathlib import Path
from typing import Self

from assistant.errors import EngineError, InputError
from assistant.protocol import ChatRequest, TextRequest
from assistant.runtime.options import EngineOptions, default_threads
from assistant.runtime.process import EngineProcess
from training.asking.model import Draw, Prompt, RefusedError, Reply


class GgufModel:
    """A model file.

    Args:
        path: The file.
        width: Answers at a time; the engine computes them in one batch as far as it has sequences for them.
        context_tokens: For all of them together.
    """

    def __init__(self, path: Path, *, width: int = 8, context_tokens: int = 8192) -> None:
        self.name = f"gguf/{path.stem}"
        self.width = width
        self._engine = EngineProcess(path, EngineOptions(context_tokens=context_tokens, threads=default_threads()))

    async def __aenter__(self) -> Self:
        """Load the model. Raises `CairnError`."""
        try:
            await self._engine.start()
        except BaseException:
            await self._engine.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._engine.close()

    async def ask(self, prompt: Prompt, draw: Draw) -> Reply:
        """Draw one answer. Raises as `Model.ask`."""
        op, request = _request(prompt, draw)
        text, reason = "", ""
        try:
            async with aclosing(self._engine.stream(op, request)) as events:
                async for event in events:
                    text += event.get("text", "")
                    reason = event.get("finish_reason") or reason
        except (
            InputError,
            EngineError,
        ) as error:  # too long for it, or it died of it; one that cannot start is no case
            raise RefusedError(str(error), hint=error.hint) from error
        return Reply(text=text, finish_reason=reason)


def _request(prompt: Prompt, draw: Draw) -> tuple[str, TextRequest | ChatRequest]:
    fields = {name: getattr(draw, name) for name in ("temperature", "seed", "max_tokens", "top_p")}
    if isinstance(prompt, str):
        return "text", TextRequest(prompt=prompt, stop=draw.stops, top_k=0, **fields)
    return "chat", ChatRequest(messages=prompt, stop=draw.stops, top_k=0, **fields)
