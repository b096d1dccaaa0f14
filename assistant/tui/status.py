"""The top line: model, quantisation, badge (offline, or not), speed, context, memory."""

from urllib.parse import urlsplit

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from assistant.protocol import Status
from assistant.sanitize import sanitize
from assistant.tui.conversation import Reply

_OFFLINE = Content.styled("● offline", "$text-success")
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
    reply: reactive[Reply | None] = reactive(None, always_update=True)
    context_tokens: reactive[int] = reactive(0)

    def show(self, reply: Reply) -> None:
        """Show how an answer goes."""
        self.context_tokens = reply.context_tokens or self.context_tokens
        self.reply = reply

    def forget(self) -> None:
        """Show no answer: another conversation begins."""
        self.reply = None
        self.context_tokens = 0

    @property
    def _endpoint(self) -> str:
        """Where the chat goes, if it leaves this machine."""
        return sanitize(self.daemon.model_path) if self.daemon and not self.daemon.pid else ""

    @property
    def _badge(self) -> Content:
        host = urlsplit(self._endpoint).hostname or self._endpoint
        return Content.styled(f"● online: {host}", "$text-warning") if host else _OFFLINE

    @property
    def _model(self) -> Content:
        return Content.styled(sanitize(self.daemon.model) if self.daemon else "…", "bold")

    def watch_daemon(self) -> None:
        """Explain the badge to whoever points at it."""
        here = "Nothing leaves this machine: the chat reaches its model through a unix socket, not a network."
        self.tooltip = Content(f"The chat goes to {self._endpoint}.") if self._endpoint else here

    def render(self) -> Content:
        """Name and badge at the left, as many meters as fit at the right."""
        meters = self._meters()
        taken = min(self._model.cell_length, _NAME_CELLS) + len(" · ") + self._badge.cell_length
        while meters and taken + 2 + _SEPARATOR.join(meters).cell_length > self.size.width:
            meters.pop()
        right = _SEPARATOR.join(meters)
        free = self.size.width - right.cell_length - len(" · ") - self._badge.cell_length - 2
        left = _SEPARATOR.join([self._model.truncate(max(free, 1), ellipsis=True), self._badge])
        return left + Content(" " * (self.size.width - left.cell_length - right.cell_length)) + right

    def _meters(self) -> list[Content]:
        """What is known, the most important first."""
        daemon, reply = self.daemon, self.reply
        meters: list[Content] = []
        if reply and reply.tokens_per_s is not None:
            meters.append(Content(f"{reply.tokens_per_s:.1f} tok/s"))
        if daemon and daemon.context_tokens:  # an endpoint need not say how much it holds
            meters.append(_context(self.context_tokens, daemon.context_tokens))
        if reply and reply.ttft_ms is not None:
            meters.append(Content(f"TTFT {reply.ttft_ms / 1000:.2f} s"))
        if daemon and daemon.file_type and daemon.file_type.casefold() not in daemon.model.casefold():
            meters.append(Content(sanitize(daemon.file_type)))
        if daemon and daemon.memory_bytes:
            meters.append(Content(_size(daemon.memory_bytes)))
        cached = reply.cached_tokens if reply else None
        if cached or (cached == 0 and not self._endpoint):  # an endpoint need not say
            meters.append(Content(f"{_short(cached)} cached"))
        return meters


def _context(used: int, limit: int) -> Content:
    share = used / limit
    style = "$text-error" if share >= 0.9 else "$text-warning" if share >= 0.7 else ""
    return Content.styled(f"ctx {_short(used)} / {_short(limit)}", style)


def _short(tokens: int) -> str:
    return str(tokens) if tokens < 1000 else f"{tokens / 1000:.1f}k"


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 2**20:.0f} MB" if num_bytes < 2**30 else f"{num_bytes / 2**30:.1f} GB"
