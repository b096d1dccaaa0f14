"""Pairs of a description and code: from generated problems, and lifted from the documented functions of the corpus."""

import ast
import random
import textwrap
import warnings
from collections.abc import Iterator, Sequence

from assistant.prompts import chat_prompt
from assistant.protocol import Message
from training.problems import Problem
from training.tokenizer import Codec

Pair = tuple[Sequence[int], Sequence[int]]
"""(prompt, response) ids; the response ends with end-of-text."""

_DESCRIPTION_CHARS = (20, 300)


def chat_pair(codec: Codec, description: str, code: str) -> Pair:
    """A description as a chat prompt, and the code that answers it."""
    prompt = codec.encode_prompt(chat_prompt([Message(role="user", content=description)]))
    return tuple(prompt), (*codec.encode(code), codec.end_of_text)


def problem_pairs(codec: Codec, problems: Sequence[Problem], seed: int) -> list[Pair]:
    """One pair for each problem, its code in a style drawn at random."""
    rng = random.Random(seed)
    return [chat_pair(codec, problem.docstring, rng.choice(problem.solutions)) for problem in problems]


def lifted_pairs(codec: Codec, texts: Sequence[str]) -> list[Pair]:
    """Pairs from the module-level functions of the corpus that say what they do."""
    return [chat_pair(codec, description, code) for text in texts for description, code in documented(text)]


def documented(text: str) -> Iterator[tuple[str, str]]:
    """(first paragraph of the docstring, source without it) of every documented module-level function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old sources hold invalid escapes
        tree = ast.parse(text)
    lines = text.split("\n")
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or len(node.body) < 2:
            continue
        description = (ast.get_docstring(node) or "").split("\n\n")[0]
        if _DESCRIPTION_CHARS[0] <= len(description) <= _DESCRIPTION_CHARS[1] and description.isascii():
            yield " ".join(description.split()), _without_docstring(lines, node)


def _without_docstring(lines: Sequence[str], node: ast.FunctionDef) -> str:
    docstring = node.body[0]
    before = lines[node.lineno - 1 : docstring.lineno - 1]
    after = lines[docstring.end_lineno : node.end_lineno]
    return textwrap.dedent("\n".join([*before, *after])).strip("\n") + "\n"
