"""What a user may set of the chat, as it reads it: the settings file is `assistant.config`'s matter."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """Keys, colours and habits of the chat."""

    preset: str = "default"
    """Of keys: `default` or `vim`."""
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of single commands, by name: `{"copy": "ctrl+y,c"}`."""
    theme: str = "nord"
    has_ghost_text: bool = True
    """Whether the model may suggest how a question goes on."""
    answer_tokens: int = 512
    """The longest answer."""
