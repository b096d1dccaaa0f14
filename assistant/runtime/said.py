"""What of an answer was handed on already: a new engine says it again, whoever waits for it must not hear it twice."""

from collections.abc import AsyncGenerator, AsyncIterator

from assistant.protocol import Json


class OtherWordsError(Exception):
    """The new engine says something else than the old one had begun to say."""


class Said:
    """The text of one answer, over as many tries as it takes."""

    def __init__(self) -> None:
        self._text = ""
        self._to_repeat = ""
        """What this try must say again before it says anything new."""

    def start_over(self) -> None:
        """Another try begins."""
        self._to_repeat = self._text

    async def news(self, events: AsyncIterator[Json]) -> AsyncGenerator[Json]:
        """The events of one try, without the text that an earlier one has said.

        Raises:
            OtherWordsError: This try says something else.
        """
        async for event in events:
            text = self._new_part(event.get("text", ""))
            if "finish_reason" in event and self._to_repeat:
                raise OtherWordsError
            if "text" not in event or text or "finish_reason" in event:
                self._text += text
                yield event | {"text": text} if "text" in event else event

    def _new_part(self, text: str) -> str:
        length = min(len(text), len(self._to_repeat))
        if text[:length] != self._to_repeat[:length]:
            raise OtherWordsError
        self._to_repeat = self._to_repeat[length:]
        return text[length:]
