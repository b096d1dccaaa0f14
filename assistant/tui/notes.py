"""What is said below an answer: how it goes, and how it ended."""

import time

from assistant.tui.conversation import Reply


def counted(reply: Reply) -> str:
    """How many tokens came."""
    return "1 token" if reply.num_tokens == 1 else f"{reply.num_tokens} tokens"


def progress(reply: Reply) -> str:
    """Say what happens while an answer is on its way."""
    if reply.first_token_s is None:
        return f"reading · {time.monotonic() - reply.started_s:.0f} s"
    return f"writing · {counted(reply)}"


def ending(reply: Reply) -> str:
    """Say how an answer ended that nobody stopped."""
    reason = reply.end.finish_reason if reply.end else None
    if reason == "length":
        return f"cut off at the limit of {counted(reply)}"
    if reason == "deadline":
        return f"out of time after {counted(reply)}"
    speed = "" if reply.tokens_per_s is None else f" · {reply.tokens_per_s:.1f} tok/s"
    return counted(reply) + speed


def stopped(reply: Reply) -> str:
    """Say that the user ended it."""
    return f"stopped after {counted(reply)}"
