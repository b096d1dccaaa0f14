"""Families that read a small notation, or walk through states."""

from training.families.family import Family
from training.families.kinds import ASSIGNMENTS, BRACKETS, MOVES, NUMBERED, POSTFIX, RANGES, RUN_CODE

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
            "number of matched pairs minus $k times the number of closing brackets without a partner": "matched - $k * lost",
            "greatest number of brackets open at once plus $k times the number still open at the end": "deepest + $k * len(stack)",
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
        "change": {"": "int(digits)", " plus $k": "int(digits) + $k", " times $k": "int(digits) * $k", " modulo $k": "int(digits) % $k", ", but at most 1$k": "min(int(digits), 1$k)"},
        "name": {"": "name", ", names in upper case": "name.upper()", ", of names only the first letter": "name[:1]"},
        "k": (2, 3, 4, 5, 6, 7),
    },
    titles=("parse_pairs", "read_settings", "parse_assignments"),
    asks=("a dict from the names in s to their integer values$change$name, where s has parts like 'name=12' separated by ';', parts without '=' are skipped, and of a name that comes again $twice",),
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
        "end": {"both ends included": "last + 1", "without their last number": "last", "both ends included, in steps of $k": "last + 1, $k"},
        "sort": {"in the order of s": "numbers", "sorted without repetitions": "sorted(set(numbers))", "from the last to the first": "numbers[::-1]", "without repetitions, in order of first occurrence": "list(dict.fromkeys(numbers))"},
        "single": {"stands for itself": "[first]", "stands for itself and its double": "[first, first * 2]", "is left out": "[]", "stands for the numbers from 1 up to it": "list(range(1, first + 1))", "stands for itself plus $k": "[first + $k]"},
        "k": (2, 3, 4, 5),
    },
    titles=("parse_ranges", "expand", "page_numbers"),
    asks=("the list of numbers in s, $sort; s has parts separated by commas, where '3-6' is a range, $end, and a single number $single; empty parts are skipped",),
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
POSTFIX_VALUE = Family(
    name="postfix",
    subject="stacks",
    level=3,
    takes={"s": POSTFIX},
    prepare="",
    finish="int",
    slots={
        "plus": {"adds": "a + b", "adds, plus $k,": "a + b + $k", "takes the larger of": "max(a, b)", "adds twice the second to the first of": "a + 2 * b"},
        "minus": {"subtracts the second from the first of": "a - b", "subtracts the first from the second of": "b - a", "takes the distance between": "abs(a - b)", "takes the smaller of": "min(a, b)"},
        "times": {"multiplies": "a * b", "multiplies, modulo 10$k,": "a * b % 10$k", "multiplies, and then subtracts $k from,": "a * b - $k"},
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
ROBOT = Family(
    name="robot",
    subject="state machines",
    level=2,
    takes={"moves": MOVES},
    prepare="moves",
    finish="int",
    slots={
        "what": {
            "distance from the start in steps (across plus up or down)": "abs(x) + abs(y)",
            "number of different places visited, the start included": "len(seen)",
            "sum of the coordinates of the last place": "x + y",
            "greatest distance from the start in steps (across plus up or down)": "max(abs(a) + abs(b) for a, b in seen)",
            "number of different columns visited": "len({a for a, b in seen})",
            "value of $k times x plus y at the last place": "$k * x + y",
        },
        "stride": {"one step": "1", "$m steps at once": "$m"},
        "start": {"up": "0, 1", "to the right": "1, 0", "down": "0, -1"},
        "left": {"turns it to the left": "-dy, dx", "turns it around": "-dx, -dy"},
        "k": (2, 3, 4, 5),
        "m": (2, 3),
    },
    titles=("robot", "walk", "follow"),
    asks=(
        "the $what of a robot that starts at x = 0, y = 0, looks $start, and reads moves sign by sign: 'F' is $stride "
        "forwards, 'L' $left, 'R' turns it to the right, and all else is ignored (y grows upwards)",
    ),
    styles=(
        """
        def $f(moves):
            x, y = 0, 0
            dx, dy = $start
            seen = {(0, 0)}
            for move in moves:
                if move == "L":
                    dx, dy = $left
                elif move == "R":
                    dx, dy = dy, -dx
                elif move == "F":
                    x += dx * $stride
                    y += dy * $stride
                    seen.add((x, y))
            return $what
        """,
        """
        def _step(state, move):
            x, y, dx, dy = state
            if move == "F":
                return x + $stride * dx, y + $stride * dy, dx, dy
            if move == "L":
                return (x, y, $left)
            if move == "R":
                return x, y, dy, -dx
            return state


        def $f(moves):
            states = [(0, 0, $start)]
            for move in moves:
                states.append(_step(states[-1], move))
            x, y = states[-1][:2]
            seen = {state[:2] for state in states}
            return $what
        """,
    ),
)
MACHINE = Family(
    name="counter_machine",
    subject="state machines",
    level=2,
    takes={"moves": MOVES},
    prepare="moves",
    finish="ints",
    slots={
        "forward": {"adds 1": "n + 1", "adds $k": "n + $k", "doubles it and adds 1": "2 * n + 1", "adds the number of values noted so far": "n + len(noted)"},
        "left": {"halves it, rounding down": "n // 2", "subtracts $k": "n - $k", "sets it to 0": "0", "negates it": "-n"},
        "right": {
            "the value": ("n", "n"),
            "the value modulo $k": ("n % $k", "n"),
            "the value plus the one noted before (if any)": ("n + (noted[-1] if noted else 0)", "n"),
            "the value, and sets it to 0 afterwards": ("n", "0"),
            "the value, and adds 1 to it afterwards": ("n", "n + 1"),
        },
        "start": (0, 1, 5, 10),
        "k": (2, 3, 4, 5, 6, 7),
    },
    titles=("machine", "counter", "run_machine"),
    asks=("the list of values noted by a counter that starts at $start and reads moves: 'F' $forward, 'L' $left, 'R' notes $right; other signs are ignored",),
    styles=(
        """
        def $f(moves):
            n = $start
            noted = []
            for move in moves:
                if move == "F":
                    n = $forward
                elif move == "L":
                    n = $left
                elif move == "R":
                    noted.append($right_0)
                    n = $right_1
            return noted
        """,
        """
        def $f(moves):
            noted = []
            n = $start
            for move in moves:
                if move not in "FLR":
                    continue
                if move == "R":
                    noted.append($right_0)
                n = $forward if move == "F" else $left if move == "L" else $right_1
            return noted
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
        "keep": {"": "True", " that have at least $k digits": "len(digits) >= $k", " that do not begin with 0": "digits[0] != '0'", " that are even": "int(digits) % 2 == 0", " that are not equal to the one found before": "not found or found[-1] != digits"},
        "change": {"as integers": "int(digits)", "as integers plus $k": "int(digits) + $k", "replaced by their number of digits": "len(digits)", "each replaced by the sum of its digits": "sum(map(int, digits))", "read backwards as integers": "int(digits[::-1])", "as integers modulo 1$k": "int(digits) % 1$k"},
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
DECODED = Family(
    name="run_code",
    subject="run-length coding",
    level=2,
    takes={"s": RUN_CODE},
    prepare="",
    finish="text",
    slots={
        "times": {"as often as it says": "int(digits or 1)", "once more than it says": "int(digits or 1) + 1", "$k times as often as it says": "int(digits or 1) * $k", "as often as it says, but at most $k times": "min(int(digits or 1), $k)"},
        "sign": {"the letter": "c", "the letter in upper case": "c.upper()", "the letter followed by '.'": "c + '.'", "the letter, with '$a' in place of 'a',": "('$a' if c == 'a' else c)"},
        "glue": ("", "-", " ", "/", "+"),
        "a": {"x": "x", "*": "*", "b": "b"},
        "k": (2, 3, 4, 5),
    },
    titles=("decode_runs", "unpack", "expand_runs"),
    asks=("the string that s stands for, where every letter may have a number before it and $sign is written $times (1 if it has none), with $glue between the letters' parts",),
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

PARSING = (BALANCE, PAIRS, RANGE_LIST, POSTFIX_VALUE, ROBOT, MACHINE, NUMBERS_IN_TEXT, DECODED)
