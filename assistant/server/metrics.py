"""What the daemon has done since it started, as Prometheus reads it; the names are llama-server's where it has one."""

from collections import Counter
from dataclasses import dataclass, field

from assistant.protocol import FinishReason, Timings

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Totals:
    """Sums over finished requests. Tokens of a request whose client left are not in them: nobody was told of them."""

    num_prompt_tokens: int = 0
    """Computed; those found in the cache are apart."""
    num_cached_tokens: int = 0
    num_completion_tokens: int = 0
    longest_tokens: int = 0
    """Prompt and answer of the longest request."""
    num_remembered: int = 0
    """Completions answered without the engine, which are not in the other sums."""
    num_requests: Counter[FinishReason] = field(default_factory=Counter[FinishReason])

    def add(self, timings: Timings, reason: FinishReason) -> None:
        """Count a finished request."""
        self.num_prompt_tokens += timings.num_prompt_tokens - timings.num_cached_tokens
        self.num_cached_tokens += timings.num_cached_tokens
        self.num_completion_tokens += timings.num_completion_tokens
        self.longest_tokens = max(self.longest_tokens, timings.num_prompt_tokens + timings.num_completion_tokens)
        self.num_requests[reason] += 1


def prometheus(totals: Totals, *, num_busy: int, num_queued: int) -> str:
    """The text of `/metrics`.

    Source: tools/server/README.md of llama.cpp; Prometheus text exposition format 0.0.4.
    """
    metrics = [
        ("llamacpp:prompt_tokens_total", "counter", "Prompt tokens computed.", totals.num_prompt_tokens),
        ("llamacpp:tokens_predicted_total", "counter", "Tokens of answers.", totals.num_completion_tokens),
        ("llamacpp:n_tokens_max", "counter", "Tokens of the longest request.", totals.longest_tokens),
        ("llamacpp:requests_processing", "gauge", "Requests that hold a slot.", num_busy),
        ("llamacpp:requests_deferred", "gauge", "Requests that wait for a slot.", num_queued),
        ("cairn:prompt_tokens_cached_total", "counter", "Prompt tokens found in the cache.", totals.num_cached_tokens),
        ("cairn:requests_remembered_total", "counter", "Completions answered from memory.", totals.num_remembered),
    ]
    lines = [f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value}" for name, kind, text, value in metrics]
    lines.append("# HELP cairn:requests_total Finished requests.\n# TYPE cairn:requests_total counter")
    lines += [f'cairn:requests_total{{finish_reason="{reason}"}} {n}' for reason, n in totals.num_requests.items()]
    return "\n".join(lines) + "\n"
