"""Named system prompts: a few built in, and those of the settings."""

from collections.abc import Mapping
from pathlib import Path

from assistant import config

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


def presets(own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Name to text, in order: ours, and those of the settings (`own`), which may replace ours.

    Raises:
        ConfigError: The settings cannot be read.
    """
    return {**BUILT_IN, **(config.load(folder=Path.cwd()).presets if own is None else own)}
