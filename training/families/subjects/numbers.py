"""Families over whole numbers."""

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
        "change": {
            "": "x",
            ", each squared": "x * x",
            ", each cubed": "x ** 3",
            ", each plus $m": "x + $m",
            ", each times $m": "x * $m",
        },
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
    asks=(
        "the ascending list of the numbers x from 1 to n $test, of which only those that are $keep are kept",
        "the list of all x with 1 <= x <= n $test, smallest first, leaving out those that are not $keep",
    ),
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
            "primes x up to n for which x + $k is prime too": (
                "[x for x in range(2, n + 1) if is_prime(x) and is_prime(x + $k)]"
            ),
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
        "start": {
            "from 1 to n": "range(1, n + 1)",
            "from n down to 1": "range(n, 0, -1)",
            "from 0 to n": "range(n + 1)",
        },
    },
    titles=("fizz", "count_off", "words_for_numbers"),
    asks=(
        "the list of strings for the numbers $start: $one for multiples of $first, $two for multiples of $second, "
        "$both "
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

FAMILIES = (
    DIGITS,
    DIVISORS,
    PRIMES,
    FIZZ,
)
