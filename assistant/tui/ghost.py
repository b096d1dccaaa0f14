"""How a question may go on, as the model has it: grey text after the cursor. Local models only, and only when idle."""

from assistant.errors import CairnError
from assistant.protocol import FimRequest
from assistant.sanitize import sanitize
from assistant.tui.session import Session

_MOST_TOKENS = 16
_MOST_CELLS = 60


class Ghost:
    """Fills the hole at the prompt's cursor.

    An endpoint is not asked: what is not sent yet does not leave the machine. A model that cannot fill holes is asked
    once.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._is_able = True

    async def suggest(self, before: str, after: str) -> str:
        """Give the rest of the line; "" while an answer streams, for commands, and where the model has none."""
        status = self._session.status
        is_local = status is not None and bool(status.pid)
        if not (self._is_able and is_local) or self._session.reply or before.startswith("/"):
            return ""
        request = FimRequest(
            prefix=before,
            suffix=after,
            max_tokens=_MOST_TOKENS,
            single_line=True,
            client="chat",
            document="prompt",
        )
        try:
            completion = await self._session.assistant.complete(request)
        except CairnError:
            self._is_able = False
            return ""
        line = completion.text.partition("\n")[0].rstrip()
        return sanitize(line)[:_MOST_CELLS] if line.strip() else ""
