"""Families of run-length coding."""

from training.families.family import Family
from training.families.kinds import RUNS
from training.families.notation_kinds import RUN_CODE

RUN_LENGTH = Family(
    name="run_length",
    subject="run-length coding",
    level=2,
    takes={"s": RUNS},
    prepare="text",
    finish="text",
    slots={
        "form": {
            "the character and the length": "c + str(n)",
            "the length and the character": "str(n) + c",
            "the character, and the length if it is greater than 1": "c + (str(n) if n > 1 else '')",
            "the character, a colon, the length and a semicolon": "c + ':' + str(n) + ';'",
            "the length in brackets and the character": "'(' + str(n) + ')' + c",
            "the character, twice if the run is longer than $k": "c * (2 if n > $k else 1)",
            "the whole run if it is shorter than $k, else the character and '+'": "(c * n if n < $k else c + '+')",
        },
        "k": (2, 3, 4),
    },
    titles=("encode_runs", "compress", "run_length"),
    asks=(
        "the string that has, for every run of equal characters in s, $form",
        "s with every run of one repeated character replaced by $form",
    ),
    styles=(
        """
        def $f(s):
            result = ""
            start = 0
            for i in range(len(s)):
                if i + 1 == len(s) or s[i + 1] != s[i]:
                    c = s[i]
                    n = i - start + 1
                    result += $form
                    start = i + 1
            return result
        """,
        """
        def $f(s):
            runs = []
            for c in s:
                if runs and runs[-1][0] == c:
                    runs[-1][1] += 1
                else:
                    runs.append([c, 1])
            return "".join($form for c, n in runs)
        """,
        """
        from itertools import groupby


        def $f(s):
            result = []
            for c, group in groupby(s):
                n = len(list(group))
                result.append($form)
            return "".join(result)
        """,
    ),
)
DECODED = Family(
    name="run_code",
    subject="run-length coding",
    level=2,
    takes={"s": RUN_CODE},
    prepare="",
    finish="text",
    slots={
        "times": {
            "as often as it says": "int(digits or 1)",
            "once more than it says": "int(digits or 1) + 1",
            "$k times as often as it says": "int(digits or 1) * $k",
            "as often as it says, but at most $k times": "min(int(digits or 1), $k)",
        },
        "sign": {
            "the letter": "c",
            "the letter in upper case": "c.upper()",
            "the letter followed by '.'": "c + '.'",
            "the letter, with '$a' in place of 'a',": "('$a' if c == 'a' else c)",
        },
        "glue": ("", "-", " ", "/", "+"),
        "a": {"x": "x", "*": "*", "b": "b"},
        "k": (2, 3, 4, 5),
    },
    titles=("decode_runs", "unpack", "expand_runs"),
    asks=(
        "the string that s stands for, where every letter may have a number before it and $sign is written $times "
        "(1 if it has none), with $glue between the letters' parts",
    ),
    styles=(
        """
        def $f(s):
            parts = []
            digits = ""
            for c in s:
                if c.isdigit():
                    digits += c
                else:
                    parts.append($sign * ($times))
                    digits = ""
            return $glue.join(parts)
        """,
        """
        import re


        def $f(s):
            return $glue.join($sign * ($times) for digits, c in re.findall("([0-9]*)([^0-9])", s))
        """,
    ),
)

FAMILIES = (
    RUN_LENGTH,
    DECODED,
)
