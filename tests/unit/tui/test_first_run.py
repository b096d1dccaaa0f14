"""The first screen: offers by group, one key to take one, and nothing begun by itself."""

import pytest
from textual.app import App
from textual.widgets import OptionList

from assistant import paths
from assistant.cli import welcome
from assistant.first_offers import BUILT_IN, first_offers
from assistant.models.catalogue import entries
from assistant.tui.first_run import FirstRun, Offer, choose_plainly

OFFERS = [
    Offer(
        group="Download",
        title=f"qwen2.5-coder:{size}",
        about=f"{gb} GB, Apache-2.0, about {speed} tokens/s here",
        commands=(("models", "pull", f"qwen2.5-coder:{size}"),),
    )
    for size, gb, speed in (("7b", 4.7, 9), ("1.5b", 1.0, 38), ("0.5b", 0.4, 90))
] + [
    Offer(
        group="Already on this disk",
        title="[red]evil\x1b[31m.gguf",
        about="2.0 GB, in ~/.ollama",
        commands=(("models", "import", "/x/evil.gguf"),),
    ),
    BUILT_IN,
]


class Stage(App[Offer | None]):
    def __init__(self, offers=OFFERS) -> None:
        super().__init__()
        self._first = FirstRun(offers, "4 cores, 12 GB of memory free")

    def on_mount(self) -> None:
        self.push_screen(self._first, self.exit)


@pytest.mark.parametrize(
    ("keys", "taken"),
    [
        (["enter"], OFFERS[0]),
        (["down", "down", "enter"], OFFERS[2]),
        (["down", "down", "down", "enter"], OFFERS[3]),
        (["5"], OFFERS[4]),
        (["escape"], None),
        (["q"], None),
        (["9", "escape"], None),
    ],
)
async def test_an_offer_is_taken_by_arrows_or_by_its_number(keys, taken) -> None:
    """Headings are passed over; a number that none has does nothing."""
    app = Stage()
    async with app.run_test() as pilot:
        await pilot.press(*keys)

    assert app.return_value == taken


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
async def test_every_offer_is_seen_at_any_size(size) -> None:
    """Without scrolling, with what one decides by, and no text of a file's is obeyed."""
    app = Stage()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        rows = app.screen.query_one(OptionList)
        lines = "\n".join(
            "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
        )

    for offer in OFFERS[:3]:
        assert offer.title in lines
    assert "[red]evil\\u{1b}[31m.gguf" in lines
    assert "built-in" in lines
    assert "Esc" in lines
    assert rows.max_scroll_y == 0


@pytest.mark.parametrize(
    ("typed", "taken"), [("2", OFFERS[1]), ("", None), ("x", None), ("99", None), (" 5 ", OFFERS[4])]
)
def test_the_same_is_asked_in_plain_lines(typed, taken) -> None:
    """For screen readers: sentences, numbers, no frame."""
    shown: list[str] = []

    assert choose_plainly(OFFERS, "4 cores", shown.append, lambda _question: typed) == taken
    assert "  2. qwen2.5-coder:1.5b, 1.0 GB, Apache-2.0, about 38 tokens/s here" in shown
    assert not any("\x1b" in line for line in shown)


def test_what_is_taken_is_done_by_the_command_that_does_it_anyway(home, monkeypatch, capsys) -> None:
    """The built-in model, taken: it is in the settings, and the next start goes straight to the chat."""
    monkeypatch.setattr("assistant.first_offers.first_offers", lambda: OFFERS)
    monkeypatch.setattr("builtins.input", lambda _question: "5")
    monkeypatch.setenv("ACCESSIBLE", "1")

    welcome()

    assert (home / "config" / "cairn" / "config.toml").read_text() == 'model = "builtin"\n'
    assert "builtin is used for completion from now on" in capsys.readouterr().out


@pytest.mark.parametrize("text", ['model = "builtin"', 'endpoint = "http://x/v1"'])
def test_who_has_chosen_is_not_asked_again(home, text) -> None:
    """The choice is a setting, there is no other memory of it."""
    assert first_offers()
    (home / "config" / "cairn").mkdir(parents=True)
    (home / "config" / "cairn" / "config.toml").write_text(text)

    assert first_offers() == []


def test_a_model_of_another_program_is_taken_in_where_it_lies_and_used(home, monkeypatch, capsys) -> None:
    """What is offered is what this machine has: here one that llama.cpp fetched."""
    store = home / "llama.cpp"
    store.mkdir()
    (store / "small-Q8_0.gguf").write_bytes(paths.BUILTIN_MODEL.read_bytes())
    monkeypatch.setenv("LLAMA_CACHE", str(store))
    monkeypatch.setenv("ACCESSIBLE", "1")
    titles = [offer.title for offer in first_offers()]
    monkeypatch.setattr("builtins.input", lambda _question: str(titles.index("llama.cpp:small-Q8_0.gguf") + 1))

    welcome()

    assert "small-Q8_0 is used for completion from now on" in capsys.readouterr().out
    assert first_offers() == []
    assert titles[-1] == BUILT_IN.title


def test_what_is_offered_to_be_fetched_are_names_of_the_catalogue(home) -> None:
    """With the two commands that fetch it and use it."""
    names = {entry.name for entry in entries()}

    for offer in first_offers():
        if offer.group.startswith("Fetch"):
            assert offer.commands == (("models", "pull", offer.title), ("models", "use", offer.title))
            assert offer.title in names
