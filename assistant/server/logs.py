"""Where the daemon's log lines go: into a file of bounded size, and to a terminal only what is ours."""

import logging
import sys
from logging.handlers import RotatingFileHandler

from assistant import paths
from assistant.runtime.native_log import log as engine_log

MAX_LOG_BYTES = 5 << 20
"""Of `daemon.log`; one older file as large is kept beside it."""


def log_to_file(*, with_stderr: bool) -> None:
    """Send every log record of this process to the log file, and to stderr too what no native code has written."""
    file = paths.log_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handlers: list[logging.Handler] = [
        RotatingFileHandler(file, maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8", errors="replace", delay=True)
    ]
    if with_stderr:
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[-1].addFilter(lambda record: record.name != engine_log.name)
    logging.basicConfig(
        handlers=handlers, level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s", force=True
    )
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk must not write about itself into what a terminal may show
