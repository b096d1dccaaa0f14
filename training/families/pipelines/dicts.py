"""Dict building: group or count words under a key."""

import itertools
import random

from training.families.pipelines.draft import Combination, Draft, Family, broken, misnamed

KEEP = {
    "longer than {k}": "len(w) > {k}",
    "shorter than {k} and not empty": "0 < len(w) < {k}",
    "containing the letter '{a}'": "'{a}' in w",
    "starting with '{a}'": "w.startswith('{a}')",
    "ending with '{a}'": "w.endswith('{a}')",
    "not empty": "w",
}
KEY = {
    "length": "len(w)",
    "first letter": "w[0]",
    "last letter": "w[-1]",
    "lower case form": "w.lower()",
    "number of '{b}'": "w.count('{b}')",
}
VALUE = {
    "the number of words": ("0", "+= 1"),
    "the total length of the words": ("0", "+= len(w)"),
    "the list of words": ("[]", "+= [w]"),
    "the words joined": ('""', "+= w"),
    "the longest length": ("0", "= max(d[key], len(w))"),
}


def _write(combination: Combination, rng: random.Random) -> Draft:
    constants = {"k": rng.randint(2, 5), "a": rng.choice("abce"), "b": rng.choice("abce")}
    kept, keyed, valued = combination
    keep, key = KEEP[kept].format(**constants), KEY[keyed].format(**constants)
    start, update = VALUE[valued]
    other = KEEP[rng.choice([each for each in KEEP if each != kept])].format(**constants)
    right = _by_membership(keep, key, start, update)
    return Draft(
        docstring=_docstring(combination, rng).format(**constants),
        solutions=(right, _by_setdefault(keep, key, start, update)),
        mistakes=(
            _by_membership(other, key, start, update),
            broken(right),
            misnamed(right, "key", "k"),
            right.replace(f"            if key not in d:\n                d[key] = {start}\n", ""),
            right.replace(f"if {keep}:", "if True:"),
        ),
        inputs=(*(([_word(rng) for _ in range(rng.randint(0, 7))],) for _ in range(7)), ([""],)),
    )


def _docstring(combination: Combination, rng: random.Random) -> str:
    kept, keyed, valued = combination
    asks = f"a dict from each {keyed} to {valued} in words that are {kept}".replace(
        "are containing", "are words containing"
    )
    return rng.choice((f"Return {asks}.", f"Build and return {asks}."))


def _by_membership(keep: str, key: str, start: str, update: str) -> str:
    lines = [
        "def solve(words):",
        "    d = {}",
        "    for w in words:",
        f"        if {keep}:",
        f"            key = {key}",
    ]
    lines += ["            if key not in d:", f"                d[key] = {start}", f"            d[key] {update}"]
    return "\n".join([*lines, "    return d", ""])


def _by_setdefault(keep: str, key: str, start: str, update: str) -> str:
    lines = [
        "def solve(words):",
        "    d = {}",
        "    for w in words:",
        f"        if {keep}:",
        f"            key = {key}",
    ]
    lines += [f"            d.setdefault(key, {start})", f"            d[key] {update}"]
    return "\n".join([*lines, "    return d", ""])


def _word(rng: random.Random) -> str:
    return "".join(rng.choice("abcdeABE") for _ in range(rng.randint(0, 6)))


DICTS = Family(name="dicts", combinations=tuple(itertools.product(KEEP, KEY, VALUE)), write=_write)
