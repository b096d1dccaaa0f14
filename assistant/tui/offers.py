"""The list above the prompt: what fits the word being typed."""

from textual.content import Content
from textual.widgets import OptionList

from assistant.sanitize import sanitize
from assistant.tui.completion import Candidate, Offer


class Offers(OptionList):
    """Shown while there is an offer; keys stay with the prompt, which moves through it."""

    can_focus = False

    DEFAULT_CSS = """
    Offers {
        display: none; height: auto; max-height: 8; margin: 0 1; padding: 0 1;
        border: none; background: $panel; scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    Offers.-open { display: block; }
    Offers:ansi > .option-list--option-highlighted {
        color: $block-cursor-foreground; background: $block-cursor-background;
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._offer: Offer | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something to take."""
        return self._offer is not None

    @property
    def chosen(self) -> tuple[int, Candidate] | None:
        """The marked candidate, and where the text that it replaces begins."""
        if self._offer is None or self.highlighted is None:
            return None
        return self._offer.start, self._offer.candidates[self.highlighted]

    def present(self, offer: Offer | None) -> None:
        """Show an offer, its best marked; None closes the list."""
        self._offer = offer
        self.set_class(offer is not None, "-open")
        self.clear_options()
        if offer:
            width = max(len(each.text) for each in offer.candidates)
            self.add_options(_line(each, width) for each in offer.candidates)
            self.highlighted = 0


def _line(candidate: Candidate, width: int) -> Content:
    return Content.assemble(sanitize(candidate.text).ljust(width), "  ", (sanitize(candidate.detail), "dim"))
