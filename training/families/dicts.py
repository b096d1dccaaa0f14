"""Families over dicts and lists of records."""

from training.families.family import Family
from training.families.kinds import COUNTS, RECORDS, TEXT, WORDS
from training.families.strings import CHARACTER
from training.families.texts import LETTERS, WORD

GROUPS = Family(
    name="word_groups",
    subject="grouping",
    level=2,
    takes={"words": WORDS},
    prepare="words",
    finish="dict",
    slots={
        "keep": WORD,
        "key": {
            "length": "len(w)",
            "first character": "w[:1]",
            "last character": "w[-1:]",
            "lower case form": "w.lower()",
            "number of letters $a": "w.count($a)",
            "length modulo $k": "len(w) % $k",
        },
        "value": {
            "the number of such words": ("0", "groups[key] + 1"),
            "the total length of such words": ("0", "groups[key] + len(w)"),
            "the list of such words": ("[]", "groups[key] + [w]"),
            "such words joined": ("''", "groups[key] + w"),
            "the length of the longest such word": ("0", "max(groups[key], len(w))"),
            "the last such word": ("''", "w"),
        },
        "k": (2, 3, 4),
        "a": LETTERS,
    },
    titles=("group_words", "by_key", "index_words"),
    asks=("a dict from every $key that occurs to $value, taking only words $keep", "a dict that maps each $key of the words $keep to $value"),
    styles=(
        """
        def $f(words):
            groups = {}
            for w in words:
                if $keep:
                    key = $key
                    if key not in groups:
                        groups[key] = $value_0
                    groups[key] = $value_1
            return groups
        """,
        """
        from collections import defaultdict


        def $f(words):
            groups = defaultdict(lambda: $value_0)
            for w in words:
                if not ($keep):
                    continue
                key = $key
                groups[key] = $value_1
            return dict(groups)
        """,
    ),
)
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
        "name": {"": "key", ", the keys in upper case": "key.upper()", ", the keys reversed": "key[::-1]", ", the keys with '_' before": "'_' + key"},
        "k": (2, 3, 4),
        "m": (2, 3, 4, 5),
        "a": LETTERS,
    },
    titles=("select_entries", "update_dict", "entries"),
    asks=("a dict with those entries of d that have $keep, $change$name (if keys become equal, the later entry counts)",),
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
        "only_d": {"its value": "d[key]", "its value times $k": "d[key] * $k", "its value negated": "-d[key]", "0": "0"},
        "only_e": {"its value": "e[key]", "its value plus $k": "e[key] + $k", "$k": "$k", "its value squared": "e[key] * e[key]"},
        "k": (2, 3, 4, 5, 10),
    },
    titles=("merge_dicts", "join_tables", "combine_counts"),
    asks=("a dict that has every key in d and e: with $both if it is in both, $only_d if it is only in d, and $only_e if it is only in e",),
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
SORTED_RECORDS = Family(
    name="sorted_records",
    subject="sorting",
    level=2,
    takes={"rows": RECORDS},
    prepare="records",
    finish="words",
    slots={
        "first": {
            "points, highest first": "-row['points']",
            "points, lowest first": "row['points']",
            "age, oldest first": "-row['age']",
            "age, youngest first": "row['age']",
            "team": "row['team']",
            "the length of the name": "len(row['name'])",
            "points modulo $k": "row['points'] % $k",
        },
        "second": {"the name": "row['name']", "the name and then the age": "(row['name'], row['age'])"},
        "shown": {
            "the name": "row['name']",
            "the name and the points like 'ann:3'": "f\"{row['name']}:{row['points']}\"",
            "the first letter of the team and the name like 'r-ann'": "row['team'][0] + '-' + row['name']",
            "the name in upper case": "row['name'].upper()",
            "the age as a string": "str(row['age'])",
        },
        "k": (2, 3, 4, 5),
    },
    titles=("sort_records", "ranking", "table_order"),
    asks=("the list that shows, for each record, $shown, when rows is sorted by $first, and then by $second",),
    styles=(
        """
        def $f(rows):
            ordered = sorted(rows, key=lambda row: ($first, $second))
            return [$shown for row in ordered]
        """,
        """
        def $f(rows):
            ordered = sorted(rows, key=lambda row: $second)
            ordered.sort(key=lambda row: $first)
            result = []
            for row in ordered:
                result.append($shown)
            return result
        """,
    ),
)
TEAM_TOTALS = Family(
    name="team_totals",
    subject="grouping",
    level=2,
    takes={"rows": RECORDS},
    prepare="records",
    finish="counts",
    slots={
        "key": {"team": "row['team']", "name": "row['name']", "first letter of the name": "row['name'][:1]"},
        "what": {
            "the sum of the points": "sum(row['points'] for row in group)",
            "the largest number of points": "max(row['points'] for row in group)",
            "the number of records": "len(group)",
            "the smallest age": "min(row['age'] for row in group)",
            "the average age, rounded down": "sum(row['age'] for row in group) // len(group)",
            "the number of records with more than $k points": "sum(row['points'] > $k for row in group)",
            "the points of the last record": "group[-1]['points']",
        },
        "keep": {"of an age of 2$k and more": "row['age'] >= 20 + $k", "of an age of at most 3$k": "row['age'] <= 30 + $k", "of any age": "True", "with at least $k points": "row['points'] >= $k"},
        "k": (1, 2, 3, 4, 5),
    },
    titles=("team_totals", "summarise", "aggregate"),
    asks=("a dict from every $key in the records $keep to $what of such records with it",),
    styles=(
        """
        def $f(rows):
            groups = {}
            for row in rows:
                if $keep:
                    groups.setdefault($key, []).append(row)
            return {key: $what for key, group in groups.items()}
        """,
        """
        def $f(rows):
            kept = [row for row in rows if $keep]
            result = {}
            for key in [$key for row in kept]:
                group = [row for row in kept if $key == key]
                result[key] = $what
            return result
        """,
    ),
)

DICTS = (GROUPS, LETTER_COUNTS, ENTRIES, MERGED_DICTS, INVERTED, SORTED_RECORDS, TEAM_TOTALS)
