"""Families over dicts."""

from training.families.family import Family
from training.families.kinds import COUNTS, TEXT
from training.families.subjects.strings import CHARACTER
from training.families.subjects.words import LETTERS

LETTER_COUNTS = Family(
    name="letter_counts",
    subject="dicts",
    takes={"s": TEXT},
    prepare="text",
    finish="counts",
    slots={
        "keep": CHARACTER,
        "value": {
            "the number of times it occurs": "s.count(c)",
            "the index of its first occurrence": "s.index(c)",
            "the index of its last occurrence": "s.rindex(c)",
            "the distance between its first and its last occurrence": "s.rindex(c) - s.index(c)",
            "the number of characters after its last occurrence": "len(s) - 1 - s.rindex(c)",
            "the number of times it occurs, but at most $k": "min(s.count(c), $k)",
        },
        "k": (2, 3),
        "a": LETTERS,
    },
    titles=("letter_counts", "character_table", "positions"),
    asks=("a dict from every character of s to $value in s, only for characters that are $keep",),
    styles=(
        """
        def $f(s):
            return {c: $value for c in s if $keep}
        """,
        """
        def $f(s):
            result = {}
            for c in s:
                if c not in result and $keep:
                    result[c] = $value
            return result
        """,
    ),
)
ENTRIES = Family(
    name="entries",
    subject="dicts",
    takes={"d": COUNTS},
    prepare="counts",
    finish="counts",
    slots={
        "keep": {
            "positive values": "n > 0",
            "even values": "n % 2 == 0",
            "values greater than $k": "n > $k",
            "values of at most $k": "n <= $k",
            "keys of at least $k characters": "len(key) >= $k",
            "keys that contain $a": "$a in key",
            "keys that do not contain $a": "$a not in key",
        },
        "change": {
            "their values as they are": "n",
            "their values squared": "n * n",
            "their values plus the length of the key": "n + len(key)",
            "their values times $m": "n * $m",
            "their values subtracted from 1$m": "1$m - n",
        },
        "name": {
            "": "key",
            ", the keys in upper case": "key.upper()",
            ", the keys reversed": "key[::-1]",
            ", the keys with '_' before": "'_' + key",
        },
        "k": (2, 3, 4),
        "m": (2, 3, 4, 5),
        "a": LETTERS,
    },
    titles=("select_entries", "update_dict", "entries"),
    asks=(
        "a dict with those entries of d that have $keep, $change$name (if keys become equal, the later entry counts)",
    ),
    styles=(
        """
        def $f(d):
            return {$name: $change for key, n in d.items() if $keep}
        """,
        """
        def $f(d):
            result = {}
            for key in d:
                n = d[key]
                if $keep:
                    result[$name] = $change
            return result
        """,
    ),
)
MERGED_DICTS = Family(
    name="merged_dicts",
    subject="two dicts",
    level=2,
    takes={"d": COUNTS, "e": COUNTS},
    prepare="counts",
    finish="counts",
    slots={
        "both": {
            "the sum of its values": "d[key] + e[key]",
            "the larger of its values": "max(d[key], e[key])",
            "the smaller of its values": "min(d[key], e[key])",
            "the value in d minus the value in e": "d[key] - e[key]",
            "the value in e": "e[key]",
            "$k times the value in d plus the value in e": "$k * d[key] + e[key]",
        },
        "only_d": {
            "its value": "d[key]",
            "its value times $k": "d[key] * $k",
            "its value negated": "-d[key]",
            "0": "0",
        },
        "only_e": {
            "its value": "e[key]",
            "its value plus $k": "e[key] + $k",
            "$k": "$k",
            "its value squared": "e[key] * e[key]",
        },
        "k": (2, 3, 4, 5, 10),
    },
    titles=("merge_dicts", "join_tables", "combine_counts"),
    asks=(
        "a dict that has every key in d and e: with $both if it is in both, $only_d if it is only in d, and $only_e "
        "if it is only in e",
    ),
    styles=(
        """
        def $f(d, e):
            result = {}
            for key in d:
                if key in e:
                    result[key] = $both
                else:
                    result[key] = $only_d
            for key in e:
                if key not in d:
                    result[key] = $only_e
            return result
        """,
        """
        def $f(d, e):
            left = {key: $only_d for key in d if key not in e}
            right = {key: $only_e for key in e if key not in d}
            return {**left, **right, **{key: $both for key in d if key in e}}
        """,
    ),
)
INVERTED = Family(
    name="inverted",
    subject="dicts",
    level=2,
    takes={"d": COUNTS},
    prepare="counts",
    finish="dict",
    slots={
        "group": {
            "value": "n",
            "value modulo $k": "n % $k",
            "length of the key": "len(key)",
            "sign of the value (-1, 0 or 1)": "(n > 0) - (n < 0)",
            "first character of the key": "key[:1]",
            "value divided by $k, rounded down": "n // $k",
        },
        "collect": {
            "the sorted list of the keys": ("key", "sorted(found)"),
            "the number of keys": ("key", "len(found)"),
            "the alphabetically first key": ("key", "min(found)"),
            "the longest key, the alphabetically last of equally long ones": ("(len(key), key)", "max(found)[1]"),
            "the sum of the values": ("n", "sum(found)"),
            "the largest value": ("n", "max(found)"),
            "the sorted list of the values": ("n", "sorted(found)"),
        },
        "k": (2, 3, 4, 5),
    },
    titles=("invert", "group_entries", "by_value"),
    asks=("a dict from each $group to $collect of all entries of d with it",),
    styles=(
        """
        def $f(d):
            groups = {}
            for key, n in d.items():
                groups.setdefault($group, []).append($collect_0)
            return {group: $collect_1 for group, found in groups.items()}
        """,
        """
        def $f(d):
            result = {}
            for group in {$group for key, n in d.items()}:
                found = [$collect_0 for key, n in d.items() if $group == group]
                result[group] = $collect_1
            return result
        """,
    ),
)

FAMILIES = (
    LETTER_COUNTS,
    ENTRIES,
    MERGED_DICTS,
    INVERTED,
)
