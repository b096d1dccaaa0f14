"""Everything that is looked at, in the order in which one thing needs the other."""

from collections.abc import Callable, Iterator
from functools import partial

from assistant.doctor import machine, models, serving, settings, terminal
from assistant.doctor.check import Check


def examine(*, is_full: bool) -> Iterator[Check]:
    """Look at one thing after the other; the last ones start the daemon and load the model.

    Args:
        is_full: Hash every model, which reads all of it from disk.
    """
    looks: tuple[Callable[[], Check], ...] = (
        machine.check_python,
        machine.check_engine,
        machine.check_processor,
        machine.check_memory,
        machine.check_disk,
        machine.check_lock_down,
        machine.check_sandbox,
        settings.check_settings,
        models.check_builtin,
        models.check_model,
        partial(models.check_others, is_full=is_full),
        terminal.check_terminal,
        terminal.check_clipboard,
        serving.check_daemon,
        serving.check_language_server,
        serving.check_speed,
    )
    for look in looks:
        yield look()
