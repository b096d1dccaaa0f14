"""What does not belong into a file at all: characters nobody sees, a model's own marks, the fences of a chat."""

import re

from assistant.lookalikes import lookalikes
from assistant.sanitize import without_unsafe
from lsp.rules.around import Surroundings
from lsp.rules.code import opened
from lsp.rules.languages import language_of

_MARKS = re.compile(
    r"<\|[a-z_]{2,40}\|>"  # <|endoftext|>, <|fim_middle|>, <|im_end|>, <|file_sep|>, …
    r"|<｜[^｜>\n]{2,40}｜>"  # DeepSeek
    r"|<fim[-_](?:prefix|middle|suffix|pad)>"  # StarCoder, SantaCoder
    r"|▁?<(?:PRE|SUF|MID|EOT)>"  # Code Llama
    r"|<(?:file_sep|repo_name|reponame|gh_stars|empty_output)>|<(?:issue|jupyter|commit)_[a-z]{2,20}>"  # StarCoder
)
_END_OF_SEQUENCE = re.compile(r"</s>|<s>")
"""Of Llama, Mistral; also the tag for text that is struck out."""
_MAY_HOLD_TAGS = frozenset(
    ["html", "xml", "svg", "vue", "svelte", "markdown", "mdx", "php", "javascriptreact", "typescriptreact"]
)
_FENCE = re.compile(r"(?:\s*\n)? ?```[\w+#.-]*[ \t]*\n")
_LAST_FENCE = re.compile(r"\n?^```[ \t]*$", re.MULTILINE)


def without_marks(text: str, around: Surroundings) -> str:
    """Stop before a token of the model that was written as text, unless the file is about such tokens."""
    patterns = (_MARKS,) if around.language in _MAY_HOLD_TAGS else (_MARKS, _END_OF_SEQUENCE)
    marks = (match for pattern in patterns for match in pattern.finditer(text))
    ends = [mark.start() for mark in marks if mark[0] not in around.prefix and mark[0] not in around.suffix]
    return text[: min(ends, default=len(text))]


def without_invisible(text: str, around: Surroundings) -> str:
    r"""Drop what nobody sees, "\r" among it."""
    return without_unsafe(text)


def without_lookalikes(text: str, around: Surroundings) -> str:
    """Stop before the first word that reads as another, unless the file has that word: nobody would see it coming."""
    found = lookalikes(text, known=f"{around.prefix}\n{around.suffix}")
    return text[: found[0].start] if found else text


def without_fences(text: str, around: Surroundings) -> str:
    """Take code out of the Markdown fence that a chat model put around it; in prose and in strings fences are text."""
    if language_of(around.language).is_prose or opened(around).inside:
        return text
    start = _FENCE.match(text)
    inner = text[start.end() :] if start else text
    end = _LAST_FENCE.search(inner)
    return inner[: end.start()] if end else inner
