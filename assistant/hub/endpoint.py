"""Which hub is asked, and who we say we are: HF_ENDPOINT and HF_TOKEN, as the hub's own tools have them."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from assistant.errors import HubError

PUBLIC = "https://huggingface.co"
MAX_TOKEN_CHARS = 500
_YES = ("1", "on", "yes", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A hub."""

    url: str
    """Without a slash at its end."""
    token: str = ""
    """Sent to this host and to no other."""

    @property
    def is_loopback(self) -> bool:
        """Whether it is a hub on this very machine, for tests; only there http will do."""
        return is_loopback(urlsplit(self.url))


def endpoint(environ: Mapping[str, str] = os.environ) -> Endpoint:
    """The hub that the environment names.

    Raises:
        HubError: HF_HUB_OFFLINE forbids to ask, or HF_ENDPOINT cannot be used.
    """
    if environ.get("HF_HUB_OFFLINE", "").lower() in _YES:
        raise HubError("HF_HUB_OFFLINE is set, so the hub is not asked", hint="unset it, and run the command again")
    url = environ.get("HF_ENDPOINT", PUBLIC).rstrip("/")
    if not may_ask(url, is_loopback_allowed=True):
        raise HubError(f"HF_ENDPOINT is {url[:200]!r}", hint=f"it must begin with https://, as {PUBLIC} does")
    return Endpoint(url=url, token=_token(environ))


def may_ask(url: str, *, is_loopback_allowed: bool) -> bool:
    """Whether a request may go to `url`: by https to a host by its name, or to this machine where that is allowed."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return False
    if is_loopback(parts):
        return is_loopback_allowed and parts.scheme in ("http", "https")
    return parts.scheme == "https" and not _is_private(parts.hostname)


def is_loopback(parts: SplitResult) -> bool:
    """Whether a URL's host is this machine."""
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    """An address of the network around us, which no hub has any business to send us to."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


def _token(environ: Mapping[str, str]) -> str:
    """From HF_TOKEN, or from where `hf auth login` keeps it.

    Raises:
        HubError: It is none.
    """
    token = environ.get("HF_TOKEN", "").strip() or _stored_token(environ)
    if len(token) > MAX_TOKEN_CHARS or not token.isascii() or not token.isprintable() or " " in token:
        raise HubError("the token for the hub is not one word of ASCII", hint="mend HF_TOKEN, or the file it is in")
    return token


def _stored_token(environ: Mapping[str, str]) -> str:
    caches = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = Path(environ.get("HF_HOME") or caches / "huggingface")
    path = Path(environ.get("HF_TOKEN_PATH") or home / "token")
    try:
        with path.open("r", encoding="utf-8") as file:
            return file.read(MAX_TOKEN_CHARS + 2).strip()
    except (OSError, UnicodeDecodeError):
        return ""
