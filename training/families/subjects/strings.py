"""Families over the characters of a string."""

from training.families.family import Family
from training.families.kinds import LETTER_PAIR, RUNS, TEXT

CHARACTER = {
    "vowels (a, e, i, o, u, in both cases)": "c in 'aeiouAEIOU'",
    "digits": "c.isdigit()",
    "letters": "c.isalpha()",
    "capital letters": "c.isupper()",
    "small letters": "c.islower()",
    "different from $a": "c != $a",
    "between 'a' and $a in the alphabet, both included": "'a' <= c <= $a",
    "no spaces": "c != ' '",
}
"""Of a character c, after "that are"."""
LETTERS = ("b", "c", "d", "e", "g", "l", "o")
PIPELINE = Family(
    name="string_pipeline",
    subject="strings",
    takes={"s": TEXT},
    prepare="text",
    finish="text",
    slots={
        "keep": CHARACTER,
        "change": {
            "each as it is": "c",
            "each in upper case": "c.upper()",
            "each written twice": "c * 2",
            "each followed by '-'": "c + '-'",
            "each with its case swapped": "c.swapcase()",
            "each replaced by $b if it is $a": "($b if c == $a else c)",
        },
        "a": LETTERS,
        "b": ("*", "_", "x"),
    },
    titles=("select_characters", "filter_text", "rewrite"),
    asks=(
        "the string of all characters of s that are $keep, $change",
        "a string made of those characters of s that are $keep, $change, in their order",
    ),
    styles=(
        """
        def $f(s):
            return "".join($change for c in s if $keep)
        """,
        """
        def $f(s):
            result = ""
            for c in s:
                if $keep:
                    result += $change
            return result
        """,
    ),
)
COUNTED = Family(
    name="counted_characters",
    subject="strings",
    takes={"s": TEXT},
    prepare="text",
    finish="int",
    slots={
        "keep": CHARACTER,
        "value": {
            "number": "1",
            "sum of the indices": "i",
            "sum of the indices, counted from the end,": "len(s) - 1 - i",
            "number, those at even indices counted $k times,": "($k if i % 2 == 0 else 1)",
        },
        "k": (2, 3, 4, 5),
        "a": LETTERS,
    },
    titles=("count_characters", "tally", "weigh"),
    asks=("the $value of the characters of s that are $keep", "the $value of all those characters in s that are $keep"),
    styles=(
        """
        def $f(s):
            return sum($value for i, c in enumerate(s) if $keep)
        """,
        """
        def $f(s):
            total = 0
            for i in range(len(s)):
                c = s[i]
                if $keep:
                    total += $value
            return total
        """,
    ),
)
CAESAR = Family(
    name="caesar",
    subject="strings",
    level=2,
    takes={"s": TEXT},
    prepare="text",
    finish="text",
    slots={
        "amount": {
            "by $k places forwards": "$k",
            "by $k places backwards": "-$k",
            "by its index in s": "i",
            "by its index in s plus $k": "i + $k",
            "by $k places forwards at even indices and backwards at odd ones": "($k if i % 2 == 0 else -$k)",
        },
        "which": {
            "small letter a to z": ("abcdefghijklmnopqrstuvwxyz", "'a' <= c <= 'z'"),
            "capital letter A to Z": ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "'A' <= c <= 'Z'"),
            "digit": ("0123456789", "'0' <= c <= '9'"),
            "letter from a to j": ("abcdefghij", "'a' <= c <= 'j'"),
        },
        "k": (1, 2, 3, 4, 5, 7),
    },
    titles=("shift", "caesar", "encrypt"),
    asks=("s with every $which moved $amount, around the end (after the last comes the first); the rest stays",),
    styles=(
        """
        def $f(s):
            ring = "$which_0"
            result = ""
            for i, c in enumerate(s):
                if $which_1:
                    c = ring[(ring.index(c) + $amount) % len(ring)]
                result += c
            return result
        """,
        """
        def $f(s):
            first = ord("$which_0"[0])
            size = len("$which_0")
            return "".join(
                chr(first + (ord(c) - first + $amount) % size) if $which_1 else c
                for i, c in enumerate(s)
            )
        """,
    ),
)
PALINDROME = Family(
    name="palindrome",
    subject="strings",
    takes={"s": RUNS},
    prepare="text",
    finish="int",
    slots={
        "keep": {
            "characters": "True",
            "characters other than $a": "c != $a",
            "characters that are no spaces": "c != ' '",
            "characters at even indices": "i % 2 == 0",
            "characters after the first $k": "i >= $k",
        },
        "value": {
            "differs from its reverse": "a != b",
            "equals its reverse": "a == b",
            "has a character smaller than the one in its reverse": "a < b",
        },
        "a": ("a", "x", "b"),
        "k": (1, 2, 3),
    },
    titles=("mirror", "compare_reversed", "palindrome_score"),
    asks=("the number of positions at which the string of the $keep of s $value",),
    styles=(
        """
        def $f(s):
            kept = [c for i, c in enumerate(s) if $keep]
            return sum(1 for a, b in zip(kept, kept[::-1]) if $value)
        """,
        """
        def $f(s):
            kept = ""
            for i in range(len(s)):
                c = s[i]
                if $keep:
                    kept += c
            count = 0
            for i in range(len(kept)):
                a = kept[i]
                b = kept[len(kept) - 1 - i]
                if $value:
                    count += 1
            return count
        """,
    ),
)
TWO_STRINGS = Family(
    name="two_strings",
    subject="two strings",
    level=2,
    takes={"s": LETTER_PAIR, "t": LETTER_PAIR},
    prepare="text",
    finish="text",
    slots={
        "what": {
            "characters of s that also occur in t": "[c for c in s if c in t]",
            "characters of s that do not occur in t": "[c for c in s if c not in t]",
            "characters of s that equal the character of t at the same index": "[c for c, d in zip(s, t) if c == d]",
            "characters of s that differ from the one of t at the same index": "[c for c, d in zip(s, t) if c != d]",
            "larger characters of s and t at the same indices": "[max(c, d) for c, d in zip(s, t)]",
            "characters of s and t by turns, as long as both last": "[c + d for c, d in zip(s, t)]",
            "different characters of s and t in alphabetical order": "sorted(set(s) | set(t))",
            "characters of s that occur at least as often in t as in s": "[c for c in s if t.count(c) >= s.count(c)]",
            "common beginning of s and t": "[s[i] for i in range(min(len(s), len(t))) if s[: i + 1] == t[: i + 1]]",
        },
        "form": {
            "in that order": "parts",
            "in reverse order": "parts[::-1]",
            "without repetitions": "list(dict.fromkeys(parts))",
        },
        "glue": ("", ".", "-"),
    },
    titles=("compare_strings", "common", "weave"),
    asks=("the $what, $form, joined to a string with $glue between", "a string of the $what, $form (separator $glue)"),
    styles=(
        """
        def $f(s, t):
            parts = $what
            return $glue.join($form)
        """,
        """
        def $f(s, t):
            parts = []
            for part in $what:
                parts.append(part)
            result = ""
            for i, part in enumerate($form):
                result += part if i == 0 else $glue + part
            return result
        """,
    ),
)

FAMILIES = (
    PIPELINE,
    COUNTED,
    CAESAR,
    PALINDROME,
    TWO_STRINGS,
)
