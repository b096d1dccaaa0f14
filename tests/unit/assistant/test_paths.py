"""The runtime directory is ours alone."""

import os
import stat

import pytest

from assistant import paths
from assistant.errors import DaemonError


def test_the_runtime_directory_is_private(home) -> None:
    """0700, also when it was there with a wider mode."""
    (home / "run" / "cairn").mkdir(mode=0o755)

    folder = paths.runtime_dir()

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_socket_of_another_user_is_not_trusted(tmp_path) -> None:
    """Two lines, and nothing is sent to it."""
    socket = tmp_path / "cairn.sock"
    socket.touch()
    try:
        os.chown(socket, 12345, 12345)
    except OSError:
        pytest.skip("only root, outside of namespaces, can give a file away")

    with pytest.raises(DaemonError, match="belongs to another user"):
        paths.check_owner(socket)


def test_a_link_is_not_trusted(tmp_path) -> None:
    """Whoever may write the folder could point it anywhere."""
    (tmp_path / "link").symlink_to(tmp_path)

    with pytest.raises(DaemonError):
        paths.check_owner(tmp_path / "link")


def test_a_socket_path_the_system_cannot_take_is_refused(home, monkeypatch) -> None:
    """Unix socket addresses hold 107 bytes; the hint says which variable shortens it."""
    deep = home / ("d" * 100)
    deep.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))

    with pytest.raises(DaemonError, match="longer than 107 bytes") as caught:
        paths.socket_path()

    assert "XDG_RUNTIME_DIR" in caught.value.hint
