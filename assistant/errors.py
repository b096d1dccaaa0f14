"""Errors a user can act on, and nothing else.

CairnError                 exit code 1
├── InputError             a file, position or prompt that cannot be used
├── ConfigError            a setting that is unknown or of the wrong kind
├── ModelFileError         a model file that is missing, broken or not a GGUF
├── DaemonError            the daemon cannot be reached, started or trusted
│   └── AlreadyRunningError    exit code 3: another daemon of this user runs
├── HubError               the hub cannot be reached, refused, or sent something other than it promised
└── EngineError            the engine refused or lost a request
"""


class CairnError(Exception):
    """A failure the user can act on: says what happened, then what to do."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class InputError(CairnError):
    """A file, position or prompt that cannot be used."""


class ConfigError(CairnError):
    """A setting that is unknown or of the wrong kind."""


class ModelFileError(CairnError):
    """A model file that is missing, broken or not a GGUF."""


class DaemonError(CairnError):
    """The daemon cannot be reached, started or trusted."""


class AlreadyRunningError(DaemonError):
    """Another daemon of this user runs. A code of its own tells a starter that it lost the race, not that it failed."""

    exit_code = 3


class EngineError(CairnError):
    """The engine refused or lost a request."""


class HubError(CairnError):
    """The hub cannot be reached, refused, or sent something other than it promised."""
