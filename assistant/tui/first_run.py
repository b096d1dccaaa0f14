"""The first screen of somebody without a model: what fits this machine, what lies on its disk, or the built-in one.

What is offered is given, as commands of `cairn`; nothing is looked up and nothing is begun here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant.sanitize import sanitize

TITLE = "Which model shall answer?"
NOTE = "Only a download uses the network, and only now. Later: cairn models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing to choose."""

    group: str
    """What kind of choice it is: offers of one group stand together, below its name."""
    title: str
    about: str
    """Size, licence, speed: what one decides by."""
    commands: tuple[tuple[str, ...], ...]
    """Of `cairn`: what makes it so, one after the other."""


class FirstRun(Screen[Offer | None]):
    """The offers to choose from, by arrow keys, by number or by mouse. It ends with the offer, or None for "not now".

    Args:
        offers: Groups one after the other.
        machine: What the offers were chosen for, in a line.
    """

    DEFAULT_CSS = """
    FirstRun { align: center middle; }
    FirstRun Vertical {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        border: round $primary; border-title-color: $text-primary;
    }
    FirstRun .aside { color: $text-muted; }
    FirstRun OptionList, FirstRun OptionList:focus {
        height: auto; max-height: 1fr; margin: 1 0; border: none; padding: 0; background: transparent;
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,ctrl+q,q", "dismiss", "Not now", priority=True),
        *(Binding(str(number), f"take({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, offers: Sequence[Offer], machine: str = "") -> None:
        super().__init__()
        self.offers = list(offers)
        self.machine = machine

    def compose(self) -> ComposeResult:
        """Lay out the machine, the offers and the note from top to bottom."""
        with Vertical() as box:
            box.border_title = TITLE
            yield Static(Content(sanitize(self.machine)), classes="aside")
            yield OptionList(*self._options())
            yield Static(Content(f"{NOTE}\nEnter takes it, Esc asks again next time."), classes="aside")

    def on_mount(self) -> None:
        """Keys go to the offers; the first that can be taken is marked."""
        self.query_one(OptionList).focus()
        self.query_one(OptionList).action_first()

    def _options(self) -> list[Option]:
        numbers = iter(range(1, len(self.offers) + 1))
        options: list[Option] = []
        for group, offers in groupby(self.offers, key=lambda offer: offer.group):
            options.append(Option(Content.styled(sanitize(group), "bold"), disabled=True))
            options += [self._option(next(numbers), offer) for offer in offers]
        return options

    def _option(self, number: int, offer: Offer) -> Option:
        title, about = sanitize(offer.title), sanitize(offer.about)
        return Option(Content.assemble(f"{number}  {title}  ", (about, "$text-muted")), id=str(number))

    @on(OptionList.OptionSelected)
    def _selected(self, selected: OptionList.OptionSelected) -> None:
        self.action_take(int(selected.option_id or 0))

    def action_take(self, number: int) -> None:
        """End with an offer, counted from 1; a number that none has does nothing."""
        if 1 <= number <= len(self.offers):
            self.dismiss(self.offers[number - 1])


class _FirstRunApp(App[Offer | None]):
    TITLE = "Cairn"

    def __init__(self, screen: FirstRun) -> None:
        super().__init__()
        self._first = screen

    def on_mount(self) -> None:
        self.push_screen(self._first, self.exit)


def choose(offers: Sequence[Offer], machine: str = "") -> Offer | None:
    """Show the screen in the terminal; the offer that was taken, or None."""
    return _FirstRunApp(FirstRun(offers, machine)).run()


def choose_plainly(
    offers: Sequence[Offer], machine: str, show: Callable[[str], None], ask: Callable[[str], str]
) -> Offer | None:
    """The same in lines and without a screen, for screen readers: a number, or nothing for "not now".

    Args:
        offers: As of `FirstRun`.
        machine: As of `FirstRun`.
        show: Takes a line.
        ask: Takes a question and gives what was typed.
    """
    show(sanitize(f"{TITLE} {machine}"))
    numbered = dict(enumerate(offers, 1))
    for group, rows in groupby(numbered.items(), key=lambda row: row[1].group):
        show(sanitize(f"{group}:"))
        for number, offer in rows:
            show(sanitize(f"  {number}. {offer.title}, {offer.about}"))
    show(NOTE)
    typed = ask("Number, or Enter for not now: ").strip()
    return numbered.get(int(typed)) if typed.isdecimal() else None
