"""A cursor in a file on disk: FILE:LINE:COL to the text before and after it."""

from pathlib import Path

from assistant.errors import InputError

MAX_FILE_BYTES = 4 << 20


def parse_place(place: str) -> tuple[Path, int, int]:
    """Split FILE:LINE:COL; the file's name may hold colons.

    Raises:
        InputError: It has another form.
    """
    name, line, column = ([*place.rsplit(":", 2), "", ""])[:3]
    if not (name and line.isdecimal() and column.isdecimal() and int(line) > 0 and int(column) > 0):
        raise InputError(
            f'"{place}" is not FILE:LINE:COL', hint="for example src/app.py:12:5; line and column count from 1"
        )
    return Path(name), int(line), int(column)


def hole_at(file: Path, line: int, column: int) -> tuple[str, str]:
    r"""The text before and after a cursor, 1-based, in characters; lines end at \n, \r\n or \r, as in an editor.

    Raises:
        InputError: There is no such file, it is no text, or the position lies outside it.
    """
    text = read_text(file)
    lines = split_lines(text)
    if line > len(lines):
        raise InputError(
            f"{file} has {len(lines)} lines; there is no line {line}", hint=f"give a line from 1 to {len(lines)}"
        )
    content = lines[line - 1].rstrip("\r\n")
    if column > len(content) + 1:
        raise InputError(
            f"line {line} of {file} has {len(content)} characters; there is no column {column}",
            hint=f"give a column from 1 to {len(content) + 1}",
        )
    offset = sum(map(len, lines[: line - 1])) + column - 1
    return text[:offset], text[offset:]


def split_lines(text: str) -> list[str]:
    """Lines with their ends. A text that ends with a line break has an empty last line, where a cursor can stand."""
    lines: list[str] = []
    start = 0
    while start <= len(text):
        ends = [end for end in (text.find("\n", start), text.find("\r", start)) if end >= 0]
        if not ends:
            break
        end = min(ends) + (2 if text.startswith("\r\n", min(ends)) else 1)
        lines.append(text[start:end])
        start = end
    return [*lines, text[start:]]


def read_text(file: Path) -> str:
    """A text file, whole.

    Raises:
        InputError: It is missing, too large, a folder, or not UTF-8.
    """
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise InputError(f"{file} is larger than {MAX_FILE_BYTES >> 20} MB", hint="choose a smaller file")
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"no such file: {file}", hint="check the name; the form is FILE:LINE:COL") from None
    except UnicodeDecodeError:
        raise InputError(f"{file} is not UTF-8 text", hint="choose a text file") from None
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}", hint="check what it is, and its permissions"
        ) from None
