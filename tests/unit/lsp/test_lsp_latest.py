"""Of the requests for one document only the newest runs."""

import asyncio

import pytest

from lsp.latest import Latest


async def slow(text: str) -> str:
    """Take longer than any test."""
    await asyncio.sleep(30)
    return text


async def quick(text: str) -> str:
    """Answer at once."""
    return text


async def test_a_newer_request_ends_the_older_with_nothing() -> None:
    """The older caller gets None, the newer one its result."""
    latest = Latest[str]()
    older = asyncio.create_task(latest.run("a", slow("old")))
    await asyncio.sleep(0)

    newer = await latest.run("a", quick("new"))

    assert newer == "new"
    assert await older is None


async def test_requests_for_different_documents_do_not_meet() -> None:
    """Keys are independent."""
    latest = Latest[str]()

    results = await asyncio.gather(latest.run("a", quick("one")), latest.run("b", quick("two")))

    assert results == ["one", "two"]


async def test_cancelling_the_caller_cancels_the_work_without_waiting_for_it() -> None:
    """The editor's cancel is answered at once, even if the work needs time to clean up."""
    latest = Latest[str]()
    has_begun, may_clean_up, cleaned_up = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow_to_stop() -> str:
        try:
            has_begun.set()
            return await slow("never")
        finally:
            await may_clean_up.wait()
            cleaned_up.set()

    caller = asyncio.create_task(latest.run("a", slow_to_stop()))
    await has_begun.wait()
    caller.cancel()

    with pytest.raises(asyncio.CancelledError):
        await caller
    assert not cleaned_up.is_set()
    may_clean_up.set()
    await asyncio.wait_for(cleaned_up.wait(), timeout=60)


async def test_an_error_of_the_work_reaches_the_caller() -> None:
    """Nothing is swallowed here."""

    async def broken() -> str:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await Latest[str]().run("a", broken())
