"""Starting the daemon in the background: whoever starts it returns when it listens, or learns why it does not."""

import os
from pathlib import Path

from assistant import paths
from assistant.config import Settings
from assistant.server.daemon import serve


def serve_detached(settings: Settings) -> None:
    """Fork; the child serves, the parent returns once the child listens.

    Until then the child's errors go where the parent's go; from then on to the log file.

    Raises:
        SystemExit: The child ended first; its exit code, and its two lines are on stderr.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        serve(settings, on_listening=lambda: _let_go(writer), is_detached=True)
        return
    os.close(writer)
    is_listening = os.read(reader, 1) == b"1"
    os.close(reader)
    if not is_listening:
        raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _let_go(writer: int) -> None:
    """Leave the starter's folder, terminal and pipes."""
    log = paths.log_file()
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    nothing, log_end = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for source, target in ((nothing, 0), (log_end, 1), (log_end, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log_end)
    os.chdir(Path.home().anchor)
    os.write(writer, b"1")
    os.close(writer)
