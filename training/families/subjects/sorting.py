"""Families that put a list in order."""

from training.families.family import Family
from training.families.kinds import INTS
from training.families.nested_kinds import RECORDS
from training.families.subjects.lists import CONDITION

PARTITION = Family(
    name="partition",
    subject="sorting",
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "keep": CONDITION,
        "first": {
            "in their order": "first",
            "reversed": "first[::-1]",
            "sorted": "sorted(first)",
            "sorted downwards": "sorted(first)[::-1]",
        },
        "rest": {"in their order": "rest", "reversed": "rest[::-1]", "sorted": "sorted(rest)"},
        "k": (2, 3, 4, 5),
    },
    titles=("partition", "move_forward", "split_order"),
    asks=("a list with the numbers of xs that are $keep ($first), followed by all others ($rest)",),
    styles=(
        """
        def $f(xs):
            first = [x for x in xs if $keep]
            rest = [x for x in xs if not ($keep)]
            return $first + $rest
        """,
        """
        def $f(xs):
            first = []
            rest = []
            for x in xs:
                if $keep:
                    first.append(x)
                else:
                    rest.append(x)
            return $first + $rest
        """,
    ),
)
SORT_KEYS = Family(
    name="sort_keys",
    subject="sorting",
    takes={"xs": INTS},
    prepare="ints",
    finish="ints",
    slots={
        "key": {
            "absolute value": "abs(x)",
            "remainder modulo $k": "x % $k",
            "distance from $k": "abs(x - $k)",
            "last decimal digit": "abs(x) % 10",
            "number of decimal digits": "len(str(abs(x)))",
            "square modulo 1$k": "x * x % 1$k",
        },
        "ties": {"ascending value": "x", "descending value": "-x"},
        "k": (2, 3, 4, 5, 6, 7),
    },
    titles=("sort_by", "ordered", "arrange"),
    asks=(
        "the elements of xs sorted by $key, equal ones by $ties",
        "the list xs ordered by $key; ties are broken by $ties",
    ),
    styles=(
        """
        def $f(xs):
            return sorted(xs, key=lambda x: ($key, $ties))
        """,
        """
        def $f(xs):
            decorated = [($key, $ties, x) for x in xs]
            decorated.sort()
            return [x for _, _, x in decorated]
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

FAMILIES = (
    PARTITION,
    SORT_KEYS,
    SORTED_RECORDS,
)
