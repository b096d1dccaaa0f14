"""A conversation with the model behind it: asked, streamed, stopped, and told to whoever keeps it. No widgets."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Protocol

from assistant.client import Assistant
from assistant.protocol import Status
from assistant.tui.conversation import Conversation, Reply

Prepare = Callable[["Session", str], Awaitable[str]]
"""From a question to what the model shall read in its place: with the files it names. Raises `CairnError`."""


class Keeper(Protocol):
    """Hears what happens in a conversation, to keep it."""

    def opened(self, conversation: Conversation) -> None:
        """Another conversation is the current one now: a new one, or an old one."""
        ...

    def asked(self, conversation: Conversation) -> None:
        """Its last turn was just sent."""
        ...

    def grew(self, conversation: Conversation, reply: Reply) -> None:
        """The answer to its last turn has more text than before; called a few times a second at most."""
        ...

    def answered(self, conversation: Conversation, reply: Reply, note: str) -> None:
        """The answer is over, and in the conversation; `note` says how it ended."""
        ...


class Session:
    """One conversation at a time.

    Attributes:
        assistant: Who answers.
        status: What is known of it; None until it has said.
        conversation: All turns so far.
        reply: The answer on its way; None between answers.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        keepers: Sequence[Keeper] = (),
        prepare: Sequence[Prepare] = (),
        answer_tokens: int = 512,
    ) -> None:
        self.assistant = assistant
        self.status: Status | None = None
        self.conversation = Conversation()
        self.reply: Reply | None = None
        self._keepers = keepers
        self._prepare = prepare
        self._answer_tokens = answer_tokens
        self._num_kept = 0
        self._changing = asyncio.Lock()

    def open(self, conversation: Conversation) -> None:
        """Go on with this one."""
        self.conversation = conversation
        for keeper in self._keepers:
            keeper.opened(conversation)

    def ask(self, question: str) -> Reply:
        """Add a question; its answer comes with `read`."""
        self.conversation = self.conversation.asked(question)
        self.reply, self._num_kept = Reply(started_s=time.monotonic()), 0
        return self.reply

    async def read(self, reply: Reply) -> AsyncGenerator[str, None]:
        """Send the last question and give the answer piece by piece. Closing it cancels it in the model, too.

        Raises:
            CairnError: It could not be prepared, sent or answered.
        """
        async with self._changing:  # who answers then reads it, and is named
            reply.model = self.status.model if self.status else ""
        text = self.conversation.turns[-1].question
        for prepare in self._prepare:
            text = await prepare(self, text)
        self.conversation = self.conversation.reading(text)
        for keeper in self._keepers:
            keeper.asked(self.conversation)
        request = self.conversation.request(max_tokens=self._answer_tokens)
        async with aclosing(self.assistant.chat(request)) as deltas:
            async for delta in deltas:
                reply.take(delta, time.monotonic())
                yield delta.text

    def keep(self) -> None:
        """Tell the keepers what came since the last call."""
        if self.reply and len(self.reply.pieces) > self._num_kept:
            self._num_kept = len(self.reply.pieces)
            for keeper in self._keepers:
                keeper.grew(self.conversation, self.reply)

    def end(self, note: str) -> None:
        """Close the answer, as far as it came."""
        if reply := self.reply:
            self.reply = None
            self.conversation = self.conversation.answered(reply.text)
            for keeper in self._keepers:
                keeper.answered(self.conversation, reply, note)

    async def change_model(self, load: Callable[[], Awaitable[None]]) -> Status:
        """Wait until another model is loaded; what is asked meanwhile waits for it, too, and is never the old one's.

        Raises:
            CairnError: It cannot be loaded. The old one answers then.
        """
        async with self._changing:
            await load()
            return await self.learn_status()

    async def learn_status(self) -> Status:
        """Ask who answers in the chat. Raises `CairnError`."""
        self.status = (await self.assistant.status()).of_chat()
        return self.status
