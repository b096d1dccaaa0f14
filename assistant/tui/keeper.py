"""What is said in the chat window goes into the chats' file as it is said."""

from dataclasses import replace

from assistant.chats.recorder import Recorder
from assistant.chats.store import Exchange
from assistant.chats.tree import Measured
from assistant.tui.conversation import Conversation, Reply, new_id


class ChatKeeper:
    """Keeps every conversation under its name: what follows a turn that was changed is a branch of the same chat."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._turn = ""

    def opened(self, conversation: Conversation) -> None:
        """Nothing is kept of what was only looked at."""

    def asked(self, conversation: Conversation) -> None:
        """Keep a question before it is answered."""
        self._turn = new_id()
        self._recorder.save(_exchange(self._turn, conversation))

    def grew(self, conversation: Conversation, reply: Reply) -> None:
        """Keep what there is of the answer."""
        self._recorder.save(replace(_exchange(self._turn, conversation), answer=reply.text))

    def answered(self, conversation: Conversation, reply: Reply, note: str) -> None:
        """Keep all of it."""
        exchange = _exchange(self._turn or new_id(), conversation)  # it may have been stopped before it was sent
        self._turn = ""
        self._recorder.save(replace(exchange, answer=reply.text, is_over=True, measured=_measured(reply, note)))


def _exchange(turn: str, conversation: Conversation) -> Exchange:
    path = conversation.answered("").path
    return Exchange(turn=turn, chat=conversation.id, path=path, system=conversation.system)


def _measured(reply: Reply, note: str) -> Measured:
    timings = reply.end.timings if reply.end else None
    return Measured(
        model=reply.model,
        stop=(reply.end.finish_reason if reply.end else None) or note,
        num_prompt_tokens=timings.num_prompt_tokens if timings else None,
        num_cached_tokens=reply.cached_tokens,
        num_tokens=reply.num_tokens,
        ttft_ms=reply.ttft_ms,
        tokens_per_s=reply.tokens_per_s,
    )
