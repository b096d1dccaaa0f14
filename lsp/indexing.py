"""The index of the workspace is built behind the editor's back, with progress where the editor shows some."""

from uuid import uuid4

from lsprotocol import types

from lsp.neighbourhood import Neighbourhood
from lsp.session import CompletionServer

WATCHED = types.DidChangeWatchedFilesRegistrationOptions(watchers=[types.FileSystemWatcher(glob_pattern="**/*")])


def move_in(ls: CompletionServer) -> None:
    """Begin anew with the session's folders and settings."""
    ls.neighbourhood.close()
    ls.neighbourhood = Neighbourhood(ls.roots, ls.settings, ls.documents)
    for document in ls.documents.values():
        ls.neighbourhood.opened(document)


async def build_index(ls: CompletionServer) -> None:
    """Read the workspace."""
    window = ls.client_capabilities.window
    if not ls.roots or window is None or not window.work_done_progress:
        await ls.neighbourhood.index()
        return
    token = f"cairn-{uuid4().hex}"
    await ls.work_done_progress.create_async(token)  # pyright: ignore[reportUnknownMemberType]
    ls.work_done_progress.begin(token, types.WorkDoneProgressBegin(title="Cairn reads the workspace", percentage=0))
    ls.neighbourhood.on_progress = lambda done, total: ls.work_done_progress.report(
        token, types.WorkDoneProgressReport(message=f"{done} of {total} files", percentage=100 * done // max(1, total))
    )
    try:
        await ls.neighbourhood.index()
    finally:
        ls.work_done_progress.end(token, types.WorkDoneProgressEnd())


async def watch_files(ls: CompletionServer) -> None:
    """Ask the editor to tell of files that change on disk, if it can."""
    workspace = ls.client_capabilities.workspace
    watched = workspace.did_change_watched_files if workspace else None
    if watched and watched.dynamic_registration:
        registration = types.Registration(uuid4().hex, types.WORKSPACE_DID_CHANGE_WATCHED_FILES, WATCHED)
        await ls.client_register_capability_async(types.RegistrationParams([registration]))


def did_change_watched_files(ls: CompletionServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Files have changed behind the editor's back."""
    for change in params.changes:
        ls.neighbourhood.changed_on_disk(change.uri)
