"""OpenAI's paths, and two of our own that take the same bodies."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant.errors import InputError
from assistant.protocol import Json
from assistant.server import openai_api
from assistant.server.bodies import read_object, until_disconnect
from assistant.server.forms import Chat, Completions
from assistant.server.work import Handler, Work


class OpenAIRoutes:
    """What OpenAI's clients ask for."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        return [
            ("GET", "/v1/models", self.models),
            ("POST", "/v1/completions", self.completions),
            ("POST", "/v1/chat/completions", self.chat),
            ("POST", "/cairn/prompt", self.prompt),
            ("POST", "/cairn/chat-prompt", self.chat_prompt),
        ]

    async def models(self, request: Request) -> Response:
        """The models that are served, as OpenAI lists them."""
        await until_disconnect(request, self._work.engine.start())
        return JSONResponse({"object": "list", "data": self._work.engines.names()})

    async def completions(self, request: Request) -> Response:
        """Continue a text or, with `suffix`, fill a hole."""
        body = await self._with_hole(request, await read_object(request))
        op, message = openai_api.completion_request(body)
        form = Completions(self._work.engine.model.stem, with_usage=openai_api.wants_usage(body))
        return await self._work.answer(request, body, op, message, form)

    async def _with_hole(self, request: Request, body: Json) -> Json:
        """Which marks make a hole, the loaded model says."""
        engine = self._work.engine
        if not str(body.get("prompt")).startswith("<"):  # as every family's mark
            return body
        await until_disconnect(request, engine.start())
        return openai_api.with_hole(body, engine.ready["fim_marks"])

    async def prompt(self, request: Request) -> Response:
        """The prompt of a hole, asked for as by `completions`, as the model would read it; nothing is computed."""
        op, message = openai_api.completion_request(await read_object(request))
        if op != "fim":
            raise InputError("there is no suffix", hint='send {"prompt": "…", "suffix": "…"}, or read your own text')
        return JSONResponse(await self._work.ask(request, "lay_out", message))

    async def chat_prompt(self, request: Request) -> Response:
        """The prompt of a conversation, asked for as by `chat`, as the model would read it; nothing is computed."""
        message = openai_api.chat_request(await read_object(request))
        return JSONResponse(await self._work.ask(request, "lay_out_chat", message))

    async def chat(self, request: Request) -> Response:
        """The next turn of a conversation."""
        body = await read_object(request)
        message = openai_api.chat_request(body)
        form = Chat(self._work.engines.chat.model.stem, with_usage=openai_api.wants_usage(body))
        return await self._work.answer(request, body, "chat", message, form)
