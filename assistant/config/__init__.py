"""Settings: built-in defaults < the user's file < a project's `.cairn.toml` < CAIRN_* environment < a command's flags.

`settings.py` is the one definition: types, defaults, texts, bounds, and what a project may narrow. The loader, the
JSON schema, `cairn config set` and the commented file of `cairn config edit` are read off it.
"""

from assistant.config.layers import Setting, effective, load
from assistant.config.settings import Settings

__all__ = ["Setting", "Settings", "effective", "load"]
