"""Guesses the next tokens of one answer: repeated text first, then, where there is one, a small model."""

from collections.abc import Callable, Sequence

from assistant.runtime.draft_model import DraftModel
from assistant.runtime.drafting import MAX_DRAFT, DraftCredit, Drafting
from assistant.runtime.prompt_lookup import PromptLookup


class Drafter:
    """Drafts what is worth checking.

    Args:
        prompt: Token ids.
        references: Token ids of other texts that may come up in the answer.
        cost_s: Seconds that a decode of so many tokens of this answer takes.
        credit: What failed drafts may cost; all answers share it.
        model: Guesses where no text does.
    """

    def __init__(
        self,
        prompt: Sequence[int],
        references: Sequence[Sequence[int]],
        *,
        cost_s: Callable[[int], float],
        credit: DraftCredit,
        model: DraftModel | None,
    ) -> None:
        self._lookup = PromptLookup(prompt, references)
        self._by_lookup = Drafting(cost_s, credit)
        self._model = model
        self._by_model = Drafting(lambda count: cost_s(count) + (count - 1) * (model.token_s if model else 0.0), credit)
        self._used = self._by_lookup

    def draft(self, tokens: list[int], max_tokens: int) -> list[int]:
        """The next tokens after `tokens`, prompt and answer; empty where guessing does not pay."""
        self._used = self._by_lookup
        if found := self._lookup.draft(min(MAX_DRAFT, max_tokens)):
            return found[: self._by_lookup.num_tokens()]
        if self._model is None:
            return []
        self._used = self._by_model
        count = min(self._by_model.num_tokens(), max_tokens)
        return self._model.propose(tokens, count) if count else []

    def observe(self, num_drafted: int, num_accepted: int) -> None:
        """Learn from a decode: how many guessed tokens it checked, and how many were right."""
        self._used.observe(num_drafted, num_accepted)

    def extend(self, token: int) -> None:
        """The answer has grown by `token`."""
        self._lookup.extend(token)
