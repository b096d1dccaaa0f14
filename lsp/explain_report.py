"""An explanation on the screen, or as JSON. Texts are files' and the model's: they pass the sanitiser."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.protocol import Json, encode
from assistant.sanitize import sanitize
from lsp.explain import Explanation, Reasoned, Window

STYLES = {"mark": "bold reverse", "context": "cyan", "suffix": "dim", "prefix": "", "begun": "underline"}
"""By the role of a piece of the prompt."""
ROOM = {True: "yes", False: "no room", None: "not known"}


def as_json(explanation: Explanation) -> Json:
    """All of it; lines count from 1, as in the place."""
    return {
        "place": explanation.place,
        "model": explanation.model,
        "window_tokens": explanation.window_tokens,
        "is_counted": explanation.is_counted,
        "note": explanation.note,
        "prefix": _window_json(explanation.prefix),
        "suffix": _window_json(explanation.suffix),
        "excerpts": [_excerpt_json(each) for each in explanation.excerpts],
        "prompt": [encode(piece) for piece in explanation.prompt],
        "num_prompt_tokens": sum(piece.num_tokens for piece in explanation.prompt),
    }


def _window_json(window: Window) -> Json:
    return encode(window) | {"first_line": window.first_line + 1, "last_line": window.last_line + 1}


def _excerpt_json(each: Reasoned) -> Json:
    fields = encode(each.excerpt) | {"first_line": each.excerpt.first_line + 1}
    return fields | {"num_tokens": each.num_tokens, "has_room": each.has_room}


def print_explanation(explanation: Explanation, console: Console) -> None:
    """What is sent, what of it has room and why it is there; then the prompt itself, marks reversed."""
    window = f", a window of {explanation.window_tokens:,} tokens" if explanation.window_tokens else ""
    console.print(Text(sanitize(f"{explanation.place}: {explanation.model or 'no model'}{window}"), style="bold"))
    if explanation.note:
        console.print(Text(sanitize(f"not counted: {explanation.note}"), style="yellow"))
    console.print(_windows(explanation))
    console.print(_excerpts(explanation))
    title = "What the model reads" if explanation.is_counted else "What the model is sent"
    total = sum(piece.num_tokens for piece in explanation.prompt)
    console.print(Text(f"{title}, {_tokens(explanation, total)} tokens", style="bold"))
    pieces = [(sanitize(piece.text), STYLES[piece.role]) for piece in explanation.prompt]
    console.print(Text.assemble(*pieces), soft_wrap=True)


def _windows(explanation: Explanation) -> Table:
    in_prompt = {
        role: sum(piece.num_tokens for piece in explanation.prompt if piece.role == role)
        for role in ("prefix", "suffix")
    }
    table = _table("window", "lines", "characters", "tokens", "in the prompt")
    for name, window in (("prefix", explanation.prefix), ("suffix", explanation.suffix)):
        table.add_row(
            name,
            f"{window.first_line + 1}-{window.last_line + 1}",
            f"{len(window.text):,}",
            _tokens(explanation, window.num_tokens),
            _tokens(explanation, in_prompt[name]),
        )
    return table


def _excerpts(explanation: Explanation) -> Table:
    table = _table("excerpt", "line", "tokens", "in the prompt", "why")
    for each in explanation.excerpts:
        table.add_row(
            Text(sanitize(each.excerpt.path)),
            str(each.excerpt.first_line + 1),
            _tokens(explanation, each.num_tokens),
            ROOM[each.has_room],
            Text(sanitize(each.excerpt.reason)),
        )
    if not explanation.excerpts:
        table.add_row("none", "", "", "", "")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for index, name in enumerate(columns):
        table.add_column(name, justify="left" if index == 0 or name in ("why", "in the prompt") else "right")
    return table


def _tokens(explanation: Explanation, count: int) -> str:
    return f"{count:,}" if explanation.is_counted else f"≈ {count:,}"
