"""Families that read a small notation."""

from training.families.family import Family
from training.families.notation_kinds import ASSIGNMENTS, NUMBERED, RANGES

PAIRS = Family(
    name="assignments",
    subject="parsing",
    level=2,
    takes={"s": ASSIGNMENTS},
    prepare="assignments",
    finish="counts",
    slots={
        "twice": {
            "the last value counts": "value",
            "the first value counts": "result.get(key, value)",
            "the values are added": "result.get(key, 0) + value",
            "the larger value counts": "max(result.get(key, value), value)",
            "the smaller value counts": "min(result.get(key, value), value)",
        },
        "change": {
            "": "int(digits)",
            " plus $k": "int(digits) + $k",
            " times $k": "int(digits) * $k",
            " modulo $k": "int(digits) % $k",
            ", but at most 1$k": "min(int(digits), 1$k)",
        },
        "name": {"": "name", ", names in upper case": "name.upper()", ", of names only the first letter": "name[:1]"},
        "k": (2, 3, 4, 5, 6, 7),
    },
    titles=("parse_pairs", "read_settings", "parse_assignments"),
    asks=(
        "a dict from the names in s to their integer values$change$name, where s has parts like 'name=12' separated "
        "by ';', parts without '=' are skipped, and of a name that comes again $twice",
    ),
    styles=(
        """
        def $f(s):
            result = {}
            for part in s.split(";"):
                if "=" not in part:
                    continue
                name, digits = part.split("=")
                key = $name
                value = $change
                result[key] = $twice
            return result
        """,
        """
        def $f(s):
            result = {}
            for part in s.split(";"):
                name, sign, digits = part.partition("=")
                if sign:
                    value = $change
                    key = $name
                    result[key] = $twice
            return result
        """,
    ),
)
RANGE_LIST = Family(
    name="ranges",
    subject="parsing",
    level=2,
    takes={"s": RANGES},
    prepare="ranges",
    finish="ints",
    slots={
        "end": {
            "both ends included": "last + 1",
            "without their last number": "last",
            "both ends included, in steps of $k": "last + 1, $k",
        },
        "sort": {
            "in the order of s": "numbers",
            "sorted without repetitions": "sorted(set(numbers))",
            "from the last to the first": "numbers[::-1]",
            "without repetitions, in order of first occurrence": "list(dict.fromkeys(numbers))",
        },
        "single": {
            "stands for itself": "[first]",
            "stands for itself and its double": "[first, first * 2]",
            "is left out": "[]",
            "stands for the numbers from 1 up to it": "list(range(1, first + 1))",
            "stands for itself plus $k": "[first + $k]",
        },
        "k": (2, 3, 4, 5),
    },
    titles=("parse_ranges", "expand", "page_numbers"),
    asks=(
        "the list of numbers in s, $sort; s has parts separated by commas, where '3-6' is a range, $end, and a "
        "single number $single; empty parts are skipped",
    ),
    styles=(
        """
        def $f(s):
            numbers = []
            for part in s.split(","):
                if "-" in part:
                    first, last = map(int, part.split("-"))
                    numbers += list(range(first, $end))
                elif part:
                    first = int(part)
                    numbers += $single
            return $sort
        """,
        """
        def _expand(part):
            if not part:
                return []
            ends = [int(end) for end in part.split("-")]
            first = ends[0]
            last = ends[-1]
            return $single if len(ends) == 1 else range(first, $end)


        def $f(s):
            numbers = [x for part in s.split(",") for x in _expand(part)]
            return $sort
        """,
    ),
)
NUMBERS_IN_TEXT = Family(
    name="numbers_in_text",
    subject="parsing",
    level=2,
    takes={"s": NUMBERED},
    prepare="text",
    finish="ints",
    slots={
        "keep": {
            "": "True",
            " that have at least $k digits": "len(digits) >= $k",
            " that do not begin with 0": "digits[0] != '0'",
            " that are even": "int(digits) % 2 == 0",
            " that are not equal to the one found before": "not found or found[-1] != digits",
        },
        "change": {
            "as integers": "int(digits)",
            "as integers plus $k": "int(digits) + $k",
            "replaced by their number of digits": "len(digits)",
            "each replaced by the sum of its digits": "sum(map(int, digits))",
            "read backwards as integers": "int(digits[::-1])",
            "as integers modulo 1$k": "int(digits) % 1$k",
        },
        "k": (2, 3, 4, 5, 6, 7, 8, 9),
    },
    titles=("numbers_in", "extract_numbers", "scan_digits"),
    asks=("the list of the numbers (longest stretches of the digits 0 to 9) in s$keep, $change",),
    styles=(
        """
        def $f(s):
            found = []
            digits = ""
            for c in s + " ":
                if c in "0123456789":
                    digits += c
                else:
                    if digits and ($keep):
                        found.append(digits)
                    digits = ""
            return [$change for digits in found]
        """,
        """
        import re


        def $f(s):
            found = []
            for digits in re.findall("[0-9]+", s):
                if $keep:
                    found.append(digits)
            return [$change for digits in found]
        """,
    ),
)

FAMILIES = (
    PAIRS,
    RANGE_LIST,
    NUMBERS_IN_TEXT,
)
