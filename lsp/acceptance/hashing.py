"""A prompt becomes a number that says only whether two prompts were the same.

BLAKE2b, 8 bytes long, with a key of 32 random bytes. A hash without a key is undone by hashing guesses; who has the log
and not the key beside it cannot do even that.
"""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from assistant.database import make_private

KEY_BYTES = 32
HASH_BYTES = 8


def prompt_hash(key: bytes, prefix: str, suffix: str) -> str:
    """Hash what the model was shown of the file; 16 hexadecimal digits."""
    hashed = hashlib.blake2b(key=key, digest_size=HASH_BYTES)
    hashed.update(prefix.encode("utf-8", "surrogatepass") + b"\xff")  # no text of a file has this byte in UTF-8
    hashed.update(suffix.encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()


def user_key(log_file: Path) -> bytes:
    """The key beside the log, made with the first call. Where it cannot be kept, a new one for this time."""
    file = log_file.with_suffix(".key")
    with contextlib.suppress(OSError):
        return _kept(file) or _made(file)
    return secrets.token_bytes(KEY_BYTES)


def _kept(file: Path) -> bytes | None:
    try:
        key = file.read_bytes()
    except FileNotFoundError:
        return None
    return key if len(key) == KEY_BYTES else None


def _made(file: Path) -> bytes:
    own = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    make_private(own)
    try:
        own.write_bytes(secrets.token_bytes(KEY_BYTES))
        if file.exists() and _kept(file) is None:
            os.replace(own, file)  # there was one, but not whole
        else:
            with contextlib.suppress(FileExistsError):
                os.link(own, file)  # of several servers that start at once, the first one's key is everybody's
    finally:
        own.unlink(missing_ok=True)
    return _kept(file) or secrets.token_bytes(KEY_BYTES)
