"""Named system prompts: a few built in, and those that a person keeps as files in a folder of the settings."""

from pathlib import Path

from assistant import paths
from assistant.errors import InputError

BUILT_IN = {
    "none": "",
    "brief": "Answer in as few words as the question allows. Code first, then at most two sentences.",
    "explain": "Explain step by step, for somebody who is new to this code. Say what is certain and what is a guess.",
    "review": (
        "Review the code like a careful colleague: mistakes first, then risks, then style. Quote the line each remark "
        "is about, and say how to mend it."
    ),
    "edit": (
        "Propose changes of files as search/replace blocks. Before each block write the path of the file on a line of "
        "its own, then:\n<<<<<<< SEARCH\nlines as they are in the file\n=======\nlines as they shall be\n"
        ">>>>>>> REPLACE\nQuote the old lines exactly. A new file has an empty SEARCH part."
    ),
}
MAX_BYTES = 20_000


def presets(folder: Path | None = None) -> dict[str, str]:
    """Name to text, in order. A file `NAME.md` in the folder `presets` of the settings adds one, or replaces ours.

    Raises:
        InputError: One of them cannot be read, is too long, or is no text.
    """
    found = dict(BUILT_IN)
    folder = folder or paths.presets_dir()
    for file in sorted(folder.glob("*.md")):
        found[file.stem] = _read(file)
    return found


def _read(file: Path) -> str:
    try:
        content = file.read_bytes()
        if len(content) <= MAX_BYTES:
            return content.decode("utf-8").strip()
        reason = f"it has more than {MAX_BYTES:,} bytes"
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error)
    raise InputError(f"the preset {file} cannot be used: {reason}", hint="mend the file, or move it away")
