"""Families over whole numbers: digits, divisors, sequences, notations."""

from training.families.family import Family
from training.families.kinds import NATURAL, SMALL

NUMBER = {
    "even": "x % 2 == 0",
    "odd": "x % 2 == 1",
    "greater than $k": "x > $k",
    "less than $k": "x < $k",
    "different from $k": "x != $k",
    "divisible by $k": "x % $k == 0",
}

DIGITS = Family(
    name="digits",
    subject="numbers",
    takes={"n": NATURAL},
    prepare="natural",
    finish="int",
    slots={
        "keep": NUMBER,
        "change": {"": "x", ", each squared": "x * x", ", each cubed": "x ** 3", ", each plus $m": "x + $m", ", each times $m": "x * $m"},
        "reduce": {
            "sum": ("0", "total + d"),
            "product": ("1", "total * d"),
            "alternating sum (the first minus what follows, and so on from the right)": ("0", "d - total"),
            "largest value (0 if there is none)": ("0", "max(total, d)"),
            "number formed when each is added to 3 times the number before, starting from 0": ("0", "3 * total + d"),
        },
        "k": (2, 3, 4, 5, 6),
        "m": (2, 3, 4),
    },
    titles=("digit_loop", "digits_of", "fold_digits"),
    asks=("the $reduce of the decimal digits of n that are $keep$change, going from the last digit to the first",),
    styles=(
        """
        def $f(n):
            total = $reduce_0
            for x in map(int, reversed(str(n))):
                if $keep:
                    d = $change
                    total = $reduce_1
            return total
        """,
        """
        def $f(n):
            total = $reduce_0
            first = True
            while n > 0 or first:
                first = False
                x = n % 10
                n = n // 10
                if $keep:
                    d = $change
                    total = $reduce_1
            return total
        """,
    ),
)
DIVISORS = Family(
    name="divisors",
    subject="numbers",
    takes={"n": SMALL},
    prepare="natural",
    finish="ints",
    slots={
        "test": {
            "that divide n": "n % x == 0",
            "that do not divide n": "n % x != 0",
            "that leave a remainder greater than $k when they divide n": "n % x > $k",
            "whose square is at most n": "x * x <= n",
            "with an even quotient n // x": "n // x % 2 == 0",
            "that are n modulo $k, modulo $k": "x % $k == n % $k",
            "for which n + x is divisible by $m": "(n + x) % $m == 0",
        },
        "keep": NUMBER,
        "k": (2, 3, 4, 5),
        "m": (3, 4, 5, 6, 7),
    },
    titles=("divisors", "fitting_numbers", "numbers_up_to"),
    asks=("the ascending list of the numbers from 1 to n $test and are $keep", "the list of all x with 1 <= x <= n $test and are $keep, smallest first"),
    styles=(
        """
        def $f(n):
            return [x for x in range(1, n + 1) if $test and $keep]
        """,
        """
        def $f(n):
            result = []
            x = 1
            while x <= n:
                if $test and $keep:
                    result.append(x)
                x += 1
            return result
        """,
    ),
)
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
    asks=("n written in base $base with $alphabet, $order", "the string that writes n in base $base ($order) using $alphabet"),
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
        "second": {"b + 1": "b + 1", "$m * b + $m": "$m * b + $m", "b % 2$m + 1": "b % 2$m + 1", "a + b + $m": "a + b + $m"},
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
        "the list of the numbers met when n is divided by $divisor if that is possible without remainder, and otherwise "
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
PRIMES = Family(
    name="primes",
    subject="numbers",
    level=2,
    takes={"n": SMALL},
    prepare="natural",
    finish="ints",
    slots={
        "what": {
            "primes up to n": "[x for x in range(2, n + 1) if is_prime(x)]",
            "numbers from 2 to n that are no primes": "[x for x in range(2, n + 1) if not is_prime(x)]",
            "primes between n and 2 * n, both included": "[x for x in range(n, 2 * n + 1) if is_prime(x)]",
            "different prime factors of n": "[x for x in range(2, n + 1) if n % x == 0 and is_prime(x)]",
            "primes x up to n for which x + $k is prime too": "[x for x in range(2, n + 1) if is_prime(x) and is_prime(x + $k)]",
            "numbers x up to n for which $k * x + 1 is prime": "[x for x in range(1, n + 1) if is_prime($k * x + 1)]",
            "first $k primes greater than n": "[x for x in range(n + 1, 2 * n + 50) if is_prime(x)][:$k]",
        },
        "keep": NUMBER,
        "k": (2, 4, 6),
    },
    titles=("primes", "prime_list", "sieve"),
    asks=("the ascending list of the $what, of which only those that are $keep are kept",),
    styles=(
        """
        def is_prime(x):
            return x > 1 and all(x % d != 0 for d in range(2, int(x**0.5) + 1))


        def $f(n):
            found = $what
            return [x for x in found if $keep]
        """,
        """
        def is_prime(x):
            if x < 2:
                return False
            for d in range(2, x):
                if d * d > x:
                    break
                if x % d == 0:
                    return False
            return True


        def $f(n):
            result = []
            for x in $what:
                if $keep:
                    result.append(x)
            return result
        """,
    ),
)

NUMBERS = (DIGITS, DIVISORS, BASES, EUCLID, STEPS, PRIMES)
