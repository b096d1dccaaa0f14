"""Commands that lead to other branches of a chat: ask a question differently, ask again, go to another branch."""

from functools import partial

from assistant.chats.branches import Branch, branches
from assistant.chats.recorder import Recorder
from assistant.chats.store import Chats
from assistant.chats.wording import counted, one_line, when
from assistant.errors import InputError
from assistant.tui.chat import Chat, Choice
from assistant.tui.commands import Command
from assistant.tui.conversation import Conversation

_LINE_CHARS = 44


async def go(recorder: Recorder, chat: Chat, name: str, through: str = "") -> None:
    """Go on with a chat where it stands, or at the newest end below the message `through`."""
    chat.stop()
    chat.open(await recorder.read(lambda chats: opened(chats, name, through)))


def opened(chats: Chats, name: str, through: str = "") -> Conversation:
    """Take up a chat. Where it is another branch than before, the chat stands there from now on."""
    tree = chats.tree(name)
    end = tree.newest_below(through) if through in tree.by_hash else tree.tip
    if end != tree.tip:
        chats.point(name, end)
    return Conversation.of(name, (node.said for node in tree.path(end)), system=tree.system(end))


def _edit(chat: Chat, number: str) -> None:
    """Go back to before a question and put it into the prompt."""
    conversation = chat.session.conversation
    place = _number(number, len(conversation.turns)) - 1
    question = conversation.turns[place].question
    chat.open(conversation.before(place))
    chat.draft(question)
    chat.say("Sent, it begins a new branch; /tree leads back.")


def _number(text: str, last: int) -> int:
    """The number of a question, counted from 1; the last one's where none is given."""
    if text and not (text.isascii() and text.isdigit() and 1 <= int(text) <= last):
        raise InputError(f'"{text}" is no question of this chat', hint=f"give a number from 1 to {last}, or none")
    return int(text or last)


def _regenerate(chat: Chat, _argument: str) -> None:
    """Ask the last question again; the answer before is kept beside the new one."""
    chat.stop()
    conversation = chat.session.conversation
    chat.open(conversation.before(len(conversation.turns) - 1))
    chat.ask(conversation.turns[-1].question)


async def _tree(recorder: Recorder, chat: Chat, _argument: str) -> None:
    """Show the branches and go to the one that is chosen."""
    name = chat.session.conversation.id
    chat.stop()
    tree = await recorder.read(lambda chats: chats.tree(name))
    rows = list(branches(tree))
    if not rows:
        raise InputError("this chat has no branches yet", hint="/edit and /regen make some; /resume finds other chats")
    chosen = await chat.choose("Branches", [Choice(_label(row), _detail(row)) for row in rows])
    if chosen is not None:
        await go(recorder, chat, name, rows[chosen].nodes[-1].hash)


def _label(branch: Branch) -> str:
    first = branch.nodes[0].said
    mark = "●" if branch.is_current else "○"
    text = one_line(first.text, max(_LINE_CHARS - 2 * branch.depth, 12))
    return f"{'  ' * branch.depth}{mark} {'›' if first.role == 'user' else '↳'} {text}"


def _detail(branch: Branch) -> str:
    return f"{counted(len(branch.nodes), 'message')}, {when(branch.nodes[-1].said_at)}"


def _has_turns(chat: Chat) -> bool:
    return bool(chat.session.conversation.turns)


def commands(recorder: Recorder) -> tuple[Command, ...]:
    """What there is for branches."""
    return (
        Command(
            name="edit",
            argument="[NUMBER]",
            summary="Ask a question differently, the last or by its number; a new branch.",
            is_enabled=_has_turns,
            run=_edit,
        ),
        Command(
            name="regen",
            summary="Ask the last question again; the answer before is kept.",
            is_enabled=_has_turns,
            run=_regenerate,
        ),
        Command(name="tree", summary="Show the branches of this chat, and go to one.", run=partial(_tree, recorder)),
    )
