"""How tasks are put to models, and how the program in an answer is found."""

import ast
import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.prompts import chat_prompt
from assistant.protocol import Message
from training.extraction import code_in, longest_span, parsed, without_demonstration
from training.presets import PRESETS, preset
from training.rows import Provenance, Task

HERE = Provenance(stage="import", source="test")
WORDS = Task(id="1", prompt="Double a number.", entry_point="double", provenance=HERE)
CODE = Task(
    id="2",
    prompt=(
        "from math import ceil\n\n\ndef helper(x):\n    return ceil(x)\n\n\n"
        'def double(x: float) -> float:\n    """Double it, rounded.\n    >>> double(1)\n    2\n    """\n'
    ),
    entry_point="double",
    provenance=HERE,
)
BODY = "    return 2 * helper(x)\n"
WHOLE = "def double(x):\n    return 2 * x\n"


def fenced(code: str, mark: str = "```") -> str:
    return f"{mark}python\n{code}{mark}\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (fenced(WHOLE), WHOLE),
        (f"Sure!\n\n{fenced(WHOLE)}\nHope that helps.", WHOLE),
        (f"{fenced(WHOLE, '~~~')}", WHOLE),
        (f"1. Like so:\n   ```python\n{WHOLE}   ```\n", WHOLE),
        ("1. Like so:\n   ```python\n   def double(x):\n       return 2 * x\n   ```\n", WHOLE),
        (fenced(WHOLE) + "Use it:\n" + fenced("print(double(2))\n"), WHOLE),
        (fenced("x = 1\n" * 9) + fenced(WHOLE), "def double(x):\n    return 2 * x\n"),
        (f"```\n{WHOLE}", WHOLE),
        (f"```python\r\n{WHOLE}```".replace("\n", "\r\n"), WHOLE),
        (f"Here it is:\n{WHOLE}That is all, isn't it?", WHOLE),
        (f"from math import ceil\n\n{WHOLE}\nprint(double(2))\n", f"from math import ceil\n\n{WHOLE}"),
        (f"We import:\nimport os\n{WHOLE}", f"import os\n{WHOLE}"),
        (fenced(f"{WHOLE}\nif __name__ == '__main__':\n    print(double(1))\n"), WHOLE),
        (fenced(f"{WHOLE}assert double(1) == 2\n"), WHOLE),
        (fenced(f"def help(x):\n    return x\n\n{WHOLE}"), f"def help(x):\n    return x\n\n{WHOLE}"),
        (fenced(f"@cache\n{WHOLE}"), f"@cache\n{WHOLE}"),
        (fenced(f"async {WHOLE}"), f"async {WHOLE}"),
        (fenced("def double(x:\n    return\n"), "def double(x:\n    return\n"),
        ("def double(x:\n    return\n", "def double(x:\n    return\n"),
        ("I cannot do that.", ""),
        ("", ""),
        ("```python\n```", ""),
    ],
)
def test_the_program_in_an_answer_is_found(answer: str, expected: str) -> None:
    """Prose, fences of both kinds, demonstrations around it; what is broken stays broken."""
    assert code_in(answer, "double").strip("\n") == expected.strip("\n")


def test_a_block_that_parses_is_taken_before_a_longer_one_that_does_not() -> None:
    """A model that corrects itself writes the function twice."""
    broken = "def double(x:\n" + "    # no\n" * 20
    assert code_in(fenced(broken) + fenced(WHOLE), "double").strip() == WHOLE.strip()


LINES = (
    *("def double(x):", "    return 2 * x", "    y = (", "        x)", "import os", "", "That is all, isn't it?"),
    *("Like this:", '"""', "    '''", "@cache", "print(double(1))", ")", "x = [", "]", "if x:", "else:", "    # no"),
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=14), st.lists(st.sampled_from(LINES), max_size=14))
def test_the_span_that_is_found_parses_and_holds_the_definition(before: list[str], behind: list[str]) -> None:
    """And nothing longer from the definition on does, by trying all ends before a line at the margin."""
    lines = [*before, *LINES[:2], *behind]
    first = lines.index(LINES[0])
    found = longest_span(lines, "double")
    ends = [end for end in range(first + 1, len(lines)) if lines[end] and not lines[end][0].isspace()]
    ends = [end for end in [*ends, len(lines)] if parsed("\n".join(lines[first:end]))]

    if not ends:
        assert found == "\n".join(lines[first:])
        return
    assert parsed(found)
    assert found.rstrip("\n").endswith("\n".join(lines[first : max(ends)]).rstrip("\n"))


def test_any_function_is_taken_where_no_name_is_asked_for() -> None:
    """As in tasks of words alone."""
    assert code_in(f"So:\n{WHOLE}", "").strip() == WHOLE.strip()


def test_a_helper_before_the_function_is_no_end_of_it() -> None:
    """Four prompts of HumanEval hold one: neither the first function nor a cut at the first def will do."""
    answer = fenced(f"def other(x):\n    return x\n\n\n{WHOLE}\n\ndef third():\n    pass\n")
    assert [node.name for node in ast.parse(code_in(answer, "double")).body] == ["other", "double", "third"]


