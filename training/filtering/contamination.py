"""Which benchmark tasks a text gives away, and where.

The rules, of which one is enough:

- `run`: ten words in a row, of which three tell, are also in the task. A word tells if it has two letters and is in at
  most a tenth of the suite's tasks; a run that is in more than two tasks says nothing. So idioms, imports and rows of
  numbers do not count. Words are compared without case, punctuation, line ends and underscores.
- `whole`: all of the task's description, prompt or program, if it has six words and one of them tells, or ten words.
- `program`: a function of the shape of the task's, under whatever names (see `shape`), if it has 20 nodes.
- `name`: the task's function name, if it has an underscore, and 0.6 of the telling words of its description, at least
  four of them. Meant for rows of a function or two: a long file has all words.

Not found: paraphrases under another name, translations, other algorithms. Nobody's overlap checks find those.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from training.dedup import WORD, words
from training.filtering.benchmarks import BenchmarkTask, Suite
from training.filtering.shape import shapes

RUN_WORDS = 10
RUN_TELLING = 3
COMMON_SHARE = 0.1
MAX_TASKS = 2
WHOLE_WORDS = 6
PROGRAM_NODES = 20
NAME_SHARE = 0.6
NAME_TELLING = 4

Rule = Literal["run", "whole", "program", "name"]
Run = tuple[str, ...]
_IDENTIFIER = re.compile(r"\b[^\W_]+_\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One task that a row gives away."""

    rule: Rule
    suite: str
    task_id: str
    field: str
    """Of the row."""
    start: int
    end: int
    """In characters of the field."""


class Detector:
    """Looks for the tasks of one suite."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        in_tasks = [(words(task.prompt), words(task.program)) for task in suite.tasks]
        common = max(MAX_TASKS, int(COMMON_SHARE * len(suite.tasks)))
        counts = Counter(word for prompt, program in in_tasks for word in {*prompt, *program})
        self._telling = {word for word, count in counts.items() if count <= common and _has_letters(word)}
        self._runs = self._index_runs(in_tasks)
        self._wholes = self._index_wholes()
        self._programs = {digest: task for task in reversed(suite.tasks) for digest in _own_shapes(task)}
        self._names = self._index_names()

    def find(self, row: "Row") -> list[Match]:
        """At most one match for each rule and task, the first in the row."""
        matches: dict[tuple[str, str], Match] = {}
        for match in self._all(row):
            matches.setdefault((match.rule, match.task_id), match)
        return list(matches.values())

    def _all(self, row: "Row") -> Iterator[Match]:
        for field, text in row.texts.items():
            yield from self._by_words(field, text, row.words[field])
            for shape in row.shapes[field]:
                if task := self._programs.get(shape.digest):
                    yield self._match("program", task, field, (shape.start, shape.end))
        yield from self._by_name(row)

    def _by_words(self, field: str, text: str, found: Sequence[str]) -> Iterator[Match]:
        runs, heads = _windows(found, RUN_WORDS), _windows(found, WHOLE_WORDS)
        if self._runs.keys().isdisjoint(runs) and self._wholes.keys().isdisjoint(heads):
            return
        spans = [match.span() for match in WORD.finditer(text)]
        for first, last, task in self._longest(runs):
            yield self._match("run", task, field, (spans[first][0], spans[last][1]))
        for first, head in enumerate(heads):
            for whole, task in self._wholes.get(head, ()):
                if tuple(found[first : first + len(whole)]) == whole:
                    yield self._match("whole", task, field, (spans[first][0], spans[first + len(whole) - 1][1]))

    def _longest(self, runs: Sequence[Run]) -> Iterator[tuple[int, int, BenchmarkTask]]:
        """(first word, last word, task) of stretches of runs of one task."""
        first, task = 0, None
        for number, run in enumerate([*runs, ()]):
            owner = self._runs.get(run)
            if owner is task:
                continue
            if task is not None:
                yield first, number + RUN_WORDS - 2, task
            first, task = number, owner

    def _by_name(self, row: "Row") -> Iterator[Match]:
        for name in sorted(self._names.keys() & row.names.keys()):
            for task, telling in self._names[name]:
                if len(telling & row.vocabulary) >= NAME_SHARE * len(telling):
                    field, start = row.names[name]
                    yield self._match("name", task, field, (start, start + len(name)))

    def _match(self, rule: Rule, task: BenchmarkTask, field: str, span: tuple[int, int]) -> Match:
        return Match(rule=rule, suite=self._suite.name, task_id=task.task_id, field=field, start=span[0], end=span[1])

    def _index_runs(self, in_tasks: Sequence[tuple[list[str], list[str]]]) -> dict[Run, BenchmarkTask]:
        runs_of = [{run for found in texts for run in _windows(found, RUN_WORDS)} for texts in in_tasks]
        counts = Counter(run for runs in runs_of for run in runs)
        return {
            run: task
            for task, runs in reversed(list(zip(self._suite.tasks, runs_of, strict=True)))
            for run in runs
            if counts[run] <= MAX_TASKS and len(self._telling.intersection(run)) >= RUN_TELLING
        }

    def _index_wholes(self) -> dict[Run, list[tuple[Run, BenchmarkTask]]]:
        """By its first words."""
        index: dict[Run, list[tuple[Run, BenchmarkTask]]] = defaultdict(list)
        for task in self._suite.tasks:
            for whole in dict.fromkeys(tuple(words(text)) for text in (task.description, task.prompt, task.program)):
                tells = self._telling.intersection(whole) or len(whole) >= RUN_WORDS
                if len(whole) >= WHOLE_WORDS and tells:
                    index[whole[:WHOLE_WORDS]].append((whole, task))
        return dict(index)

    def _index_names(self) -> dict[str, list[tuple[BenchmarkTask, set[str]]]]:
        index: dict[str, list[tuple[BenchmarkTask, set[str]]]] = defaultdict(list)
        for task in self._suite.tasks:
            telling = self._telling.intersection(words(task.description))
            if "_" in task.entry_point and len(telling) >= NAME_TELLING:
                index[task.entry_point].append((task, telling))
        return dict(index)


class Row:
    """The texts of a row, taken apart once for all suites.

    Args:
        texts: By the name of the field.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self.texts = texts
        self.words = {field: words(text) for field, text in texts.items()}
        self.shapes = {field: list(shapes(text)) for field, text in texts.items()}
        self.vocabulary = {word for found in self.words.values() for word in found}
        self.names = dict(self._names())

    def _names(self) -> Iterator[tuple[str, tuple[str, int]]]:
        """Identifiers with an underscore, the last first: the first is what a dictionary keeps."""
        for field, text in reversed(self.texts.items()):
            for match in reversed(list(_IDENTIFIER.finditer(text))):
                yield match[0], (field, match.start())


def _windows(found: Sequence[str], length: int) -> list[Run]:
    return list(zip(*(found[start:] for start in range(length)), strict=False))


def _has_letters(word: str) -> bool:
    return len(word) > 1 and not word.isdigit()


def _own_shapes(task: BenchmarkTask) -> Iterable[str]:
    """Of the function that is asked for: its helpers, such as a test for primes, are everybody's."""
    return (
        shape.digest
        for shape in shapes(task.program)
        if shape.name == task.entry_point and shape.num_nodes >= PROGRAM_NODES
    )
