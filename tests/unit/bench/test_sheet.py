"""One report for people and for programs."""

import io

from rich.console import Console

from assistant.bench.sheet import Sheet, as_json, drawn, written

SHEET = Sheet("Speed", ("what", "tokens/s"), (("ours", 20.0), ("theirs", None)), bars="tokens/s")


def test_json_names_every_number() -> None:
    """What was not measured is null."""
    rows = [{"what": "ours", "tokens/s": 20.0}, {"what": "theirs", "tokens/s": None}]

    assert as_json([SHEET]) == [{"title": "Speed", "rows": rows}]


def test_numbers_have_three_digits_and_no_exponent() -> None:
    """And a dash stands for what is not known."""
    assert [written(cell) for cell in (12345.6, 123.4, 12.34, 1.234, 0.1234, 7, "x", None)] == [
        "12346", "123", "12.3", "1.23", "0.123", "7", "x", "-",
    ]  # fmt: skip


def test_a_table_shows_names_numbers_and_bars() -> None:
    """A text of somebody else's cannot write to the terminal."""
    console = Console(file=io.StringIO(), width=80)

    console.print(drawn([SHEET, Sheet("\x1b[2J", ("a",), ((1,),))]))

    text = console.file.getvalue()
    assert all(part in text for part in ("Speed", "ours", "20.0", "theirs", "-", "█"))
    assert "\x1b" not in text
