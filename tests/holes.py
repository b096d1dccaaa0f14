"""Documents with a cursor in them, for tests of what is done with a model's text."""

from lsp.rules import Surroundings

CURSOR = "▮"


def around(document: str, language: str = "python") -> Surroundings:
    """Take what stands around the cursor of a document, written ▮."""
    prefix, suffix = document.split(CURSOR)
    return Surroundings(prefix=prefix, suffix=suffix, language=language)
