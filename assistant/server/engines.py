"""Which engine answers what: completions have one, the chat may have another, for a model of its own.

The chat's engine starts when a chat first asks, and each is put away when nobody has asked it for a while. Both stay
in memory where both fit; otherwise the one that is asked takes the other's place, once what runs there has ended.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from assistant.models.card import read_card
from assistant.models.machine import Memory, memory
from assistant.models.memory import fit_together
from assistant.models.opened import OpenModel
from assistant.protocol import Json, RequestClass
from assistant.runtime.process import EngineProcess

ROLES: tuple[RequestClass, ...] = ("completion", "chat")
CHAT_OPS = ("chat", "lay_out_chat")


class Engines:
    """The engine of each role.

    Args:
        completion: Answers everything, or all but the chat.
        chat: Answers the chat where that has a model of its own; it may be the same engine.
        is_apart: The settings name a model for the chat.
        look: Says what memory this machine has.
    """

    def __init__(
        self,
        completion: EngineProcess,
        chat: EngineProcess,
        *,
        is_apart: bool,
        look: Callable[[], Memory] = memory,
    ) -> None:
        self.completion = completion
        self._chat = chat
        self._is_apart = is_apart
        if chat is not completion:
            completion.make_room = lambda file: _make_room(file, chat, look())
            chat.make_room = lambda file: _make_room(file, completion, look())

    @property
    def chat(self) -> EngineProcess:
        """What answers the chat now; two engines never hold the same model."""
        return self._chat if self._is_apart and self._chat.model != self.completion.model else self.completion

    def of(self, op: str) -> EngineProcess:
        """What answers a request."""
        return self.chat if op in CHAT_OPS else self.completion

    def of_role(self, role: RequestClass) -> EngineProcess:
        """What answers a role's requests."""
        return self.chat if role == "chat" else self.completion

    def running(self) -> list[EngineProcess]:
        """Those with a process."""
        return [engine for engine in dict.fromkeys((self.completion, self._chat)) if engine.pid is not None]

    async def load(self, model: Path, role: RequestClass) -> None:
        """Serve another model in a role from now on. Raises as `EngineProcess.switch`; then nothing has changed."""
        if role == "completion" or self._chat is self.completion:
            await self.completion.switch(model)
        elif model != self.completion.model:
            await self._chat.switch(model)
            self._is_apart = True
        else:
            self._is_apart = False
        if self.chat is self.completion and self._chat is not self.completion:
            await self._chat.put_away()

    async def can_chat(self) -> bool:
        """Whether the chat's model was made for conversations; it need not be loaded for that."""
        if self.chat.ready:
            return bool(self.chat.ready["chat_template"])
        return bool((await asyncio.to_thread(read_card, self.chat.model)).chat_template)

    def names(self) -> list[Json]:
        """Each model that is served, as OpenAI lists it; what is not loaded yet by its file's name."""
        engines = dict.fromkeys((self.completion, self.chat))
        ids = (engine.ready.get("model", engine.model.stem) for engine in engines)
        return [{"id": each, "object": "model", "created": 0, "owned_by": "local"} for each in ids]

    async def close(self) -> None:
        """End both, for good."""
        for engine in dict.fromkeys((self.completion, self._chat)):
            await engine.close()


async def _make_room(file: OpenModel, other: EngineProcess, found: Memory) -> None:
    """Let a model that is about to be loaded have the other's memory, unless there is enough for both."""
    loaded = other.file
    if loaded is None or other.pid is None:
        return
    tokens = other.context_tokens
    if found.has_gpu or not fit_together((file, loaded), context_tokens=tokens, total=found.total):
        await other.put_away()
