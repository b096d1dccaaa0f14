"""A pool of one worker, in whatever arrangement works here."""

from collections.abc import Iterator

import pytest

from assistant.sandbox.programs import ProgramRunner
from assistant.sandbox.tiers import examine


@pytest.fixture(scope="session")
def runner() -> Iterator[ProgramRunner]:
    """Started once. Skips where programs cannot be run safely."""
    tier = examine()
    if not tier.is_safe:
        pytest.skip(f"no sandbox here: {tier}")
    with ProgramRunner(1) as pool:
        yield pool
