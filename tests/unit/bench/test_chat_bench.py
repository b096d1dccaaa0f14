"""`cairn bench chat`: what is written, and that both ways of showing it are really measured."""

import pytest

from assistant.bench.chat import jobs, measure_all, sheets
from assistant.bench.chat_child import Job, Result
from assistant.bench.chat_text import PacedAssistant, long_conversation, pieces
from assistant.bench.chat_views import WAYS
from assistant.bench.sheet import drawn


def test_tokens_are_all_of_one_length() -> None:
    """So that so many tokens a second are so many characters a second."""
    assert {len(token) for token in pieces(700)} == {4}
    assert len(pieces(700)) == 700


def test_a_conversation_is_as_long_as_wanted() -> None:
    """In answers, which alternate with questions."""
    assert len(long_conversation(2000).turns) == 20
    assert not long_conversation(0).turns


async def test_the_paced_assistant_writes_every_token() -> None:
    """However fast it is taken."""
    assistant = PacedAssistant(pieces(50))

    text = "".join([delta.text async for delta in assistant.chat(long_conversation(0).asked("?").request())])

    assert text == "".join(pieces(50))


def test_every_result_is_in_the_tables() -> None:
    """Streamed, idle, and many messages."""
    wanted = jobs(num_lines=100, rates=(50.0, 200.0), seconds=1, num_messages=10)
    screen, memory = sheets([(job, Result(is_complete=True, cpu_percent=1, memory_mb=(1.0,) * 10)) for job in wanted])

    assert [row[:2] for row in screen.rows] == [
        ("Cairn", "50/s"),
        ("MarkdownStream", "50/s"),
        ("Cairn", "200/s"),
        ("MarkdownStream", "200/s"),
        ("Cairn", "idle"),
    ]
    assert memory.rows == (("10 messages", "yes", 1.0, 1.0, 1.0),)
    assert drawn([screen, memory])


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_way_of_showing_is_measured_on_a_terminal(way: str) -> None:
    """All tokens arrive, and measuring found something."""
    ((_, result),) = measure_all([Job(way=way, num_lines=100, tokens_per_s=50, seconds=1)], lambda *_: None)

    assert result.is_complete
    assert 0 < result.tokens_per_s < 60
    assert result.cpu_percent > 0
    assert 0 <= result.stall_p50_ms <= result.stall_p95_ms <= result.stall_max_ms


@pytest.mark.slow
def test_many_messages_are_measured() -> None:
    """At each tenth of them."""
    ((_, result),) = measure_all([Job(way="Cairn", num_lines=0, num_messages=20)], lambda *_: None)

    assert result.is_complete
    assert len(result.memory_mb) == 10
