"""Texts to measure a model on: files and folders, cut into chunks of token ids."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from assistant.errors import InputError

MAX_CORPUS_BYTES = 32 << 20
MAX_SOURCE_FILE_BYTES = 1 << 20
"""Larger files of a folder are data or generated code, and are passed over."""

SOURCE_SUFFIXES = frozenset(
    (
        *(".c", ".cc", ".cpp", ".cs", ".css", ".go", ".h", ".hpp", ".html", ".java", ".js", ".json", ".kt", ".lua"),
        *(".md", ".php", ".pl", ".py", ".pyi", ".r", ".rb", ".rs", ".rst", ".scala", ".sh", ".sql", ".swift", ".toml"),
        *(".ts", ".tsx", ".txt", ".yaml", ".yml"),
    )
)


def read_texts(paths: Iterable[Path]) -> Iterator[str]:
    """Read text files as they are named, and the source files of folders in the order of their names.

    Raises:
        InputError: A file is missing or not UTF-8, a folder has no source file, or it is more than a corpus may be.
    """
    num_bytes = 0
    for path in paths:
        files = _source_files(path) if path.is_dir() else [path]
        if not files:
            raise InputError(f"no source files in {path}", hint="name text files, or a folder of source code")
        for file in files:
            num_bytes += _size(file)
            if num_bytes > MAX_CORPUS_BYTES:
                raise InputError(f"more than {MAX_CORPUS_BYTES >> 20} MiB of text", hint="a few hundred KB are enough")
            if text := _text(file, skip_binary=path.is_dir()):
                yield text


def token_chunks(
    texts: Iterable[list[int]], beginning: Sequence[int], chunk_tokens: int, most_chunks: int | None = None
) -> np.ndarray:
    """Cut texts, one after the other, into whole chunks; what is left at the end is dropped.

    A model that wants a begin-of-text token gets it as the first token of every chunk, in place of the one that was
    there, as llama-imatrix and llama-perplexity do.

    Args:
        texts: Token ids of each.
        beginning: The begin-of-text token, or nothing.
        chunk_tokens: Length of a chunk.
        most_chunks: Read no further than this; all otherwise.

    Returns:
        (chunks, chunk_tokens) int32.

    Raises:
        InputError: The texts are shorter than one chunk.
    """
    ids = list(beginning)
    for text in texts:
        ids += text
        if most_chunks is not None and len(ids) >= most_chunks * chunk_tokens:
            break
    num_chunks = min(len(ids) // chunk_tokens, most_chunks or len(ids))
    if not num_chunks:
        raise InputError(f"the text has {len(ids)} tokens, a chunk {chunk_tokens}", hint="give more text")
    chunks = np.array(ids[: num_chunks * chunk_tokens], np.int32).reshape(num_chunks, chunk_tokens)
    chunks[:, : len(beginning)] = beginning
    return chunks


def _source_files(folder: Path) -> list[Path]:
    """Plain files with a source suffix; hidden ones, links and large ones are passed over."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in SOURCE_SUFFIXES
        and path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.stat().st_size <= MAX_SOURCE_FILE_BYTES
    ]


def _size(file: Path) -> int:
    if not file.is_file():
        raise InputError(f"no such text: {file}", hint="name text files, or a folder of source code")
    return file.stat().st_size


def _text(file: Path, *, skip_binary: bool) -> str:
    try:
        return file.read_bytes().decode()  # not read_text: line ends are tokens too
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}", hint="check its rights") from error
    except UnicodeDecodeError as error:
        if skip_binary:
            return ""
        raise InputError(f"{file} is not UTF-8 text", hint="give plain text or source code") from error
