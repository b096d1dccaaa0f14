"""What the language server tells of its suggestions, and all it has to know of the acceptance log."""

import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from lsp.acceptance.hashing import prompt_hash, user_key
from lsp.acceptance.log import AcceptanceLog
from lsp.acceptance.outcome import Circumstances, Suggestion, Trigger
from lsp.acceptance.region import Edit, Place
from lsp.acceptance.tracker import Tracker

_LINE_BREAK = re.compile(r"\r\n?")
_GATHERING_CLIENTS = ("Neovim",)
"""Names of editors that tell several keys as one edit; Neovim gathers for 150 ms (`debounce_text_changes`)."""
_GATHERED_CHARS = 3


class Diary:
    """Tells the tracker what happens and the log what came of it. Every method returns at once and never fails.

    Args:
        file: The log, as `assistant.paths.acceptance_file` names it.
        client_name: The editor's, from `initialize`.
        clock: Seconds from an arbitrary start.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        file: Path,
        *,
        client_name: str = "",
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._log = AcceptanceLog(file, now=now)
        self._key = user_key(file)
        self._tracker = Tracker(max_typed_chars=_GATHERED_CHARS if client_name.startswith(_GATHERING_CLIENTS) else 1)
        self._clock = clock
        self._now = now

    def shown(
        self,
        id: int,
        uri: str,
        start: tuple[int, int],
        *,
        standing: str,
        text: str,
        prompt: tuple[str, str],
        language: str,
        model: str,
        trigger: Trigger,
        latency_ms: float,
    ) -> None:
        """A suggestion goes to the editor, or goes there again.

        Args:
            id: What the item's command has as its argument. What is left of a suggestion may keep its id.
            uri: The document.
            start: Line and column in characters, from 0, of the text that the item replaces; its end is the cursor.
            standing: That text.
            text: What the item puts there.
            prompt: Prefix and suffix that the model saw.
            language: The document's `languageId`.
            model: Its name; of a path only the last part is kept.
            trigger: Whether a key was pressed for it.
            latency_ms: From the request to the answer.
        """
        circumstances = Circumstances(
            key=secrets.token_hex(8),
            shown_at=self._now(),
            language=_whole(language),
            model=_whole(re.split(r"[/\\]", model)[-1]),
            prompt_hash=prompt_hash(self._key, *prompt),
            trigger=trigger,
            latency_ms=latency_ms,
        )
        suggestion = Suggestion(
            id=id, uri=uri, start=Place(*start), standing=standing, text=text, circumstances=circumstances
        )
        self._tracker.shown(suggestion, self._clock())
        self._note()

    def edited(self, uri: str, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """A document was edited. Places are lines and columns in characters, of the text before this edit."""
        edit = Edit(Place(*start), Place(*end), _LINE_BREAK.sub("\n", text))
        self._tracker.edited(uri, edit, self._clock())
        self._note()

    def accepted(self, id: int) -> None:
        """The editor ran the command of an item."""
        self._tracker.accepted(id, self._clock())
        self._note()

    def closed(self, uri: str) -> None:
        """A document was closed, replaced as a whole, or its text is in doubt."""
        self._tracker.closed(uri, self._clock())
        self._note()

    def close(self) -> None:
        """The session ends."""
        self._tracker.close(self._clock())
        self._note()
        self._log.close()

    def _note(self) -> None:
        self._log.write(self._tracker.tick(self._clock()))


def _whole(name: str) -> str:
    """Halves of characters, which no file takes, replaced."""
    return name.encode("utf-8", "replace").decode()
