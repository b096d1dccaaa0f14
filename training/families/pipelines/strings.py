"""String pipelines: keep some characters, change their case, put them together."""

import itertools
import random

from training.families.pipelines.draft import Combination, Draft, Family, broken, misnamed

KEEP = {
    "vowels": 'c in "aeiou"',
    "digits": "c.isdigit()",
    "letters": "c.isalpha()",
    "capital letters": "c.isupper()",
    "small letters": "c.islower()",
    "characters other than '{k}'": "c != '{k}'",
    "characters after '{k}' in the alphabet": "c > '{k}'",
}
CHANGE = {
    "": "c",
    "in upper case": "c.upper()",
    "in lower case": "c.lower()",
    "doubled": "c * 2",
    "followed by '{m}'": "c + '{m}'",
}
REDUCE = {
    "joined": '"".join({ys})',
    "joined with dashes": '"-".join({ys})',
    "joined in reverse order": '"".join({ys}[::-1])',
    "as a list": "{ys}",
    "as a sorted list": "sorted({ys})",
    "without the first": "{ys}[1:]",
    "the last one or None": "{ys}[-1] if {ys} else None",
}


def _write(combination: Combination, rng: random.Random) -> Draft:
    constants = {"k": rng.choice("abcdeg"), "m": rng.choice("xyz!")}
    kept, changed, reduced = combination
    keep, change = KEEP[kept].format(**constants), CHANGE[changed].format(**constants)
    other = KEEP[rng.choice([each for each in KEEP if each != kept])].format(**constants)
    named = _named(keep, change, reduced)
    return Draft(
        docstring=_docstring(combination, rng).format(**constants),
        solutions=(named, _loop(keep, change, reduced)),
        mistakes=(
            _named(other, change, reduced),
            broken(named),
            misnamed(named, "ys", "zs"),
            named.replace(" if ys else None", "").replace("for c in s", "for c in s[1:]"),
        ),
        inputs=(*((_text(rng),) for _ in range(7)), ("",)),
    )


def _docstring(combination: Combination, rng: random.Random) -> str:
    kept, changed, reduced = combination
    asks = " ".join(f"the {kept} of the string s {changed}".split()) + f", {reduced}"
    return rng.choice((f"Return {asks}.", f"Write a function that returns {asks}."))


def _named(keep: str, change: str, reduced: str) -> str:
    return f"def solve(s):\n    ys = [{change} for c in s if {keep}]\n    return {REDUCE[reduced].format(ys='ys')}\n"


def _loop(keep: str, change: str, reduced: str) -> str:
    lines = [
        "def solve(s):",
        "    ys = []",
        "    for c in s:",
        f"        if {keep}:",
        f"            ys.append({change})",
    ]
    return "\n".join([*lines, f"    return {REDUCE[reduced].format(ys='ys')}", ""])


def _text(rng: random.Random) -> str:
    return "".join(rng.choice("abcdefgioxAEBZ 0179-") for _ in range(rng.randint(1, 12)))


STRINGS = Family(name="strings", combinations=tuple(itertools.product(KEEP, CHANGE, REDUCE)), write=_write)
