"""Whether a problem is about Python, as far as its words say."""

import re

_NAMES = (
    *("javascript", "typescript", "java", "kotlin", "scala", "ruby", "rails", "perl", "php", "laravel", "haskell"),
    *("swift", "rust", "golang", "matlab", "bash", "powershell", "fortran", "cobol", "lua", "erlang", "elixir"),
    *("sql", "mysql", "html", "html5", "css", "xml", "jquery", "react", "angular", "vue", "node.js", "django", "flask"),
)
_OTHERS = re.compile(
    r"(?<![\w.+#])(?:" + "|".join(map(re.escape, _NAMES)) + r")(?![\w+#])"
    r"|\bc\+\+|\bc#|\bshell script|\b(?:in|using|an?) (?-i:C|R|Go)(?![\w+#]| \d)",
    re.IGNORECASE,
)
"""Names of one letter, and such as are words, only where they are written and placed like names."""


def names_another_language(text: str) -> bool:
    """Whether it speaks of a language or framework that no function in plain Python is written in."""
    return _OTHERS.search(text) is not None
