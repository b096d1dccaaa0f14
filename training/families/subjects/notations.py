"""Families of notations for numbers and dates, worked out without libraries."""

from training.families.family import Family
from training.families.kinds import NATURAL, SMALL
from training.families.notation_kinds import DATE, ROMAN

BASES = Family(
    name="bases",
    subject="numbers",
    level=2,
    takes={"n": NATURAL},
    prepare="natural",
    finish="text",
    slots={
        "base": (2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 20, 36),
        "alphabet": {
            "digits and small letters": "0123456789abcdefghijklmnopqrstuvwxyz",
            "digits and capital letters": "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            "letters from a (which means 0) to z, then digits": "abcdefghijklmnopqrstuvwxyz0123456789",
        },
        "order": {"the highest place first": "[::-1]", "the lowest place first": ""},
    },
    titles=("to_base", "in_base", "notation"),
    asks=(
        "n written in base $base with $alphabet, $order",
        "the string that writes n in base $base ($order) using $alphabet",
    ),
    styles=(
        """
        def $f(n):
            symbols = "$alphabet"
            result = symbols[n % $base]
            while n >= $base:
                n //= $base
                result += symbols[n % $base]
            return result$order
        """,
        """
        def _places(n):
            if n < $base:
                return [n]
            return [n % $base] + _places(n // $base)


        def $f(n):
            return "".join("$alphabet"[place] for place in _places(n))$order
        """,
    ),
)
TO_ROMAN = Family(
    name="to_roman",
    subject="roman numerals",
    level=2,
    takes={"n": SMALL},
    prepare="natural",
    finish="text",
    slots={
        "signs": {
            "the usual Roman numerals": (
                "((100, 'C'), (90, 'XC'), (50, 'L'), (40, 'XL'), (10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I'))"
            ),
            "Roman numerals without subtraction (4 is IIII, 9 is VIIII)": (
                "((100, 'C'), (50, 'L'), (10, 'X'), (5, 'V'), (1, 'I'))"
            ),
            "Roman numerals in small letters": (
                "((100, 'c'), (90, 'xc'), (50, 'l'), (40, 'xl'), (10, 'x'), (9, 'ix'), (5, 'v'), (4, 'iv'), (1, 'i'))"
            ),
            "tally marks, # for $k and | for 1": "(($k, '#'), (1, '|'))",
        },
        "value": {
            "n": "n",
            "n + $m": "n + $m",
            "the square of n modulo 10$m": "n * n % 10$m",
            "n modulo 3$m": "n % 3$m",
        },
        "zero": ("", "-", "N"),
        "k": (5, 6, 10, 12),
        "m": (1, 2, 3, 4, 5, 6, 7),
    },
    titles=("to_roman", "numeral", "write_number"),
    asks=("the number $value written in $signs, $zero if it is 0",),
    styles=(
        """
        def $f(n):
            rest = $value
            if rest == 0:
                return $zero
            result = ""
            for worth, sign in $signs:
                result += sign * (rest // worth)
                rest %= worth
            return result
        """,
        """
        def $f(n):
            rest = $value
            signs = []
            for worth, sign in $signs:
                while rest >= worth:
                    signs.append(sign)
                    rest -= worth
            return "".join(signs) or $zero
        """,
    ),
)
FROM_ROMAN = Family(
    name="from_roman",
    subject="roman numerals",
    level=2,
    takes={"s": ROMAN},
    prepare="roman",
    finish="int",
    slots={
        "worth": {
            "the usual values": "{'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}",
            "values doubled": "{'I': 2, 'V': 10, 'X': 20, 'L': 100, 'C': 200, 'D': 1000, 'M': 2000}",
            "V worth $k and the others as usual": "{'I': 1, 'V': $k, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}",
        },
        "smaller": {
            "is subtracted": "-value",
            "is left out": "0",
            "counts half, rounded down": "value // 2",
            "counts $k times": "value * $k",
        },
        "k": (4, 6, 7, 8),
    },
    titles=("from_roman", "read_numeral", "numeral_value"),
    asks=(
        "the value of s, read as a Roman numeral with $worth, where a sign just before one of higher value $smaller",
    ),
    styles=(
        """
        def $f(s):
            worth = $worth
            total = 0
            for i, sign in enumerate(s):
                value = worth[sign]
                if i + 1 < len(s) and worth[s[i + 1]] > value:
                    total += $smaller
                else:
                    total += value
            return total
        """,
        """
        def $f(s):
            total = 0
            after = 0
            for sign in reversed(s):
                value = $worth[sign]
                total += $smaller if value < after else value
                after = value
            return total
        """,
    ),
)
CALENDAR = Family(
    name="calendar",
    subject="date arithmetic",
    level=3,
    takes={"date": DATE},
    prepare="date",
    finish="int",
    slots={
        "what": {
            "number of the day in its year (1 for the first of January)": "before + day",
            "number of days left in its year": "sum(lengths) - before - day",
            "number of days left in its month": "lengths[month - 1] - day",
            "number of leap years from the year 1 to its year": "year // 4 - year // 100 + year // 400",
            "weekday, 0 for Monday (1 January of the year 1 was one)": (
                "((year - 1) * 365 + (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400 + before + day - 1) % 7"
            ),
            "number of its week, if weeks of 7 days start with the first of January": "(before + day - 1) // 7 + 1",
            "number of days in the month $k months later (in the same year's calendar)": (
                "lengths[(month - 1 + $k) % 12]"
            ),
            "day of the year modulo $k": "(before + day) % $k",
        },
        "leap": {
            "leap years as in the Gregorian calendar": "year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
            "every fourth year a leap year, as in the Julian calendar": "year % 4 == 0",
            "no leap years at all": "False",
        },
        "k": (3, 4, 5, 6, 7, 8, 9, 10, 11),
    },
    titles=("calendar", "day_number", "about_date"),
    asks=("the $what, for the given date, with $leap, computed without any library",),
    styles=(
        """
        def $f(date):
            year, month, day = map(int, date.split("-"))
            february = 29 if $leap else 28
            lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            before = sum(lengths[: month - 1])
            return $what
        """,
        """
        def $f(date):
            year = int(date[:4])
            month = int(date[5:7])
            day = int(date[8:])
            lengths = []
            for number in range(1, 13):
                if number in (4, 6, 9, 11):
                    lengths.append(30)
                elif number == 2:
                    lengths.append(29 if $leap else 28)
                else:
                    lengths.append(31)
            before = 0
            for number in range(month - 1):
                before += lengths[number]
            return $what
        """,
    ),
)

FAMILIES = (
    BASES,
    TO_ROMAN,
    FROM_ROMAN,
    CALENDAR,
)
