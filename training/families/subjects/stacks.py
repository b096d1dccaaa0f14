"""Families that need a stack."""

from training.families.family import Family
from training.families.notation_kinds import BRACKETS, POSTFIX

BALANCE = Family(
    name="brackets",
    subject="stacks",
    level=2,
    takes={"s": BRACKETS},
    prepare="brackets",
    finish="int",
    slots={
        "pairs": {
            "round and square brackets": "{')': '(', ']': '['}",
            "round brackets (other signs are ignored)": "{')': '('}",
            "square brackets (other signs are ignored)": "{']': '['}",
        },
        "what": {
            "number of brackets still open at the end": "len(stack)",
            "number of matched pairs": "matched",
            "number of closing brackets without a partner": "lost",
            "greatest number of brackets open at once": "deepest",
            "number of brackets without a partner": "lost + len(stack)",
            "number of matched pairs minus $k times the number of closing brackets without a partner": (
                "matched - $k * lost"
            ),
            "greatest number of brackets open at once plus $k times the number still open at the end": (
                "deepest + $k * len(stack)"
            ),
        },
        "k": (2, 3, 4, 5, 10),
    },
    titles=("brackets", "check_nesting", "bracket_depth"),
    asks=(
        "the $what in s, looking at $pairs: a closing bracket matches if the last bracket still open is its partner, "
        "and otherwise has no partner and changes nothing",
    ),
    styles=(
        """
        def $f(s):
            partner = $pairs
            stack = []
            matched = lost = deepest = 0
            for c in s:
                if c in partner.values():
                    stack.append(c)
                    deepest = max(deepest, len(stack))
                elif c in partner:
                    if stack and stack[-1] == partner[c]:
                        stack.pop()
                        matched += 1
                    else:
                        lost += 1
            return $what
        """,
        """
        def $f(s):
            partner = $pairs
            stack = ""
            matched = 0
            lost = 0
            deepest = 0
            for c in s:
                if c in partner and stack[-1:] == partner[c]:
                    stack = stack[:-1]
                    matched += 1
                elif c in partner:
                    lost += 1
                elif c in partner.values():
                    stack += c
                deepest = max(deepest, len(stack))
            return $what
        """,
    ),
)
POSTFIX_VALUE = Family(
    name="postfix",
    subject="stacks",
    level=3,
    takes={"s": POSTFIX},
    prepare="",
    finish="int",
    slots={
        "plus": {
            "adds": "a + b",
            "adds, plus $k,": "a + b + $k",
            "takes the larger of": "max(a, b)",
            "adds twice the second to the first of": "a + 2 * b",
        },
        "minus": {
            "subtracts the second from the first of": "a - b",
            "subtracts the first from the second of": "b - a",
            "takes the distance between": "abs(a - b)",
            "takes the smaller of": "min(a, b)",
        },
        "times": {
            "multiplies": "a * b",
            "multiplies, modulo 10$k,": "a * b % 10$k",
            "multiplies, and then subtracts $k from,": "a * b - $k",
        },
        "k": (1, 2, 3, 4, 5),
    },
    titles=("postfix", "evaluate", "calculate"),
    asks=(
        "the value of s in postfix notation, tokens separated by spaces: a number is put on a stack, '+' $plus the two "
        "uppermost, '-' $minus the two uppermost, '*' $times the two uppermost, putting the result in their place (the "
        "first of the two is the one put there earlier); 0 if s is empty",
    ),
    styles=(
        """
        def $f(s):
            stack = []
            for token in s.split():
                if token not in ("+", "-", "*"):
                    stack.append(int(token))
                    continue
                b = stack.pop()
                a = stack.pop()
                if token == "+":
                    stack.append($plus)
                elif token == "-":
                    stack.append($minus)
                else:
                    stack.append($times)
            return stack[-1] if stack else 0
        """,
        """
        def $f(s):
            signs = {"+": lambda a, b: $plus, "-": lambda a, b: $minus, "*": lambda a, b: $times}
            stack = [0]
            for token in s.split():
                if token in signs:
                    stack[-2:] = [signs[token](stack[-2], stack[-1])]
                else:
                    stack.append(int(token))
            return stack[-1]
        """,
    ),
)

FAMILIES = (
    BALANCE,
    POSTFIX_VALUE,
)
