"""Files of the user's project: one place reads them for a person or a model, and no other writes them.

Never outside of the folder, never through a link, never half a file; and what was there before is kept for `/undo`.
"""

from assistant.workspace.files import Edit, Snapshot, Workspace
from assistant.workspace.guarded import danger
from assistant.workspace.refusals import WorkspaceError
from assistant.workspace.text import Text, TextChange

__all__ = ["Edit", "Snapshot", "Text", "TextChange", "Workspace", "WorkspaceError", "danger"]
