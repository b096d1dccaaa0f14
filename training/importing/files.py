"""Records of a public data set: a JSON list or JSONL, gzipped or not. The files are other people's: all is checked."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import cattrs

from assistant.errors import InputError

Form = TypeVar("Form")
_GZIP_MAGIC = b"\x1f\x8b"

_converter = cattrs.Converter(forbid_extra_keys=False)


@_converter.register_structure_hook
def _exact_text(value: object, _: type[str]) -> str:
    """A text is a text: a number where words belong is a broken file, or another form."""
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r:.40}")
    return value


def read_records(path: Path, form: type[Form]) -> list[Form]:
    """Every record as a `form`, a class whose fields are the record's; what it does not name is passed over.

    Raises:
        InputError: The file is absent, or not of this form; it says which record is the first that is not.
    """
    return [_record(number, value, path, form) for number, value in enumerate(read_values(path), 1)]


def read_values(path: Path) -> list[Any]:
    """Every record as it is.

    Raises:
        InputError: The file is absent, or neither a JSON list nor JSONL.
    """
    text = _text(path)
    if text.lstrip().startswith("["):
        return list(_parsed(text, path, "the list"))
    return [_parsed(line, path, f"line {number}") for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _record(number: int, value: object, path: Path, form: type[Form]) -> Form:
    try:
        return _converter.structure(value, form)
    except (cattrs.BaseValidationError, TypeError, ValueError, KeyError):
        fields = ", ".join(form.__annotations__)
        raise InputError(
            f"{path.name}: record {number} is not of this form", hint=f"its fields are {fields}; see --form"
        ) from None


def _text(path: Path) -> str:
    def read() -> str:
        data = path.read_bytes()
        return (gzip.decompress(data) if data.startswith(_GZIP_MAGIC) else data).decode("utf-8-sig")

    return _refused(read, path, "the file")


def _parsed(text: str, path: Path, what: str) -> Any:
    return _refused(lambda: json.loads(text), path, what)


def _refused(read: Callable[[], Any], path: Path, what: str) -> Any:
    try:
        return read()
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name}: {what} cannot be read: {error}", hint="give a JSON list or JSONL in UTF-8, plain or .gz"
        ) from None
