"""What the model said at the cursor, so that text which continues it is answered without the model. Pure data."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from assistant.protocol import FimRequest, FinishReason

MAX_DOCUMENTS = 256
MAX_PER_DOCUMENT = 4
"""More than one, so that what was there before a slip of the finger is there again after it is deleted."""
MAX_CHARS = 32 << 20
"""Of all texts that are remembered, prompts included."""


@dataclass(slots=True, eq=False)
class Suggestion:
    """One answer of the model: whole, or as far as it has come."""

    request: FimRequest
    text: str = ""
    finish_reason: FinishReason | None = None
    """None while the model is still saying it."""
    question: FimRequest = field(init=False)

    def __post_init__(self) -> None:
        self.question = _question(self.request)

    def rest(self, request: FimRequest) -> str | None:
        """What is left of the text where `request` stands; None where it does not continue this suggestion.

        A request that is ahead of a running suggestion, but agrees with it so far, gets the empty text: more may come.
        """
        prefix = self.request.prefix
        if not request.prefix.startswith(prefix) or _question(request) != self.question:
            return None
        typed = request.prefix[len(prefix) :]
        if self.text.startswith(typed):
            rest = self.text[len(typed) :]
            return rest if rest or self.finish_reason is None else None
        is_ahead = self.finish_reason is None and typed.startswith(self.text)
        return "" if is_ahead else None

    def num_chars(self) -> int:
        """Of prompt and text."""
        request = self.request
        chunks = sum(len(chunk.text) for chunk in request.chunks)
        return len(request.prefix) + len(request.suffix) + chunks + len(self.text)


class Suggestions:
    """The last suggestions of each client and document; the document that was not asked about longest is forgotten."""

    def __init__(self) -> None:
        self._documents: OrderedDict[tuple[str, str], list[Suggestion]] = OrderedDict()

    def find(self, request: FimRequest) -> Suggestion | None:
        """The newest suggestion that `request` continues."""
        return next((each for each in reversed(self._of(request)) if each.rest(request) is not None), None)

    def begin(self, request: FimRequest) -> Suggestion:
        """Remember the answer that the model is about to give. One that is still running will be cancelled by it."""
        begun = Suggestion(request)
        whole = [each for each in self._of(request) if each.finish_reason is not None]
        self._documents[_key(request)] = [*whole, begun][-MAX_PER_DOCUMENT:]
        self._documents.move_to_end(_key(request))
        self._forget_oldest()
        return begun

    def forget(self, suggestion: Suggestion) -> None:
        """It was cancelled, or failed: nobody shall wait for it."""
        known = self._of(suggestion.request)
        if suggestion in known:
            known.remove(suggestion)

    def __len__(self) -> int:
        return len(self._documents)

    def num_chars(self) -> int:
        """Of everything remembered."""
        return sum(each.num_chars() for known in self._documents.values() for each in known)

    def _of(self, request: FimRequest) -> list[Suggestion]:
        return self._documents.get(_key(request), [])

    def _forget_oldest(self) -> None:
        while len(self) > MAX_DOCUMENTS or (len(self) > 1 and self.num_chars() > MAX_CHARS):
            self._documents.popitem(last=False)


def _key(request: FimRequest) -> tuple[str, str]:
    return request.client, request.document


def _question(request: FimRequest) -> FimRequest:
    """All that decides what the model says, but for the prefix."""
    return replace(request, prefix="", references=(), deadline_ms=0, early_ms=0)
