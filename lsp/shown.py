"""What an editor shows as ghost text, so that typing it needs no model: the rest is answered from here. Pure.

The daemon remembers too, but the model's text; this is the text as the rules left it. What is on the screen does not
change under the typist's hands.
"""

from dataclasses import dataclass

from lsp.completion import Hole


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One suggestion on the screen."""

    id: int
    prefix: str
    suffix: str
    text: str
    is_whole: bool
    """False: the model is still saying the rest, and has to be asked for it."""

    def rest(self, hole: Hole) -> str | None:
        """What is left of it at `hole`; None where the text there does not continue it."""
        if hole.suffix != self.suffix or not hole.prefix.startswith(self.prefix):
            return None
        typed = hole.prefix[len(self.prefix) :]
        rest = self.text[len(typed) :]
        return rest if rest.strip() and self.text.startswith(typed) else None
