"""Drafts by prompt lookup: what follows the last tokens where they stood before is likely to follow again.

In edits most of an answer stands in the prompt already, or in a text the model does not see, such as the clipboard.
Source: A. Saxena, Prompt Lookup Decoding (2023); here with an index instead of a search, and a place that is kept.
"""

from collections.abc import Sequence

LONG, SHORT = 5, 3
"""Tokens that must agree: the long run is looked for first, in all texts."""
MAX_ASTRAY = 8
"""So many tokens in a row may differ from the place that is followed before it is given up."""
REACH = 4
"""How much further than one token for one an answer that differs is looked for."""

Run = tuple[int, ...]


class PromptLookup:
    """Guesses how an answer goes on. Costs a few µs per token; the index is built with the first draft.

    Args:
        tokens: The prompt; the answer is added to it token by token.
        references: Token ids of other texts that may come up.
    """

    def __init__(self, tokens: Sequence[int], references: Sequence[Sequence[int]] = ()) -> None:
        self._own = _Text(tokens)
        self._texts = [self._own, *(_Text(reference) for reference in references)]
        self._place: _Place | None = None

    def extend(self, token: int) -> None:
        """The answer goes on with `token`."""
        self._own.append(token)
        if self._place is not None and not self._place.follow(token):
            self._place = None

    def draft(self, max_tokens: int) -> list[int]:
        """The likeliest continuation, at most `max_tokens` ids; empty where nothing is alike.

        A place that is followed without a difference is kept. After a difference, or at the end of its text, a fresh
        match of the last tokens is better. Where there is none, as after a name that was changed, the old place is
        worth one more try: it makes more of edits than it costs; a second try does not.
        """
        if self._place is None or self._place.num_astray or not self._place.ahead(1):
            self._place = self._look_up() or self._place
        return self._place.ahead(max_tokens) if self._place and self._place.num_astray < 2 else []

    def _look_up(self) -> "_Place | None":
        """The last place after the same tokens: the answer and prompt before the references."""
        for length in (LONG, SHORT):
            run = tuple(self._own.tokens[-length:])
            for text in self._texts:
                position = text.after(run) if len(run) == length else None
                if position is not None:
                    return _Place(text.tokens, position)
        return None


class _Text:
    """Token ids and where each run of them was seen last."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self.tokens = list(tokens)
        self._seen: dict[Run, int] = {}
        """The position after a run's last occurrence that something follows."""
        self._is_indexed = False

    def append(self, token: int) -> None:
        if self._is_indexed:
            end = len(self.tokens)
            for length in (LONG, SHORT):
                if end >= length:
                    self._seen[tuple(self.tokens[-length:])] = end
        self.tokens.append(token)

    def after(self, run: Run) -> int | None:
        """The position after the last occurrence of a run of `LONG` or `SHORT` tokens that something follows."""
        if not self._is_indexed:
            self._is_indexed = True
            for length in (LONG, SHORT):
                runs = zip(*(self.tokens[start:-1] for start in range(length)), strict=False)
                self._seen.update(zip(runs, range(length, len(self.tokens)), strict=False))
        return self._seen.get(run)


class _Place:
    """A position in a text that an answer follows."""

    def __init__(self, tokens: list[int], position: int) -> None:
        self._tokens = tokens
        self._position = position
        self.num_astray = 0
        """Tokens since the answer differed."""

    def ahead(self, max_tokens: int) -> list[int]:
        """The next tokens there, as if every token that differed had stood for one token."""
        start = self._position + self.num_astray
        return self._tokens[start : start + max_tokens]

    def follow(self, token: int) -> bool:
        """Move on with the answer; False when it has left this place for good.

        What differs may stand for more or fewer tokens: the answer is back at the first token ahead that agrees.
        """
        reach = self.num_astray + REACH if self.num_astray else 1
        ahead = self._tokens[self._position : self._position + reach]
        if token in ahead:
            self._position += ahead.index(token) + 1
            self.num_astray = 0
        else:
            self.num_astray += 1
        return self.num_astray <= MAX_ASTRAY
