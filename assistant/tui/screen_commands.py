"""Commands that only a full screen has a use for: moving, help, themes."""

from __future__ import annotations  # ChatApp is a name for the type checker only

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from assistant.errors import InputError
from assistant.tui.chat import Chat, Choice
from assistant.tui.commands import Command

if TYPE_CHECKING:
    from assistant.tui.app import ChatApp


def _screen(chat: Chat) -> ChatApp:
    return cast("ChatApp", chat)


def _moving(name: str, keys: str, summary: str, act: Callable[[ChatApp], None]) -> Command:
    return Command(
        name=name,
        keys=keys,
        summary=summary,
        run=lambda chat, _: act(_screen(chat)),
        is_slash=False,
        in_plain=False,
    )


def _themes(chat: Chat, typed: str = "") -> Sequence[str]:
    return [name for name in sorted(_screen(chat).available_themes) if typed in name]


async def _theme(chat: Chat, name: str) -> None:
    themes = _themes(chat)
    if not name:
        chosen = await chat.choose("Themes", [Choice(each, _about(chat, each)) for each in themes])
        name = "" if chosen is None else themes[chosen]
    elif name not in themes:
        raise InputError(f'there is no theme "{name}"', hint=f"there are {', '.join(themes)}")
    if name:
        _screen(chat).theme = name


def _about(chat: Chat, theme: str) -> str:
    found = _screen(chat).available_themes[theme]
    return ("dark" if found.dark else "light") + (", the terminal's own colours" if found.ansi else "")


COMMANDS = (
    Command(
        name="help",
        label="Help",
        keys="f1",
        summary="Show all keys and commands.",
        run=lambda chat, _: _screen(chat).show_help(),
        in_plain=False,
    ),
    Command(
        name="theme",
        argument="[NAME]",
        summary="Change the colours; ansi-dark and ansi-light are the terminal's own.",
        run=_theme,
        complete=_themes,
        in_plain=False,
    ),
    _moving("commands", "ctrl+p", "Find a command by its name.", lambda app: app.action_command_palette()),
    _moving("previous-block", "alt+up,up", "Choose the code block above.", lambda app: app.move_block(-1)),
    _moving("next-block", "alt+down,down", "Choose the code block below.", lambda app: app.move_block(1)),
    Command(
        name="prompt",
        keys="escape,i",
        is_enabled=lambda chat: _screen(chat).is_reading and chat.session.reply is None,
        summary="Go back to the prompt.",
        run=lambda chat, _: _screen(chat).read_on(),
        is_slash=False,
        in_plain=False,
    ),
    Command(
        name="read",
        is_enabled=lambda chat: not _screen(chat).is_reading and chat.session.reply is None,
        summary="Leave the prompt for the answers and their code.",
        run=lambda chat, _: _screen(chat).move_block(-1),
        is_slash=False,
        in_plain=False,
    ),
    _moving("scroll-up", "pageup", "Scroll up; at the top, load what came earlier.", lambda app: app.scroll_page(-1)),
    _moving("scroll-down", "pagedown", "Scroll down.", lambda app: app.scroll_page(1)),
    _moving("top", "home", "Go to the first message that is loaded.", lambda app: app.scroll_all(-1)),
    _moving("end", "end", "Go to the end.", lambda app: app.scroll_all(1)),
    _moving(
        "interrupt", "ctrl+c", "Copy what is selected; where nothing is, twice, quit.", lambda app: app.interrupt()
    ),
)
