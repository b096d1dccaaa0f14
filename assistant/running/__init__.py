"""Running a block of code that a model wrote, because a person said yes to it: locked down, watched, and cut short.

It may read the project and the system's programs, write into a folder of its own that is deleted afterwards, and start
programs. It has no network, changes no file of anybody's, signals nobody, and ends within seconds.
"""

from assistant.running.runs import Outcome, RunError, check_lock, run
from assistant.running.snippet import LANGUAGES, Snippet

__all__ = ["LANGUAGES", "Outcome", "RunError", "Snippet", "check_lock", "run"]
