"""Where rooms are hung into the chat: the one list of features, in the order of the help."""

from collections.abc import Sequence

from assistant import paths
from assistant.chats.recorder import Recorder
from assistant.tui import own_commands, screen_commands, sessions
from assistant.tui.context_commands import context
from assistant.tui.edit_commands import editing
from assistant.tui.feature import Feature
from assistant.tui.models import models


def features() -> Sequence[Feature]:
    """What every chat can do; made anew for each, as a feature may keep something open."""
    return (
        Feature(commands=own_commands.COMMANDS),
        sessions.feature(Recorder(paths.chats_file())),
        context(),
        editing(),
        models(),
        Feature(commands=screen_commands.COMMANDS),
    )
