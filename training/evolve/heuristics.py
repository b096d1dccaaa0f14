"""What a model is asked for when it shall make a problem harder.

The five ways are those of WizardCoder (arXiv:2306.08568, section 3.1), the frame is that of PanGu-Coder2
(arXiv:2307.14936, figure 2), both in words of our own: what a model copies of them is found by `filters`.
"""

import random

from assistant.protocol import Message

HEURISTICS: dict[str, str] = {
    "constraint": "State one more requirement or limit that a solution has to respect, in about ten more words.",
    "rarer": "Exchange one of its ordinary requirements for a less usual and more precise one.",
    "deeper": "If a step or two would solve it, ask for something that takes several steps of thought.",
    "misleading": "Show a short piece of faulty code beside it, so that a reader is tempted by the wrong approach.",
    "complexity": "Ask for a bound on time or memory that the obvious solution does not meet.",
}
"""By name, as it stands in a row's provenance."""
WEIGHTS: dict[str, float] = {"constraint": 2, "rarer": 2, "deeper": 2, "misleading": 1, "complexity": 1}
"""The last is to be rare with WizardCoder; the one before it leaks its own words most."""

FRAME = """\
You design tasks for programming contests. Below is a task. Write a somewhat harder one out of it, in this way: {way}

What you write
- is reasonable, and can be solved by writing code;
- asks for one Python function and says what it takes and what it returns;
- can be understood by somebody who has not seen the task below;
- keeps the tables, the code and the input that the task below has;
- is about as long as the task below.
Write nothing else: no heading, no comment, no solution.

#Given Task#
{task}

#Rewritten Task#
"""
"""The two marks are PanGu-Coder2's own, so that a leak looks like those that others know."""
VERSION = 1
"""Of these words; a row says by which it was made."""


def drawn_heuristic(seed: int, identity: str) -> str:
    """The name of one, by chance: the same for the same row of the same run."""
    names = list(HEURISTICS)
    return random.Random(f"{seed}/{identity}").choices(names, [WEIGHTS[name] for name in names])[0]


def evolution_prompt(task: str, heuristic: str) -> tuple[Message, ...]:
    """The conversation that asks for a harder task."""
    return (Message(role="user", content=FRAME.format(way=HEURISTICS[heuristic], task=task.strip())),)
