"""How a text reaches the user: the plugin shows a command's result, or a virtual document, or a message and the log."""

from lsprotocol import types

from lsp.actions import abilities
from lsp.actions.desk import Desk

MAX_MESSAGE_LINES = 4
MAX_MESSAGE_CHARS = 400


async def show(desk: Desk, text: str) -> None:
    """Show Markdown, already sanitised, in the best way that the editor has."""
    if abilities.runs_our_plugin(desk.capabilities):
        return
    if abilities.reads_virtual_documents(desk.capabilities):
        desk.show_document(await desk.publish(text))
        return
    desk.log(text)
    desk.tell(types.MessageType.Info, beginning(text))


def beginning(text: str) -> str:
    """The first lines of a text; says where the rest is."""
    head = "\n".join(text.splitlines()[:MAX_MESSAGE_LINES])[:MAX_MESSAGE_CHARS]
    return head if head == text else f"{head} … (all of it is in the editor's log of Cairn)"
