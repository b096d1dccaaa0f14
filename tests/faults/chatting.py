"""A chat that goes on and on, to be killed: `python -m tests.faults.chatting FILE CHAT WITNESS`.

Before the chat is told of a piece of an answer, the witness is: a line with the number of the question and the time.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from random import Random

from assistant.chats.recorder import Recorder
from assistant.protocol import ChatDelta, ChatRequest
from assistant.tui.app import ChatApp
from assistant.tui.conversation import Conversation
from assistant.tui.sessions import feature
from tests.unit.tui.conftest import ScriptedChat

PIECES_PER_S = 200


def piece(question: int, number: int) -> str:
    """What the assistant says, piece by piece."""
    return f"piece {number} of answer {question}\n"


class EndlessChat(ScriptedChat):
    """Answers of 20 to 300 pieces, each made known to a witness first."""

    def __init__(self, witness: Path) -> None:
        super().__init__()
        self._witness = os.open(witness, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._random = Random()

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Answer the question whose number it is."""
        question = int(request.messages[-1].content.split()[-1])
        for number in range(self._random.randrange(20, 300)):
            os.write(self._witness, f"{question} {number} {time.monotonic()}\n".encode())
            yield ChatDelta(text=piece(question, number))
            await asyncio.sleep(1 / PIECES_PER_S)
        yield ChatDelta(text="", finish_reason="stop")


async def chat_on(file: Path, chat: str, witness: Path) -> None:
    """Ask one question after the other."""
    app = ChatApp(EndlessChat(witness), features=[feature(Recorder(file))])
    async with app.run_test():
        app.open(Conversation(id=chat))
        for question in range(1_000_000):
            app.ask(f"question {question}")
            while app.session.reply:
                await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(chat_on(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
