"""Families that go from state to state."""

from training.families.family import Family
from training.families.notation_kinds import MOVES

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
            "number of different places on the way (the start included)": "len(seen)",
            "sum of the coordinates of the last place": "x + y",
            "greatest distance from the start in steps (across plus up or down)": (
                "max(abs(a) + abs(b) for a, b in seen)"
            ),
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
        "forward": {
            "adds 1": "n + 1",
            "adds $k": "n + $k",
            "doubles it and adds 1": "2 * n + 1",
            "adds the number of values noted so far": "n + len(noted)",
        },
        "left": {
            "halves it, rounding down": "n // 2",
            "subtracts $k": "n - $k",
            "sets it to 0": "0",
            "negates it": "-n",
        },
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
    asks=(
        "the list of values noted by a counter that starts at $start and reads moves: 'F' $forward, 'L' $left, 'R' "
        "notes $right; other signs are ignored",
    ),
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

FAMILIES = (
    ROBOT,
    MACHINE,
)
