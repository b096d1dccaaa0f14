"""The one registry of commands: palette, slash commands, keys and help are views of it.

A room's commands are a tuple of `Command`s in a module of their own, hung into `assistant.tui.catalogue`.
"""

import difflib
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assistant.errors import ConfigError, InputError
from assistant.tui.chat import Chat

VIM_KEYS: Mapping[str, str] = {
    "read": "escape",
    "previous-block": "alt+up,k",
    "next-block": "alt+down,j",
    "scroll-up": "pageup,ctrl+b",
    "scroll-down": "pagedown,ctrl+f",
    "copy": "ctrl+y,y",
    "prompt": "escape,i",
    "top": "g",
    "end": "G",
}
"""The preset `vim`: Esc leaves the prompt for the answers, j and k go through their code, y copies, i comes back."""

PRESETS: Mapping[str, Mapping[str, str]] = {"default": {}, "vim": VIM_KEYS}

_SLASH = re.compile(r"/([a-z][a-z-]*)(?:\s+(.*))?$", re.DOTALL)
"""A command and its argument. A question that begins with a path has a second slash, and is none."""
_MOVING = frozenset(("up", "down", "left", "right", "home", "end", "enter", "space", "tab", "backspace", "delete"))


def _always(_chat: Chat) -> bool:
    return True


def _nothing(_chat: Chat, _typed: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something the user can do, by whichever way."""

    name: str
    """Lower case, words joined by hyphens: typed as `/name`, named so under `[keys]` in the settings."""
    summary: str
    """What it does, in a line, beginning with a verb."""
    run: Callable[[Chat, str], Awaitable[None] | None]
    """Do it, with the rest of the line it was typed in. Raises `CairnError` for what the user can mend."""
    keys: str = ""
    """Textual's names, by commas. One that the prompt needs itself (`c`, `up`) works only while a block is chosen."""
    argument: str = ""
    """What it takes, for the help: `TITLE`, `[NAME]`."""
    is_enabled: Callable[[Chat], bool] = _always
    """Whether it can be done now; what cannot is neither offered nor run."""
    complete: Callable[[Chat, str], Sequence[str]] = _nothing
    """Arguments that begin like, or look like, what was typed so far."""
    label: str = ""
    """One word for the key line at the bottom; empty: not there."""
    is_slash: bool = True
    """Whether it can be typed; scrolling cannot."""
    in_plain: bool = True
    """Whether it makes sense without a screen."""


@dataclass(frozen=True, slots=True)
class Registry:
    """All commands, by name, with the keys that the user wants.

    Args:
        commands: Of all rooms.
        keys: From the settings: a command's name to its keys; "" takes them away.
        preset: Where the keys that are not named there come from.

    Raises:
        ConfigError: A key or a preset is set that does not exist, or one key for two commands.
    """

    commands: Sequence[Command]
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    preset: str = "default"
    _by_name: dict[str, Command] = field(default_factory=dict[str, Command], init=False, repr=False)

    def __post_init__(self) -> None:
        if self.preset not in PRESETS:
            raise ConfigError(f'there is no preset "{self.preset}" of keys', hint=f"there are {', '.join(PRESETS)}")
        names = [command.name for command in self.commands]
        for name in self.keys:
            if name not in names:
                raise ConfigError(f'keys are set for "{name}", which is no command', hint=_near(name, names))
        wanted = {**PRESETS[self.preset], **self.keys}
        for command in self.commands:
            assert command.name not in self._by_name, f"two commands are called {command.name}"
            self._by_name[command.name] = replace(command, keys=wanted.get(command.name, command.keys))
        _refuse_shared_keys(self)

    def __iter__(self) -> Iterator[Command]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Command:
        return self._by_name[name]

    def parse(self, line: str) -> tuple[Command, str] | None:
        """Read a line that was typed: the command and its argument; None where it is a question.

        Raises:
            InputError: It is a command, and there is none of that name.
        """
        found = _SLASH.match(line.strip())
        if not found:
            return None
        name, argument = found[1], (found[2] or "").strip()
        names = [command.name for command in self if command.is_slash]
        if name not in names:
            raise InputError(f"there is no command /{name}", hint=_near(name, names, mark="/"))
        return self[name], argument


async def perform(command: Command, chat: Chat, argument: str = "") -> None:
    """Run a command that is enabled. Raises `CairnError`."""
    if not command.is_enabled(chat):
        raise InputError(f"/{command.name} can do nothing now", hint=f"it is there to {_lower(command.summary)}")
    if inspect.isawaitable(done := command.run(chat, argument)):
        await done


def keys_of(command: Command) -> list[str]:
    """Its keys, one by one."""
    return [key.strip() for key in command.keys.split(",") if key.strip()]


def is_typed(key: str) -> bool:
    """Whether a prompt needs this key itself: a character, or a way to move in it."""
    return len(key) == 1 or key in _MOVING


def _refuse_shared_keys(registry: Registry) -> None:
    """Two commands may share a key only where they are enabled at different times, as those of Esc are."""
    taken: dict[str, Command] = {}
    for command in registry:
        for key in keys_of(command):
            other = taken.setdefault(key, command)
            if other is not command and _always in (command.is_enabled, other.is_enabled):
                hint = "change one of them under [keys] in the settings"
                raise ConfigError(f'"{key}" is the key of both {other.name} and {command.name}', hint=hint)


def _near(name: str, names: Sequence[str], mark: str = "") -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {mark}{near[0]}?" if near else f"there are {', '.join(mark + name for name in names)}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")
