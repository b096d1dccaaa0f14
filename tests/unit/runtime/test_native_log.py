"""What native code prints reaches the log, clean and bounded."""

import asyncio
import logging

import pytest

from assistant.runtime.native_log import BURST_LINES, LINES_PER_S, MAX_LINE_CHARS, Allowance, log_lines


@pytest.fixture
def logged(caplog):
    """Log what a stream of these chunks says; returns the messages."""

    async def run(*chunks: bytes) -> list[str]:
        stream = asyncio.StreamReader()
        for chunk in chunks:
            stream.feed_data(chunk)
        stream.feed_eof()
        with caplog.at_level(logging.WARNING):
            await log_lines(stream)
        return [record.getMessage() for record in caplog.records]

    return run


async def test_lines_are_joined_from_pieces_and_the_last_needs_no_end(logged) -> None:
    """A pipe cuts where it likes; a process dies where it likes."""
    assert await logged(b"one\ntw", b"o\nthree") == ["one", "two", "three"]


async def test_control_characters_are_seen_and_not_obeyed(logged) -> None:
    """Whoever shows the log in a terminal is safe, whatever a model file made llama.cpp print."""
    assert await logged(b"\x1b]52;c;aGk=\x07\xff\n") == ["\\u{1b}]52;c;aGk=\\u{7}\ufffd"]


async def test_a_line_without_end_is_cut(logged) -> None:
    """Its beginning is enough, and no more of it is kept in memory."""
    (line,) = await logged(*[b"x" * 60_000] * 5)

    assert line == "x" * MAX_LINE_CHARS


async def test_a_flood_is_counted_and_dropped(logged) -> None:
    """A burst is kept; the rest is one number."""
    lines = await logged(b"flood\n" * (BURST_LINES + 500))

    assert BURST_LINES <= len(lines) < BURST_LINES + 100
    assert lines[-1].endswith("lines were dropped")


def test_the_allowance_fills_up_again_with_time() -> None:
    """So many lines a second, whatever came before."""
    now = [0.0]
    allowance = Allowance(lambda: now[0])
    while allowance.take():
        pass

    now[0] += 2

    assert [allowance.take() for _ in range(2 * LINES_PER_S + 1)] == [True] * 2 * LINES_PER_S + [False]
