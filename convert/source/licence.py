"""What a checkpoint says of its licence: the id in the model card, the licence's text. Both travel with the result."""

import re
from dataclasses import dataclass
from pathlib import Path

from convert.source.files import read_file, read_text, refuse

MAX_TEXT_BYTES = 4 << 20
"""Of the model card, and of all licence texts together."""
MODEL_CARD = "README.md"

_TEXTS = re.compile(r"(licen[cs]e|copying|notice|use_policy)([-_.]\w{1,20})?(\.txt|\.md)?", re.IGNORECASE | re.ASCII)
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*\r?\n", re.DOTALL)
_ID = re.compile(r"""^license:[ \t]*["']?([\w.+\-]{1,100})["']?[ \t]*\r?$""", re.MULTILINE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence of a checkpoint, as far as its folder says."""

    id: str
    """As the model card's front matter has it, such as "apache-2.0"; empty if it has none."""
    texts: dict[str, bytes]
    """Licences and notices by the name of their file."""
    model_card: bytes
    """README.md, empty if there is none."""


def read_licence(folder: Path) -> Licence:
    """Read the model card and the licence's texts.

    Raises:
        ModelFileError: One is too large, is a link out of the folder, or the model card is not UTF-8.
    """
    card = read_text(folder, MODEL_CARD, MAX_TEXT_BYTES) if (folder / MODEL_CARD).is_file() else ""
    names = sorted(path.name for path in folder.iterdir() if _TEXTS.fullmatch(path.name) and path.is_file())
    texts = {name: read_file(folder, name, MAX_TEXT_BYTES) for name in names[:8]}
    if len(names) > 8 or sum(map(len, texts.values())) > MAX_TEXT_BYTES:
        refuse(f"{folder} holds too much licence text", hint="leave only the licence that applies")
    front = _FRONT_MATTER.match(card)
    stated = _ID.search(front[1]) if front else None
    return Licence(stated[1] if stated else "", texts, card.encode())
