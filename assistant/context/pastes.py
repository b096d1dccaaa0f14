"""Chips in the place of long pasted text: `[pasted 120 lines]` in the prompt, the text itself for the model. Pure."""

import re

MIN_LINES = 8
MIN_CHARS = 800
_CHIP = re.compile(r"\[pasted \d+ lines?(?: #\d+)?\]")


class Pastes:
    """The texts behind chips, as long as a chat runs."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def chip(self, text: str) -> str:
        """What to put into the prompt: a short text itself, for a long one a chip that no other text has."""
        num_lines = text.count("\n") + 1
        if num_lines < MIN_LINES and len(text) < MIN_CHARS:
            return text
        label = f"pasted {num_lines} line{'s' if num_lines > 1 else ''}"
        number = 1
        while self._texts.setdefault(chip := f"[{label}]" if number == 1 else f"[{label} #{number}]", text) != text:
            number += 1
        return chip

    def expand(self, question: str) -> str:
        """The question with the texts in the place of their chips; what only looks like one stays."""
        return _CHIP.sub(lambda match: self._texts.get(match[0], match[0]), question)

    def text(self, chip: str) -> str | None:
        """What stands behind a chip; None where it is none."""
        return self._texts.get(chip)
