"""What the server adds to the model's time, and what it answers without it. The bounds are those of its README."""

import time
from collections.abc import Callable, Sequence

from lsp.bench.editor import AUTOMATIC, MeasuringEditor, milliseconds_since, python, session
from lsp.bench.measured import Measured
from lsp.bench.scripted import SUGGESTION
from lsp.bench.searching import searched

OURS, PEER = "lsp.bench.scripted", "lsp.bench.peer"
CODE = "    total = combined(left, right)  # a line as long as most lines are\n"
TURN_KEYS = 20
"""So many in one server, then in the other: what else runs on the machine meets both, their own work only one."""
MODEL_S = 0.3
"""Of the model whose text is typed through: an answer that had to wait for it shows."""
Progress = Callable[[str, int, int], None]


def measure(*, keys: int, starts: int, files: int, progress: Progress) -> list[Measured]:
    """Measure all, one after the other; where there is a peer, in turn with it."""
    quantities = (
        lambda: added(300, 3.0, keys),
        lambda: added(20_000, 5.0, keys),
        typed_through,
        lambda: cancelled(keys // 4),
        lambda: initialized(starts),
        lambda: searched(files),
    )
    results: list[Measured] = []
    for number, quantity in enumerate(quantities):
        progress("language server", number, len(quantities))
        results.append(quantity())
    return results


def added(num_lines: int, bound_ms: float, keys: int) -> Measured:
    """A key is typed in the middle of a document, ghost text asked for; the assistant takes no time."""
    with session(*python(OURS, "0")) as ours, session(*python(PEER, "0")) as peer:
        for editor in (ours, peer):
            editor.open(CODE * num_lines)
            for column in range(5):
                _type(editor, (num_lines // 2 - 1, column), "w")
        took_ms: dict[MeasuringEditor, list[float]] = {ours: [], peer: []}
        for start in range(0, keys, TURN_KEYS):
            for editor, its_ms in took_ms.items():
                places = (_key(num_lines // 2, key) for key in range(start, min(start + TURN_KEYS, keys)))
                its_ms += [_type(editor, *place) for place in places]
    name = f"key + ghost text, {num_lines:,} lines"
    return Measured(name=name, bound_ms=bound_ms, ours_ms=took_ms[ours], peer_ms=took_ms[peer])


def typed_through() -> Measured:
    """Ghost text is typed as it stands there, key by key; what is left of it is asked for each time."""
    took_ms: list[float] = []
    with session(*python(OURS, str(MODEL_S))) as editor:
        editor.open(CODE * 300)
        for line in range(100, 104):
            editor.insert((line, 0), "\n")
            editor.request((line, 0))
            editor.answer()
            for column, character in enumerate(SUGGESTION[:-1]):
                took_ms.append(_type(editor, (line, column), character, AUTOMATIC))
    return Measured(name="typed through", bound_ms=20.0, ours_ms=took_ms)


def cancelled(times: int) -> Measured:
    """A request is cancelled while the model works on it."""
    with session(*python(OURS, "60")) as ours, session(*python(PEER, "60")) as peer:
        for editor in (ours, peer):
            editor.open(CODE * 300)
        pairs = [[_cancel(editor) for editor in (ours, peer)] for _ in range(times)]
    return Measured(name="$/cancelRequest", bound_ms=20.0, ours_ms=[a for a, _ in pairs], peer_ms=[b for _, b in pairs])


def initialized(times: int) -> Measured:
    """The command is started and says what it can do."""
    pairs = [[_start(python("assistant", "lsp")), _start(python(PEER, "0"))] for _ in range(times)]
    return Measured(
        name="start + initialize", bound_ms=700.0, ours_ms=[a for a, _ in pairs], peer_ms=[b for _, b in pairs]
    )


def _key(middle: int, number: int) -> tuple[tuple[int, int], str]:
    """Where the next key goes and which it is: lines of 20 characters, as somebody types them."""
    line, column = divmod(number, 20)
    return (middle + line, column), "\n" if column == 19 else "x"


def _type(editor: MeasuringEditor, place: tuple[int, int], text: str, trigger: int = 1) -> float:
    line, column = place
    after = (line + 1, 0) if text == "\n" else (line, column + len(text))
    start_s = time.perf_counter()
    editor.insert(place, text)
    editor.request(after, trigger)
    editor.answer()
    return milliseconds_since(start_s)


def _cancel(editor: MeasuringEditor) -> float:
    editor.request((100, 0))
    time.sleep(0.01)  # the model has begun
    start_s = time.perf_counter()
    editor.cancel()
    editor.answer()
    return milliseconds_since(start_s)


def _start(command: Sequence[str]) -> float:
    start_s = time.perf_counter()
    with session(*command):
        return milliseconds_since(start_s)
