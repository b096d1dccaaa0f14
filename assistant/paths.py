"""Where things live on this machine. Nothing is created here except the private runtime directory."""

import os
import stat
from pathlib import Path

import platformdirs

from assistant.errors import DaemonError

APP = "cairn"
PACKAGE_DIR = Path(__file__).parent
BUILTIN_MODEL = PACKAGE_DIR / "models" / "builtin.gguf"
MAX_SOCKET_PATH_BYTES = 107
"""`sun_path` of a Unix socket address on Linux, less its final NUL."""


def config_file() -> Path:
    """The user's settings."""
    return platformdirs.user_config_path(APP) / "config.toml"


def models_dir() -> Path:
    """Where imported models are kept."""
    return platformdirs.user_data_path(APP) / "models"


def adapters_dir() -> Path:
    """Where LoRA adapters are looked for, as GGUF files."""
    return platformdirs.user_data_path(APP) / "adapters"


def parking_file() -> Path:
    """Where conversations are kept that the KV cache has no room for, if they are kept on disk."""
    return platformdirs.user_cache_path(APP) / "parking.kv"


def chats_file() -> Path:
    """Where chats are kept."""
    return platformdirs.user_data_path(APP) / "chats.db"


def log_file() -> Path:
    """Where the daemon and its engine write what would otherwise disturb a terminal."""
    return platformdirs.user_log_path(APP) / "daemon.log"


def acceptance_file() -> Path:
    """Where it is noted what became of the editors' suggestions; never their text."""
    return platformdirs.user_state_path(APP) / "acceptance.db"


def undo_file() -> Path:
    """Where is kept what files were before they were changed."""
    return platformdirs.user_state_path(APP) / "undo.db"


def runtime_dir() -> Path:
    """The directory of socket and lock: ours alone (0700), made on first use.

    Raises:
        DaemonError: It belongs to somebody else, or others may enter it.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / APP if base else platformdirs.user_cache_path(APP) / "run"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_owner(folder)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)
    return folder


def socket_path() -> Path:
    """The daemon's Unix socket.

    Raises:
        DaemonError: The path is longer than the system allows, or not ours.
    """
    path = runtime_dir() / "cairn.sock"
    if len(os.fsencode(path)) > MAX_SOCKET_PATH_BYTES:
        raise DaemonError(
            f"the socket path is longer than {MAX_SOCKET_PATH_BYTES} bytes: {path}",
            hint="set XDG_RUNTIME_DIR to a shorter directory of your own",
        )
    return path


def token_file() -> Path:
    """What a request over the loopback port must bear. Raises as `runtime_dir`."""
    return runtime_dir() / "token"


def check_owner(path: Path) -> None:
    """Trust only what this user owns.

    Raises:
        DaemonError: `path` exists and belongs to another user, or is a symbolic link.
    """
    try:
        info = path.lstat()
    except FileNotFoundError:
        return
    if info.st_uid != os.getuid() or stat.S_ISLNK(info.st_mode):
        raise DaemonError(
            f"{path} belongs to another user",
            hint="Cairn talks to its own user's daemon only: set XDG_RUNTIME_DIR to a directory of your own",
        )
