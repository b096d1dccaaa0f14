"""Identifiers that read as what they are not: letters of another script in a Latin word, or ones that Python folds.

`раypal` with two Cyrillic letters is another name than `paypal`; nobody sees it. What is asked about here is code that
a model wrote: such a word is marked before it is shown, and not put into a file unasked.

Source: Unicode Technical Standard 39 (mixed scripts, skeletons), reduced to letters that look alike in code.
"""

import re
import unicodedata
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d]\w*")
_CYRILLIC = "аеорсухѕіјԁԛԝһӏАВЕЗКМНОРСТУХЅІЈ", "aeopcyxsijdqwhlAB" + "E3KMHOPCTYXSIJ"
_GREEK = "ονΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ovABEZHIKMNOPTYX"
_OTHER = "օոսհյցզɡɑᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᏚᎢᏙᏔᏃ", "onuhjgqgaABCDEGHJKLMPSTVWZ"
_SKELETON = {ord(one): other for pair in (_CYRILLIC, _GREEK, _OTHER) for one, other in zip(*pair, strict=True)}
_NEVER_WITH_LATIN = ("CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")
"""Nobody mixes these; Greek letters stand in formulas."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A word, and what it can be taken for."""

    start: int
    """In characters of the text."""
    word: str
    why: str


def lookalikes(code: str, known: str = "") -> list[Lookalike]:
    """The words of `code` that read as others; not those that stand in `known`, where somebody chose them already."""
    if code.isascii():
        return []
    found: list[Lookalike] = []
    for match in _WORD.finditer(code):
        word = match[0]
        if not word.isascii() and (why := _why(word, code, match.start())) and not _is_word_of(known, word):
            found.append(Lookalike(match.start(), word, why))
    return found


def _why(word: str, code: str, start: int) -> str | None:
    folded = unicodedata.normalize("NFKC", word)
    if folded != word and folded.isascii():
        return f"is the same name as {folded} to Python"
    skeleton = word.translate(_SKELETON)
    has_latin = any(_script(letter) == "LATIN" for letter in word)
    if skeleton.isascii() and (has_latin or not _is_prose(code, start)):
        return f"reads as {skeleton}"
    if has_latin and (scripts := {_script(letter) for letter in word} & set(_NEVER_WITH_LATIN)):
        return f"mixes Latin and {min(scripts).title()} letters"
    return None


def _is_prose(code: str, start: int) -> bool:
    """Whether its line has letters of other scripts that look like no Latin ones: then it is a language."""
    end = code.find("\n", start)
    line = code[code.rfind("\n", 0, start) + 1 : len(code) if end < 0 else end]
    return any(letter.isalpha() and not letter.isascii() and ord(letter) not in _SKELETON for letter in line)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _is_word_of(text: str, word: str) -> bool:
    return any(match[0] == word for match in _WORD.finditer(text)) if word in text else False
