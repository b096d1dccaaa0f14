"""Prompts are pieces: what a user wrote can never become a control token."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import InputError
from assistant.prompts import (
    STARCODER_FIM,
    FimFormat,
    Markup,
    Special,
    chat_prompt,
    fim_context,
    fim_prompt,
    template_prompt,
)
from assistant.protocol import Message

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_suffix_first_puts_the_prefix_last() -> None:
    """In SPM (variant 2) the middle continues the prefix, so that typing appends to the prompt."""
    prefix, suffix, middle = STARCODER_FIM.prefix, STARCODER_FIM.suffix, STARCODER_FIM.middle

    assert fim_prompt(STARCODER_FIM, "P", "S") == (prefix, suffix, "S", middle, "P")
    assert fim_prompt(STARCODER_FIM, "P", "S", order="psm") == (prefix, "P", suffix, "S", middle)


def test_a_conversation_without_a_template_is_docstrings_and_code() -> None:
    """PanGu-Coder2's format: a task in triple quotes, the answer after it, the end-of-text token after that."""
    turns = (
        Message(role="user", content="add one "),
        Message(role="assistant", content="x + 1"),
        Message(role="user", content="two"),
    )

    pieces = chat_prompt(turns)

    assert pieces == ('"""\nadd one\n"""\n', "x + 1", Special("<|endoftext|>"), '"""\ntwo\n"""\n')


@given(contents=st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_what_is_said_stays_text_whatever_the_template(contents) -> None:
    """Every content comes back as a piece of its own, unchanged; template text is markup."""
    turns = [Message(role="user", content=content) for content in contents]

    pieces = template_prompt(TEMPLATE, turns, bos="", eos="")

    said = [piece for piece in pieces if isinstance(piece, str)]
    markup = "".join(piece.text for piece in pieces if isinstance(piece, Markup))
    assert said == [content for content in contents if content]
    assert markup == "<|im_start|>user\n<|im_end|>\n" * len(contents) + "<|im_start|>assistant\n"


@pytest.mark.parametrize(
    "template",
    [
        "{% for",
        "{{ raise_exception('no system role') }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{{ 1 / 0 }}",
        "{{ messages['a']['b'].c }}",
        "{{ 'text' | xmlattr }}",
    ],
)
def test_a_broken_or_hostile_template_is_refused(template) -> None:
    """A template comes with a model file; it runs in a sandbox and its errors have two lines."""
    with pytest.raises(InputError, match="chat template refused"):
        template_prompt(template, [Message(role="user", content="hi")], bos="", eos="")


CHUNKS = [("a.py", "x = 1"), ("lib/b.py", "y = 2")]
REPOSITORY_FIM = FimFormat(
    prefix=Special("<P>"),
    suffix=Special("<S>"),
    middle=Special("<M>"),
    order="spm",
    repository=Special("<R>"),
    file=Special("<F>"),
)


def test_a_family_that_knows_repositories_gets_its_marks() -> None:
    """Other files first, each under its path, then the path of the file with the hole, then the hole."""
    context = fim_context(REPOSITORY_FIM, CHUNKS, "c.py")

    assert context == (
        *(Special("<R>"), "repository\n"),
        *(Special("<F>"), "a.py\n", "x = 1", "\n"),
        *(Special("<F>"), "lib/b.py\n", "y = 2", "\n"),
        *(Special("<F>"), "c.py\n"),
    )
    assert fim_prompt(REPOSITORY_FIM, "pre", "suf", context=context)[: len(context)] == context


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_another_family_sees_other_files_as_the_beginning_of_this_one(order) -> None:
    """Under comments with their paths, directly before the prefix: in a language it knows."""
    context = fim_context(STARCODER_FIM, CHUNKS, "c.py")

    prompt = fim_prompt(STARCODER_FIM, "pre", "suf", order=order, context=context)

    assert context[:3] == ("# a.py\n", "x = 1", "\n\n")
    start = prompt.index("# a.py\n")
    assert prompt[start : start + len(context) + 1] == (*context, "pre")


def test_comments_are_the_languages_own() -> None:
    """Told by the path of the file with the hole."""
    assert fim_context(STARCODER_FIM, CHUNKS, "c.ts")[0] == "// a.py\n"


def test_without_other_files_there_is_no_context() -> None:
    """The hole is laid out as it always was."""
    assert fim_context(REPOSITORY_FIM, [], "c.py") == ()
