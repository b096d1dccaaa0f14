r"""The one sanitiser for text that a model, a file or the network wrote, before a person sees it.

A terminal obeys what is printed on it: an escape sequence can write the clipboard, retitle the window or make the
terminal type. Other characters are not seen and still change what is read: bidi controls reorder code, zero-width and
tag characters hide text in it. All of them leave here visible, as `\u{1b}`. Line ends and markup are the caller's.
"""

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and newline, DEL, C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls
    "\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff"  # zero width
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters without ink
    "\u2028\u2029"  # line and paragraph separator
    "\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # annotation, shorthand and music format controls
    "\ud800-\udfff"  # lone surrogates: no terminal encoding has them
    "\U000e0000-\U000e0fff"  # tags and the variation selectors that can carry hidden bytes
    "]"
)


def sanitize(text: str) -> str:
    r"""Write every character that a terminal would obey, or an eye would miss, as `\u{hex}`.

    Character by character and without state: sanitising the pieces of a stream and joining them is the same as
    sanitising the whole, wherever it was cut. Clean text comes back unchanged. Emoji joined by U+200D come apart.
    """
    return _UNSAFE.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", text)


def without_unsafe(text: str) -> str:
    """Leave out what `sanitize` would write: for text that goes into a file, where an escape is wrong code."""
    return _UNSAFE.sub("", text)
