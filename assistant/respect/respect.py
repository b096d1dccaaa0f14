"""What may be completed in, and what may be read for context."""

import os
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from assistant.respect.ignore_files import IgnoreFiles
from assistant.respect.languages import language_of
from assistant.respect.patterns import last_match, read_patterns
from assistant.respect.secrets import SECRET_PATTERNS
from assistant.sanitize import sanitize

_FRESH_S = 1.0
"""An answer holds so long; then links and files of patterns are looked at again."""
_MOST_ANSWERS = 20_000


class Respect:
    """Knows what to leave alone. Answers are kept for a second; threads may share it."""

    def __init__(
        self,
        roots: Sequence[Path],
        secret_patterns: Sequence[str] = SECRET_PATTERNS,
        languages_off: Collection[str] = (),
        is_ignoring: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set the rules.

        Args:
            roots: Folders of the workspace; none is fine.
            secret_patterns: Names of secret files and folders; see `SECRET_PATTERNS`.
            languages_off: Languages to leave alone, as editors call them.
            is_ignoring: Whether .gitignore, .cairnignore and .git/info/exclude count.
            clock: Seconds that only grow.
        """
        self._roots = [os.path.realpath(root) for root in roots]
        patterns = read_patterns(os.fsencode("\n".join(secret_patterns).lower()))
        self._secret_folders = [pattern for pattern in patterns if pattern.is_for_folders]
        self._secret_files = [pattern for pattern in patterns if not pattern.is_for_folders]
        self._languages_off = frozenset(languages_off)
        self._ignore_files = [IgnoreFiles(root) for root in self._roots] if is_ignoring else []
        self._clock = clock
        self._answers: dict[tuple[Path, str, bool, bool], str | None] = {}
        self._answers_until = 0.0

    def refusal(self, path: Path, language: str = "") -> str | None:
        """Say why nothing may be completed in a file that is open in the editor; None: it may.

        Args:
            path: The file; it need not exist. One outside of the workspace may be completed in, unless it is secret.
            language: What the editor calls its language; empty: what its name tells.
        """
        return self._answer(path, language)

    def refusal_to_read(self, path: Path, *, is_folder: bool = False) -> str | None:
        """Say why a file, or a folder's content, may not be read from disk as context; None: it may.

        What `refusal` names, and all that does not lie in the workspace when its links are followed.
        """
        return self._answer(path, "", is_folder=is_folder, is_reading=True)

    def _answer(self, path: Path, language: str, *, is_folder: bool = False, is_reading: bool = False) -> str | None:
        now = self._clock()
        if now >= self._answers_until or len(self._answers) > _MOST_ANSWERS:
            self._answers, self._answers_until = {}, now + _FRESH_S
            for ignore_files in self._ignore_files:
                ignore_files.recheck()
        answers = self._answers
        key = (path, language, is_folder, is_reading)
        if key not in answers:
            answers[key] = self._fresh_answer(path, language or language_of(path), is_folder, is_reading)
        return answers[key]

    def _fresh_answer(self, path: Path, language: str, is_folder: bool, is_reading: bool) -> str | None:
        if language in self._languages_off:
            return f"{sanitize(language)} is switched off"
        try:
            target = os.path.realpath(path)
            # a link is what it is called and what it leads to
            places = dict.fromkeys((os.path.join(os.path.realpath(path.parent), path.name), target))
            os.fsencode(target)
        except ValueError:  # NUL or half a surrogate pair
            return "no file can have its name"
        for place in (os.path.abspath(path), *places):
            if (pattern := self._secret(place, is_folder=is_folder)) is not None:
                return f"its name is one of a secret file: {sanitize(pattern)}"
        for place in places:
            if (reason := self._ignored(place, is_folder=is_folder)) is not None:
                return sanitize(reason)
        is_outside = is_reading and not any(_is_in(target, root) for root in self._roots)
        return "it is not in the workspace" if is_outside else None

    def _secret(self, path: str, *, is_folder: bool) -> str | None:
        """Return the pattern of secret names that fits a path or a folder above it."""
        parts = os.fsencode(path.lower()).strip(b"/").split(b"/")
        n_folders = len(parts) if is_folder else len(parts) - 1
        for n in range(1, n_folders + 1):
            match = last_match(self._secret_folders, b"/".join(parts[:n]), is_folder=True)
            if match is not None and not match.is_negated:
                return match.line
        match = None if is_folder else last_match(self._secret_files, b"/".join(parts), is_folder=False)
        return match.line if match is not None and not match.is_negated else None

    def _ignored(self, path: str, *, is_folder: bool) -> str | None:
        for root, ignore_files in zip(self._roots, self._ignore_files, strict=False):
            if path != root and _is_in(path, root):
                return ignore_files.reason(path, is_folder=is_folder)
        return None


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
