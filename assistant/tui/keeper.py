"""What is said in the chat window goes into the chats' file as it is said."""

from dataclasses import replace

from assistant.chats.recorder import Recorder
from assistant.chats.store import Exchange
from assistant.chats.tree import Measured, measured_by, new_name
from assistant.tui.conversation import Conversation, Reply


class ChatKeeper:
    """Keeps every conversation under its name: what follows a turn that was changed is a branch of the same chat."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._turn = ""

    def opened(self, conversation: Conversation) -> None:
        """Nothing is kept of what was only looked at."""

    def asked(self, conversation: Conversation) -> None:
        """Keep a question before it is answered."""
        self._turn = new_name()
        self._recorder.save(_exchange(self._turn, conversation))

    def grew(self, conversation: Conversation, reply: Reply) -> None:
        """Keep what there is of the answer."""
        self._recorder.save(replace(_exchange(self._turn, conversation), answer=reply.text))

    def answered(self, conversation: Conversation, reply: Reply, note: str) -> None:
        """Keep all of it."""
        exchange = _exchange(self._turn or new_name(), conversation)  # it may have been stopped before it was sent
        self._turn = ""
        self._recorder.save(replace(exchange, answer=reply.text, is_over=True, measured=_measured(reply, note)))


def _exchange(turn: str, conversation: Conversation) -> Exchange:
    path = conversation.answered("").path
    return Exchange(turn=turn, chat=conversation.id, path=path, system=conversation.system)


def _measured(reply: Reply, note: str) -> Measured:
    """What the daemon said at the end; of an answer that was stopped, what was seen from here."""
    seen = Measured(
        model=reply.model,
        stop=note,
        num_tokens=reply.num_tokens,
        ttft_ms=reply.ttft_ms,
        tokens_per_s=reply.tokens_per_s,
    )
    return measured_by(reply.end, seen) if reply.end else seen
