"""Families over sequences, notations and dates, worked out without libraries."""

from training.families.family import Family
from training.families.kinds import DATE, NATURAL, ROMAN, SMALL

RECURRENCE = Family(
    name="recurrence",
    subject="recursion",
    level=2,
    takes={"n": SMALL},
    prepare="natural",
    finish="int",
    slots={
        "rule": {
            "the sum of the two before it": "a + b",
            "$p1 times the one before it plus the one before that": "$p1 * b + a",
            "the one before it plus $p1 times the one before that": "b + $p1 * a",
            "the one before it plus its own index": "b + i",
            "the sum of the two before it plus $p1": "a + b + $p1",
            "$p1 times the one before it minus the one before that": "$p1 * b - a",
        },
        "p1": (2, 3, 4),
        "start": (0, 1, 2),
        "second": (1, 2, 3, 5),
        "modulus": (97, 100, 1000, 101, 64),
    },
    titles=("term", "sequence", "nth_term"),
    asks=(
        "the term with index n of the sequence that starts with $start, $second (indices 0 and 1) and in which every "
        "further term is $rule, all modulo $modulus",
    ),
    styles=(
        """
        def $f(n):
            a, b = $start, $second
            for i in range(2, n + 2):
                a, b = b, ($rule) % $modulus
            return a % $modulus
        """,
        """
        def _terms(n):
            if n == 0:
                return $start, $second
            a, b = _terms(n - 1)
            i = n + 1
            return b, ($rule) % $modulus


        def $f(n):
            return _terms(n)[0] % $modulus
        """,
        """
        def $f(n):
            terms = [$start, $second]
            while len(terms) <= n:
                i = len(terms)
                a, b = terms[-2], terms[-1]
                terms.append(($rule) % $modulus)
            return terms[n] % $modulus
        """,
    ),
)
WAYS = Family(
    name="ways",
    subject="recursion",
    level=3,
    takes={"n": SMALL},
    prepare="natural",
    finish="int",
    slots={
        "small": (1, 2),
        "middle": (3, 4),
        "large": (5, 6, 7, 8, 9, 10),
        "order": {
            "where the order of the parts counts": ("total in range(1, n + 1)", "part in parts", "0"),
            "where the order of the parts does not count": ("part in parts", "total in range(1, n + 1)", "at"),
        },
        "modulus": (1000, 997, 100, 64),
    },
    titles=("ways", "count_sums", "num_ways"),
    asks=(
        "the number of ways to write n as a sum of the parts $small, $middle and $large, each used as often as wanted, "
        "$order (one way for n = 0), modulo $modulus",
    ),
    styles=(
        """
        def $f(n):
            parts = [$small, $middle, $large]
            ways = [1] + [0] * n
            for $order_0:
                for $order_1:
                    if part <= total:
                        ways[total] += ways[total - part]
            return ways[n] % $modulus
        """,
        """
        def $f(n):
            known = {}

            def count(rest, first):
                if rest == 0:
                    return 1
                if (rest, first) not in known:
                    total = 0
                    for at, part in enumerate(($small, $middle, $large)):
                        if at >= first and part <= rest:
                            total += count(rest - part, $order_2)
                    known[rest, first] = total
                return known[rest, first]

            return count(n, 0) % $modulus
        """,
    ),
)
FIZZ = Family(
    name="fizz",
    subject="numbers",
    takes={"n": SMALL},
    prepare="natural",
    finish="words",
    slots={
        "first": (2, 3, 4),
        "second": (5, 6, 7),
        "one": ("fizz", "tick", "ho"),
        "two": ("buzz", "tock", "hum"),
        "both": {
            "both words, the first one first,": "$one + $two",
            "both words, the second one first,": "$two + $one",
            "'both'": "'both'",
        },
        "start": {"from 1 to n": "range(1, n + 1)", "from n down to 1": "range(n, 0, -1)", "from 0 to n": "range(n + 1)"},
    },
    titles=("fizz", "count_off", "words_for_numbers"),
    asks=(
        "the list of strings for the numbers $start: $one for multiples of $first, $two for multiples of $second, $both "
        "for multiples of both, and the number itself for all others",
    ),
    styles=(
        """
        def $f(n):
            result = []
            for x in $start:
                if x % $first == 0 and x % $second == 0:
                    result.append($both)
                elif x % $first == 0:
                    result.append($one)
                elif x % $second == 0:
                    result.append($two)
                else:
                    result.append(str(x))
            return result
        """,
        """
        def _word(x):
            divides = (x % $first == 0, x % $second == 0)
            words = {(True, True): $both, (True, False): $one, (False, True): $two}
            return words.get(divides, str(x))


        def $f(n):
            return [_word(x) for x in $start]
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
            "the usual Roman numerals": "((100, 'C'), (90, 'XC'), (50, 'L'), (40, 'XL'), (10, 'X'), (9, 'IX'), (5, 'V'), (4, 'IV'), (1, 'I'))",
            "Roman numerals without subtraction (4 is IIII, 9 is VIIII)": "((100, 'C'), (50, 'L'), (10, 'X'), (5, 'V'), (1, 'I'))",
            "Roman numerals in small letters": "((100, 'c'), (90, 'xc'), (50, 'l'), (40, 'xl'), (10, 'x'), (9, 'ix'), (5, 'v'), (4, 'iv'), (1, 'i'))",
            "tally marks, # for $k and | for 1": "(($k, '#'), (1, '|'))",
        },
        "value": {"n": "n", "n + $m": "n + $m", "the square of n modulo 10$m": "n * n % 10$m", "n modulo 3$m": "n % 3$m"},
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
DURATION = Family(
    name="duration",
    subject="text formatting",
    takes={"n": NATURAL},
    prepare="natural",
    finish="text",
    slots={
        "unit": {"seconds": "n", "minutes": "n * 60", "blocks of $k seconds": "n * $k", "tens of seconds": "n * 10"},
        "form": {
            "h:mm:ss": "f'{hours}:{minutes:02}:{seconds:02}'",
            "hh:mm": "f'{hours:02}:{minutes:02}'",
            "1h 2m 3s": "f'{hours}h {minutes}m {seconds}s'",
            "minutes:seconds, without hours, like 75:05": "f'{hours * 60 + minutes}:{seconds:02}'",
            "hours.minutes, like 1.05": "f'{hours}.{minutes:02}'",
        },
        "wrap": {"": "total", ", of which whole days are left out": "total % 86400", ", of which whole half days are left out": "total % 43200"},
        "k": (2, 3, 5, 7, 15, 20, 30, 90),
    },
    titles=("duration", "clock", "format_time"),
    asks=("the length of time of n $unit$wrap, written as $form", "a string like $form for n $unit$wrap"),
    styles=(
        """
        def $f(n):
            total = $unit
            total = $wrap
            hours = total // 3600
            minutes = total % 3600 // 60
            seconds = total % 60
            return $form
        """,
        """
        def $f(n):
            total = $unit
            minutes, seconds = divmod($wrap, 60)
            hours, minutes = divmod(minutes, 60)
            return $form
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
            "number of days in the month $k months later (in the same year's calendar)": "lengths[(month - 1 + $k) % 12]",
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
    asks=("for this date, the $what, with $leap, computed without any library",),
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

SEQUENCES = (RECURRENCE, WAYS, FIZZ, TO_ROMAN, FROM_ROMAN, DURATION, CALENDAR)
