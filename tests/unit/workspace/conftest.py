"""A workspace in a folder of its own, with a journal beside it."""

import pytest

from assistant.workspace import Edit, Workspace


@pytest.fixture
def root(tmp_path):
    """The project's folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(root, tmp_path):
    """Opened on the project."""
    with Workspace(root, tmp_path / "state" / "undo.db") as opened:
        yield opened


@pytest.fixture
def edit(workspace):
    """New content for a file as it is now."""

    def make(name: str, content: bytes, **more) -> Edit:
        return Edit(base=workspace.read_or_new(name), content=content, **more)

    return make
