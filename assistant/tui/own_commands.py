"""The commands of the chat itself; those of history and of edits live in their own rooms."""

from assistant.errors import InputError
from assistant.tui.chat import Chat
from assistant.tui.commands import Command
from assistant.tui.conversation import Conversation


def _is_running(chat: Chat) -> bool:
    return chat.session.reply is not None


def _new(chat: Chat, _argument: str) -> None:
    chat.stop()
    chat.open(Conversation(system=chat.session.conversation.system))


def _copy(chat: Chat, _argument: str) -> None:
    answers = [turn.answer for turn in chat.session.conversation.turns if turn.answer]
    if block := chat.block:
        chat.copy(block.text, "the code block")
    elif answers:
        chat.copy(answers[-1], "the answer")
    else:
        raise InputError("there is no answer to copy yet", hint="ask something first")


COMMANDS = (
    Command(
        name="stop",
        label="Stop",
        keys="escape",
        is_enabled=_is_running,
        summary="Stop the answer, in the model too; what came of it stays.",
        run=lambda chat, _: chat.stop(),
    ),
    Command(name="new", label="New", keys="ctrl+n", summary="Start a new conversation.", run=_new),
    Command(
        name="copy",
        label="Copy",
        keys="ctrl+y,c",
        summary="Copy the chosen code block, else the last one, else the last answer.",
        run=_copy,
    ),
    Command(name="quit", summary="Leave the chat.", run=lambda chat, _: chat.leave()),
)