def test_tables_that_a_function_needs_are_kept() -> None:
    """Only what shows it at work leaves."""
    code = f"TABLE = [1]\nfor i in range(3):\n    TABLE.append(i)\n{WHOLE}print(TABLE)\nTABLE.clear(); double(1)\n"
    assert without_demonstration(code) == code[: code.index("print")]


@pytest.mark.parametrize("name", ["completion", "starcoder", "pangu-coder2"])
def test_a_continuation_is_a_program_with_what_it_continues(name: str) -> None:
    """Up to what ends it; a helper in the prompt is part of it."""
    made = preset(name).extract(CODE, f"\n{BODY}\ndef next_task():\n    pass\n\nprint(1)\n")

    scope: dict = {}
    exec(made, scope)  # noqa: S102 (our own text)
    assert scope["double"](1.2) == 4
    assert "next_task" not in made


def test_a_continuation_that_is_broken_stays_broken() -> None:
    """A compile error is a verdict; nothing is repaired."""
    assert parsed(preset("completion").extract(CODE, "    return (\n")) is None


@pytest.mark.parametrize("name", ["chat", "wizardcoder"])
@pytest.mark.parametrize(
    "answer", [fenced(WHOLE.replace("2 * x", "2 * helper(x)")), fenced(BODY), fenced(CODE.prompt + BODY)]
)
def test_an_answer_to_a_begun_program_keeps_its_imports_and_helpers(name: str, answer: str) -> None:
    """Whether it repeats the function, all of the prompt, or gives the body alone."""
    made = preset(name).extract(CODE, answer)

    scope: dict = {}
    exec(made, scope)  # noqa: S102 (our own text)
    assert scope["double"](1.2) == 4
    assert made.count("def helper") == 1


def test_pangu_coder2_reads_the_docstring_before_the_signature() -> None:
    """Imports and helpers stand between, so that the program is whole."""
    prompt = preset("pangu-coder2").prompt(CODE)

    assert isinstance(prompt, str)
    assert prompt.startswith('"""\nDouble it, rounded.\n>>> double(1)\n2\n"""\nfrom math import ceil\n')
    assert prompt.endswith("def double(x: float) -> float:\n")


def test_words_are_laid_out_as_our_students_were_taught() -> None:
    """The same text as `assistant.prompts.chat_prompt` makes."""
    for name in ("completion", "starcoder", "pangu-coder2"):
        assert preset(name).prompt(WORDS) == "".join(
            map(str, chat_prompt([Message(role="user", content=WORDS.prompt)]))
        )
        assert preset(name).extract(WORDS, f"{WHOLE}\nprint(double(2))\n") == WHOLE


def test_starcoder_reads_a_stripped_prompt_and_completion_all_of_it() -> None:
    """The blank at the end decides what the first token can be."""
    assert preset("starcoder").prompt(CODE) == CODE.prompt.strip()
    assert preset("completion").prompt(CODE) == CODE.prompt


def test_wizardcoder_reads_alpacas_form() -> None:
    """As its authors evaluated it."""
    prompt = preset("wizardcoder").prompt(WORDS)
    assert "### Instruction:\nCreate a Python script for this problem:\nDouble a number.\n\n### Response:" in str(
        prompt
    )


def test_a_conversation_names_the_function() -> None:
    """Tests call it by that name."""
    for task in (WORDS, CODE):
        (turn,) = preset("chat").prompt(task)
        assert isinstance(turn, Message)
        assert "`double`" in turn.content


def test_an_unknown_preset_is_told_the_known_ones() -> None:
    """In the hint."""
    with pytest.raises(InputError, match="no such preset") as caught:
        preset("gpt")
    assert "pangu-coder2" in caught.value.hint


@settings(deadline=None)
@given(st.text("ab \n`def():'\"\\x(", max_size=300))
def test_any_text_has_a_program_or_none(text: str) -> None:
    """Whatever a model says."""
    for each in PRESETS.values():
        for task in (WORDS, CODE):
            assert isinstance(each.extract(task, text), str)


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 50_000 + "1", "x\0y", "'\\d'", "\ud800", "if 1:\n" + " x\n" * 3000])
def test_code_that_breaks_parsers_breaks_nothing_here(text: str) -> None:
    """Too deep, with NUL, with invalid escapes."""
    assert isinstance(code_in(f"def double(x):\n  pass\n{text}", "double"), str)


@pytest.mark.parametrize("name", list(PRESETS))
def test_the_canonical_solutions_of_humaneval_come_through_every_preset(shared_data, name: str) -> None:
    """As a model would give them: the body to be continued, the whole function in a chat."""
    with gzip.open(shared_data / "humaneval" / "HumanEval.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    way = preset(name)
    for row in rows:
        task = Task(id=row["task_id"], prompt=row["prompt"], entry_point=row["entry_point"], provenance=HERE)
        whole = row["prompt"] + row["canonical_solution"]
        said = fenced(whole) if name in ("chat", "wizardcoder") else row["canonical_solution"]
        if name == "starcoder":
            said = "\n" + said
        assert _meaning(way.extract(task, said)) == _meaning(whole), row["task_id"]


def _meaning(code: str) -> list[str]:
    """The functions and imports, without docstrings, in any order."""
    tree = ast.parse(code)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return sorted({ast.dump(node) for node in tree.body if not isinstance(node, ast.Expr)})
