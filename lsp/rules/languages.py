r"""How languages write comments and strings: enough to know which brackets count, no more.

Every branch of a pattern begins with a literal: `re` then skips to the next candidate instead of trying all branches
everywhere. What is not closed reaches to the end of its line, or of the text where it may hold lines. All repetitions
are possessive, and those of a regex bounded: no text makes a pattern slow.
"""

import re
from dataclasses import dataclass

_DOUBLE = r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
_DOUBLE_LINES = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_SINGLE = r"'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
_SINGLE_CLOSED = r"'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'"
_CHARACTER = r"'(?:[^\\'\n]|\\[^\n]{1,10}?)'"
_TRIPLE = r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:""")?' + r"|'''(?:[^'\\]++|\\.|'(?!''))*+(?:''')?"
_BACKTICK = r"`[^`\\]*+(?:\\.[^`\\]*+)*+`?"
_REGEX_MAY_BEGIN = r"(?:(?<=\A/)(?!\s)|(?<=[(,=:\[!&|?{};]/)|(?<=[(,=:\[!&|?{};\s][ ]/))(?![/*])"
_REGEX = rf"/{_REGEX_MAY_BEGIN}" + r"(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,99}+\]){1,199}+/"
_HASH = r"\#(?<!\S\#)[^\n]*+"
_SLASHES = r"//[^\n]*+"
_BLOCK = r"/\*(?:[^*]++|\*(?!/))*+(?:\*/)?"
_DASHES = r"--[^\n]*+"
_SEMICOLON = r";[^\n]*+"
_MARKUP = r"<!--(?:[^-]++|-(?!->))*+(?:-->)?"
_ESCAPE = r"\\."


@dataclass(frozen=True, slots=True)
class Language:
    """One way to write code."""

    tokens: re.Pattern[str]
    """Strings and comments in group "hidden"; single brackets; escaped characters."""
    pairs_brackets: bool = True
    """False where an unmatched bracket is nothing special: `a) echo`, "1) first"."""
    is_prose: bool = False
    """Indentation and repeated lines carry no structure."""


def _tokens(*hidden: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<hidden>{'|'.join(hidden)})|\(|\)|\[|\]|\{{|\}}|{_ESCAPE}", re.DOTALL)


_C_LIKE = Language(_tokens(_SLASHES, _BLOCK, _DOUBLE, _CHARACTER))
_FAMILIES = {
    "python": Language(_tokens(_HASH, _TRIPLE, _DOUBLE, _SINGLE)),
    "julia toml elixir": Language(_tokens(_HASH, _TRIPLE, _DOUBLE, _CHARACTER)),
    "ruby r perl nix graphql terraform powershell coffeescript": Language(_tokens(_HASH, _DOUBLE, _SINGLE)),
    "yaml cmake dockerfile": Language(_tokens(_HASH, _DOUBLE, _SINGLE_CLOSED)),
    "shellscript makefile fish": Language(_tokens(_HASH, _DOUBLE_LINES, _SINGLE_CLOSED), pairs_brackets=False),
    "c cpp objective-c objective-cpp cuda-cpp csharp java rust swift proto3 proto solidity zig": _C_LIKE,
    "go": Language(_tokens(_SLASHES, _BLOCK, _DOUBLE, _CHARACTER, _BACKTICK)),
    "kotlin scala groovy": Language(_tokens(_SLASHES, _BLOCK, _TRIPLE, _DOUBLE, _CHARACTER)),
    "javascript typescript javascriptreact typescriptreact jsx tsx json jsonc json5 dart": Language(
        _tokens(_SLASHES, _BLOCK, _BACKTICK, _DOUBLE, _SINGLE, _REGEX)
    ),
    "php": Language(_tokens(_SLASHES, _HASH, _BLOCK, _DOUBLE, _SINGLE)),
    "css": Language(_tokens(_BLOCK, _DOUBLE, _SINGLE)),
    "scss less": Language(_tokens(r"//(?<!:\/\/)[^\n]*+", _BLOCK, _DOUBLE, _SINGLE)),
    "sql lua": Language(_tokens(_DASHES, _BLOCK, _DOUBLE, _SINGLE)),
    "haskell elm ada vhdl purescript": Language(_tokens(_DASHES, _DOUBLE, _CHARACTER)),
    "lisp elisp emacs-lisp clojure scheme racket fennel": Language(_tokens(_SEMICOLON, _DOUBLE_LINES)),
    "asm ini properties": Language(_tokens(_SEMICOLON, _HASH), pairs_brackets=False),
    "html xml xsl svg vue svelte astro handlebars": Language(_tokens(_MARKUP), pairs_brackets=False),
    "markdown plaintext text restructuredtext asciidoc latex tex typst quarto mdx org git-commit gitcommit help mail": (
        Language(_tokens(_MARKUP), pairs_brackets=False, is_prose=True)
    ),
}
_LANGUAGES = {name: family for names, family in _FAMILIES.items() for name in names.split()}
_UNKNOWN = Language(_tokens(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"', _SINGLE_CLOSED))


def language_of(language_id: str) -> Language:
    """How to read a language; one that is not known has strings, no comments."""
    return _LANGUAGES.get(language_id, _UNKNOWN)
