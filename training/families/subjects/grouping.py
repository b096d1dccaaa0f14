"""Families that group words and records."""

from training.families.family import Family
from training.families.kinds import WORDS
from training.families.nested_kinds import RECORDS
from training.families.subjects.words import LETTERS, WORD

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
    asks=(
        "a dict from every $key that occurs to $value, taking only words $keep",
        "a dict that maps each $key of the words $keep to $value",
    ),
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
        "keep": {
            "of an age of 2$k and more": "row['age'] >= 20 + $k",
            "of an age of at most 3$k": "row['age'] <= 30 + $k",
            "of any age": "True",
            "with at least $k points": "row['points'] >= $k",
        },
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

FAMILIES = (
    GROUPS,
    TEAM_TOTALS,
)
