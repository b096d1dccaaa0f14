"""A report as a picture: what the terminal shows, as SVG. Whoever reports may use it."""

import io
import re
from pathlib import Path

from rich.console import Console, RenderableType

from assistant.errors import InputError

SVG_COLUMNS = 110


def save_svg(report: RenderableType, path: Path, *, title: str) -> None:
    """Save a report as a picture; it names no font of the network, as rich would.

    Raises:
        InputError: The file cannot be written.
    """
    console = Console(record=True, width=SVG_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(report)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title=title), flags=re.DOTALL)
    try:
        path.write_text(svg, "utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", hint="choose another folder") from error
