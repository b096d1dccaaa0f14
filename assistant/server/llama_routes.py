"""llama-server's paths, and ours beside its `/models/load`: which names that takes."""

import asyncio
from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assistant import config
from assistant.models.local import find_model
from assistant.models.overview import Row, overview
from assistant.protocol import ListedModel, RequestClass, encode
from assistant.server import llama_api, openai_api
from assistant.server.bodies import read_json, read_object, until_disconnect
from assistant.server.engines import ROLES
from assistant.server.refusals import RefusedError
from assistant.server.work import Handler, Work


class LlamaRoutes:
    """What llama-server's clients ask for."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        return [
            ("POST", "/infill", self.infill),
            ("POST", "/tokenize", self.tokenize),
            ("POST", "/detokenize", self.detokenize),
            ("POST", "/apply-template", self.apply_template),
            ("GET", "/props", self.props),
            ("GET", "/slots", self.slots),
            ("GET", "/lora-adapters", self.adapters),
            ("POST", "/lora-adapters", self.set_adapters),
            ("POST", "/models/load", self.load_model),
            ("GET", "/cairn/models", self.listed),
        ]

    async def infill(self, request: Request) -> Response:
        """Fill a hole, asked for as llama-server's clients ask."""
        body = await read_object(request)
        message = llama_api.infill_request(body)
        return await self._work.answer(request, body, "fim", message, llama_api.Infill(self._work.engine.model.stem))

    async def tokenize(self, request: Request) -> Response:
        """The ids of a text."""
        body = await read_object(request)
        message = llama_api.tokenize_request(body)
        return JSONResponse(await self._work.ask(request, "tokenize", message, role=llama_api.role(body)))

    async def detokenize(self, request: Request) -> Response:
        """The text of ids."""
        body = await read_object(request)
        message = llama_api.detokenize_request(body)
        return JSONResponse(await self._work.ask(request, "detokenize", message, role=llama_api.role(body)))

    async def apply_template(self, request: Request) -> Response:
        """The text of a conversation in the model's template."""
        message = openai_api.chat_request(await read_object(request))
        return JSONResponse(llama_api.applied_template(await self._work.ask(request, "lay_out_chat", message)))

    async def props(self, request: Request) -> Response:
        """The model and how it is served."""
        engine = self._work.engine
        await until_disconnect(request, engine.start())
        return JSONResponse(llama_api.props(engine.ready, engine.model))

    async def slots(self, request: Request) -> Response:
        """What each slot does; with `fail_on_no_slot`, status 503 when all are busy."""
        engine = self._work.engine
        state = await until_disconnect(request, engine.slots())
        if "fail_on_no_slot" in request.query_params and all(slot["is_busy"] for slot in state["slots"]):
            raise RefusedError("no slot is free", hint="try again", status=503)
        return JSONResponse(llama_api.slots(state, engine.ready))

    async def adapters(self, request: Request) -> Response:
        """The LoRA adapters and how much of each is added."""
        return JSONResponse(llama_api.adapters(await self._work.ask(request, "adapters")))

    async def set_adapters(self, request: Request) -> Response:
        """Add more or less of an adapter, from the next request on."""
        message = llama_api.adapter_scales(await read_json(request))
        await self._work.ask(request, "set_adapters", message)
        return JSONResponse({"success": True})

    async def load_model(self, request: Request) -> Response:
        """Serve another of the models on this machine."""
        body = await read_object(request)
        path = find_model(llama_api.model_name(body))
        await until_disconnect(request, self._work.engines.load(path, llama_api.role(body)))
        return JSONResponse({"success": True})

    async def listed(self, _request: Request) -> Response:
        """The whole models of this machine, and which of them are served."""
        context_tokens = config.load().context_tokens
        rows = await asyncio.to_thread(overview, {}, context_tokens=context_tokens)
        whole = [row for row in rows if row.state in ("here", "in place")]
        return JSONResponse({"models": [encode(self._listed(row)) for row in whole]})

    def _listed(self, row: Row) -> ListedModel:
        return ListedModel(
            name=row.name,
            num_bytes=row.num_bytes,
            file_type=row.file_type,
            context_tokens=row.context_tokens,
            chats=row.chats,
            verdict=row.verdict,
            serves=tuple(self._serving(row.path)),
        )

    def _serving(self, path: str) -> Iterator[RequestClass]:
        for role in ROLES:
            if str(self._work.engines.of_role(role).model.resolve()) == path:
                yield role
