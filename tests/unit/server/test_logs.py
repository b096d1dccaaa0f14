"""The log's size is bounded, and a terminal is shown only what is ours."""

import subprocess
import sys

from assistant import paths

CODE = """
import logging
from assistant.server.logs import log_to_file

log_to_file(with_stderr=True)
logging.getLogger("cairn").warning("ours")
for number in range(15_000):
    logging.getLogger("cairn.engine").warning("%s %d", "x" * 1000, number)
"""


def test_two_files_of_five_megabytes_are_kept(home) -> None:
    """The newest lines are in the first; others may not read them; native lines are on no terminal."""
    child = subprocess.run([sys.executable, "-I", "-c", CODE], capture_output=True, text=True, check=True)

    folder = paths.log_file().parent
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert sizes.keys() == {"daemon.log", "daemon.log.1"}
    assert max(sizes.values()) <= 5 << 20
    assert paths.log_file().read_text().endswith(" 14999\n")
    assert not folder.stat().st_mode & 0o077
    assert [line.split(" ", 2)[2] for line in child.stderr.splitlines()] == ["cairn WARNING ours"]
