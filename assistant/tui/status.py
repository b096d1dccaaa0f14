"""The top line: model, badge (offline, or not), tokens per second, time to first token, context."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from assistant.protocol import Status
from assistant.sanitize import sanitize
from assistant.tui.conversation import Reply

_OFFLINE = Content.styled("● offline", "$text-success")
_ENDPOINT = Content.styled("● endpoint", "$text-warning")
_SEPARATOR = Content.styled(" · ", "$foreground 65%")
_NAME_CELLS = 14
"""What a long model name is cut to before anything else leaves the line."""


class StatusLine(Widget):
    """One line; on a narrow terminal the least important meter leaves first."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    ALLOW_SELECT = False

    daemon: reactive[Status | None] = reactive(None)
    tokens_per_s: reactive[float | None] = reactive(None)
    ttft_ms: reactive[float | None] = reactive(None)
    cached_tokens: reactive[int | None] = reactive(None)
    context_tokens: reactive[int] = reactive(0)

    @property
    def _badge(self) -> Content:
        return _ENDPOINT if self._endpoint else _OFFLINE

    @property
    def _endpoint(self) -> str:
        """Where the chat goes, if it leaves this machine."""
        return sanitize(self.daemon.model_path) if self.daemon and not self.daemon.pid else ""

    def show(self, reply: Reply) -> None:
        """Show how an answer goes."""
        self.tokens_per_s, self.ttft_ms = reply.tokens_per_s, reply.ttft_ms
        self.cached_tokens = reply.cached_tokens
        self.context_tokens = reply.context_tokens or self.context_tokens

    def forget(self) -> None:
        """Show no answer: another conversation begins."""
        self.tokens_per_s = self.ttft_ms = self.cached_tokens = None
        self.context_tokens = 0

    def watch_daemon(self) -> None:
        """Explain the badge to whoever points at it."""
        here = "Nothing leaves this machine: the chat reaches its model through a unix socket, not a network."
        self.tooltip = Content(f"The chat goes to {self._endpoint}.") if self._endpoint else here

    def render(self) -> Content:
        """Name and badge at the left, as many meters as fit at the right."""
        name = Content.styled(sanitize(self.daemon.model) if self.daemon else "…", "bold")
        meters = self._meters()
        taken = min(name.cell_length, _NAME_CELLS) + len(" · ") + self._badge.cell_length
        while meters and taken + 2 + _SEPARATOR.join(meters).cell_length > self.size.width:
            meters.pop()
        right = _SEPARATOR.join(meters)
        free = self.size.width - right.cell_length - len(" · ") - self._badge.cell_length - 2
        left = _SEPARATOR.join([name.truncate(max(free, 1), ellipsis=True), self._badge])
        return left + Content(" " * (self.size.width - left.cell_length - right.cell_length)) + right

    def _meters(self) -> list[Content]:
        """Speed, context, time to first token: what is known of them, the most important first."""
        meters: list[Content] = []
        if self.tokens_per_s is not None:
            meters.append(Content(f"{self.tokens_per_s:.1f} tok/s"))
        if self.daemon is not None and self.daemon.context_tokens:  # an endpoint need not say how much it holds
            share = self.context_tokens / self.daemon.context_tokens
            style = "$text-error" if share >= 0.9 else "$text-warning" if share >= 0.7 else ""
            used, limit = _short(self.context_tokens), _short(self.daemon.context_tokens)
            meters.append(Content.styled(f"context {used}/{limit}", style))
        if self.ttft_ms is not None:
            meters.append(Content(f"TTFT {self.ttft_ms / 1000:.2f} s"))
        return meters


def _short(tokens: int) -> str:
    return str(tokens) if tokens < 1000 else f"{tokens / 1000:.1f}k"
