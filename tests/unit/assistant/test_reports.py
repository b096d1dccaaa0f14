"""Tables show what strangers wrote as text: neither markup nor control sequences reach the terminal."""

from dataclasses import replace

from assistant.model_reports import print_overview
from assistant.models.overview import Row
from assistant.protocol import Slot, Status
from assistant.reports import print_status

HOSTILE = "[red]x[/red][/] \x1b]52;c;aGk=\x07"
STATUS = Status(
    version="1",
    protocol=1,
    pid=1,
    model="m",
    model_path="/m.gguf",
    context_tokens=10,
    num_queued=0,
    slots=(Slot(num_tokens=3, is_busy=True),),
    memory_bytes=1 << 20,
)


def test_a_models_name_is_shown_and_not_obeyed(capsys) -> None:
    """It comes from the model's file."""
    print_status(replace(STATUS, model=HOSTILE))

    shown = capsys.readouterr().out
    assert "[red]x[/red][/]" in shown
    assert "\x1b" not in shown


def test_a_listed_models_words_are_shown_and_not_obeyed(capsys) -> None:
    """They come from whoever named the file, and from its header."""
    row = Row(name=HOSTILE, path="", num_bytes=1, state="here", licence=HOSTILE, file_type=HOSTILE, why=HOSTILE)
    print_overview([row])

    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[red]" in shown.replace("\n", "")
