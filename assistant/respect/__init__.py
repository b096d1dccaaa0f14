"""What Cairn leaves alone: secret files, ignored files, languages switched off, and secrets inside of other files."""

from assistant.respect.languages import language_of
from assistant.respect.respect import Respect
from assistant.respect.secrets import SECRET_PATTERNS, without_secrets

__all__ = ["SECRET_PATTERNS", "Respect", "language_of", "without_secrets"]
