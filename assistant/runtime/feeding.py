"""What a batch is filled with: of each job whose turn it is, the tokens that are to be computed next."""

from collections.abc import Iterable
from typing import NamedTuple

from assistant.runtime.jobs import Job
from assistant.runtime.prefix_store import PrefixStore
from assistant.runtime.row import Row

LONG_PROMPT_TOKENS = 64
"""While a prompt longer than this waits, others may compute its beginning: each part of it looks for that."""


class Fed(NamedTuple):
    """What one job has in a batch."""

    job: Job
    row: Row
    drafted: list[int]
    """The last ids of the row are guesses."""
    first_wanted: int
    """Index in the batch of the first token whose logits are wanted."""


def feed(jobs: Iterable[Job], store: PrefixStore, *, room: int, prompt_tokens: int) -> list[Fed]:
    """Share one batch: first the decoding jobs, then prompts, those that need least first.

    Args:
        jobs: Each has a sequence.
        store: Knows what is computed already.
        room: Tokens the batch may have.
        prompt_tokens: How many of them may be of prompts.
    """
    fed: list[Fed] = []
    end = 0
    for job in sorted(jobs, key=lambda job: job.num_pending):
        assert job.sequence is not None
        limit, drafted = 1, list[int]()
        if job.is_decoding:
            drafted = _draft(job)
        else:
            limit = prompt_tokens
            _catch_up(job, store)
        start = len(job.sequence.tokens)
        ids = job.tokens[start : start + min(room, limit)] + drafted
        if not ids or len(ids) > room:
            continue
        is_complete = start + len(ids) - len(drafted) == len(job.tokens)
        num_wanted = 1 + len(drafted) if is_complete else 0
        end += len(ids)
        room -= len(ids)
        prompt_tokens -= 0 if job.is_decoding else len(ids)
        fed.append(Fed(job, Row(job.sequence.index, start, ids, num_wanted), drafted, end - num_wanted))
    return fed


def _draft(job: Job) -> list[int]:
    limit = job.max_tokens - job.num_completion_tokens - 1
    return job.drafter.draft(job.tokens, limit) if job.drafter and limit > 0 else []


def _catch_up(job: Job, store: PrefixStore) -> None:
    """Two conversations that start together compute their common beginning once."""
    assert job.sequence is not None
    if job.num_pending > LONG_PROMPT_TOKENS:
        num_before = len(job.sequence.tokens)
        job.num_cached_tokens += store.catch_up(job.sequence, job.tokens) - num_before
