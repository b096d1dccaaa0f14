"""Families of arithmetic."""

from training.families.family import Family
from training.families.kinds import NATURAL, SMALL

EUCLID = Family(
    name="euclid",
    subject="two numbers",
    level=2,
    takes={"a": NATURAL, "b": NATURAL},
    prepare="natural",
    finish="int",
    slots={
        "what": {
            "greatest common divisor": "gcd(x, y)",
            "number of common divisors": "len([d for d in range(1, gcd(x, y) + 1) if gcd(x, y) % d == 0])",
            "least common multiple": "x * y // gcd(x, y)",
            "sum of numerator and denominator of the reduced fraction": "x // gcd(x, y) + y // gcd(x, y)",
            "larger number divided by the greatest common divisor": "max(x, y) // gcd(x, y)",
        },
        "first": {"a + $k": "a + $k", "$k * a + 1": "$k * a + 1", "a % 1$k + 1": "a % 1$k + 1"},
        "second": {
            "b + 1": "b + 1",
            "$m * b + $m": "$m * b + $m",
            "b % 2$m + 1": "b % 2$m + 1",
            "a + b + $m": "a + b + $m",
        },
        "k": (1, 2, 3, 4, 5, 6),
        "m": (1, 2, 3, 4),
    },
    titles=("euclid", "common_measure", "fraction"),
    asks=("the $what of the two numbers $first and $second",),
    styles=(
        """
        def gcd(x, y):
            while y:
                x, y = y, x % y
            return x


        def $f(a, b):
            x = $first
            y = $second
            return $what
        """,
        """
        from math import gcd


        def $f(a, b):
            x, y = $first, $second
            return $what
        """,
    ),
)
STEPS = Family(
    name="steps_down",
    subject="numbers",
    level=2,
    takes={"n": NATURAL},
    prepare="natural",
    finish="ints",
    slots={
        "divisor": (2, 3, 4, 5),
        "other": {
            "multiplied by $k and increased by 1": "n * $k + 1",
            "increased by $k": "n + $k",
            "decreased by 1": "n - 1",
            "replaced by the sum of its decimal digits, plus $k": "sum(map(int, str(n))) + $k",
            "replaced by its square modulo 10$k": "n * n % 10$k",
        },
        "limit": (5, 6, 8, 10, 12),
        "k": (1, 2, 3, 5),
    },
    titles=("trajectory", "steps", "walk_down"),
    asks=(
        "the list of the numbers met when n is divided by $divisor if that is possible without remainder, and "
        "otherwise "
        "$other, again and again, beginning with n itself and ending with the first 1 or 0, or after $limit numbers",
    ),
    styles=(
        """
        def $f(n):
            met = [n]
            for _ in range($limit - 1):
                if n <= 1:
                    break
                n = n // $divisor if n % $divisor == 0 else $other
                met.append(n)
            return met
        """,
        """
        def $f(n):
            met = [n]
            while n > 1 and len(met) < $limit:
                if n % $divisor == 0:
                    n //= $divisor
                else:
                    n = $other
                met.append(n)
            return met
        """,
    ),
)
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

FAMILIES = (
    EUCLID,
    STEPS,
    RECURRENCE,
    WAYS,
)
