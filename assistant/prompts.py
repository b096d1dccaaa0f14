"""The one copy of every prompt template: fill-in-the-middle and chat.

A prompt is a tuple of pieces. `Special` names a control token, `Markup` is template text in which control tokens
count, and a plain `str` is a user's text, in which they never do: a source file that contains "<fim_prefix>" stays
text. Nobody joins pieces as strings; the engine and the trainer join token ids. Training builds its examples from the
same functions: what is trained is what is served.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.errors import InputError
from assistant.protocol import Message


@dataclass(frozen=True, slots=True)
class Special:
    """A control token, by the text the vocabulary gives it."""

    token: str


@dataclass(frozen=True, slots=True)
class Markup:
    """Text of a chat template: control tokens in it are control tokens."""

    text: str


Piece = Special | Markup | str
Prompt = tuple[Piece, ...]
FimOrder = Literal["psm", "spm"]
Text = TypeVar("Text")
"""A user's text: characters where prompts are written, token ids where the engine has already cut them to size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FimFormat:
    """How a model family marks prefix, suffix and middle, and in which order it reads them."""

    prefix: Special
    suffix: Special
    middle: Special
    order: FimOrder
    repository: Special | None = None
    """Begins a repository; its name follows."""
    file: Special | None = None
    """Begins a file of it; its path follows. None: the family knows one file at a time."""


STARCODER_FIM = FimFormat(
    prefix=Special("<fim_prefix>"),
    suffix=Special("<fim_suffix>"),
    middle=Special("<fim_middle>"),
    order="spm",
)
"""StarCoder reads both orders; suffix first is served, because typing then appends at the end of the prompt."""

HASH_COMMENTS = (
    ".py",
    ".pyi",
    ".rb",
    ".sh",
    ".pl",
    ".r",
    ".R",
    ".jl",
    ".yaml",
    ".yml",
    ".toml",
    ".mk",
    ".cmake",
    "file",
)
"""Ends of the paths of files whose comments begin with "#"; most others' begin with "//"."""

END_OF_TEXT = Special("<|endoftext|>")

WRITTEN_ENDS = ("<|endoftext|>", "<|endofmask|>", "</s>", "<file_sep>")
"""Control tokens as text: some servers leave them in an answer, where they end it."""

STARCODER_SPECIALS = (
    END_OF_TEXT,
    STARCODER_FIM.prefix,
    STARCODER_FIM.middle,
    STARCODER_FIM.suffix,
    Special("<fim_pad>"),
    Special("<repo_name>"),
    Special("<file_sep>"),
)
"""The first ids of our own vocabularies, in this order."""


def fim_prompt(
    form: FimFormat,
    prefix: Text,
    suffix: Text,
    *,
    order: FimOrder | None = None,
    context: tuple[Special | str | Text, ...] = (),
) -> tuple[Special | str | Text, ...]:
    """Lay out a hole so that the model's next token is the first of the middle.

    `order` overrides the family's own; training draws both. `context` is what `fim_context` made of other files.

    Source: PSM and SPM (variant 2) as in Bavarian et al. 2022 (arXiv:2207.14255) and the BigCode training code: in SPM
    the prefix follows `middle`, so that the middle is a plain continuation of it.
    """
    before, within = (context, ()) if form.file else ((), context)
    if (order or form.order) == "spm":
        return (*before, form.prefix, form.suffix, suffix, form.middle, *within, prefix)
    return (*before, form.prefix, *within, prefix, form.suffix, suffix, form.middle)


def fim_context(form: FimFormat, chunks: Sequence[tuple[str, Text]], name: str) -> tuple[Special | str | Text, ...]:
    """Lay out pieces of other files, as (path, text), before the file `name` with the hole.

    Families that were trained on whole repositories get their marks; the others see the pieces as the beginning of the
    file, each under a comment with its path.

    Source: StarCoder2 (arXiv:2402.19173, section 3) and Qwen2.5-Coder (arXiv:2409.12186, section 3.2.2).
    """
    pieces: list[Special | str | Text] = []
    if not chunks:
        return ()
    if form.file is None:
        for path, text in chunks:
            pieces += [f"{_comment_mark(name or path)} {path}\n", text, "\n\n"]
        return tuple(pieces)
    if form.repository is not None:
        pieces += [form.repository, "repository\n"]
    for path, text in chunks:
        pieces += [form.file, f"{path}\n", text, "\n"]
    return (*pieces, form.file, f"{name}\n")


def _comment_mark(path: str) -> str:
    return "#" if path.endswith(HASH_COMMENTS) else "//"


def chat_prompt(messages: Sequence[Message]) -> tuple[Special | str, ...]:
    r'''Lay out a conversation as PanGu-Coder2 was trained: the task as a docstring, the answer as the code after it.

    A user or system turn becomes `"""\n{content}\n"""\n`; an assistant turn is its text and the end-of-text token.

    Source: PanGu-Coder2 (arXiv:2307.14936), figure 3.
    '''
    pieces: list[Special | str] = []
    for message in messages:
        if message.role == "assistant":
            pieces += [message.content, END_OF_TEXT]
        else:
            pieces.append(f'"""\n{message.content.strip()}\n"""\n')
    return tuple(pieces)


def template_prompt(template: str, messages: Sequence[Message], *, bos: str, eos: str) -> Prompt:
    """Lay out a conversation by the Jinja template that came with a model.

    The template is untrusted: it runs in Jinja's immutable sandbox, and it never sees what was said. It is given random
    words instead, and the contents are put in their places afterwards, as pieces of their own.

    Raises:
        InputError: The template is broken, or refuses these roles.
    """
    word = secrets.token_hex(8)
    stand_ins = [f"{word}-{index}-" for index in range(len(messages))]
    turns = [{"role": message.role, "content": mark} for message, mark in zip(messages, stand_ins, strict=True)]
    try:
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        rendered = environment.from_string(template).render(
            messages=turns, add_generation_prompt=True, bos_token=bos, eos_token=eos, raise_exception=_refuse
        )
    except Exception as error:  # a stranger's program can fail in any way: {{ 1 / 0 }}
        raise InputError(
            f"the model's chat template refused the conversation: {error}", hint="use a model made for chat"
        ) from error
    return _put_back(rendered, stand_ins, messages)


def _refuse(reason: str) -> None:
    raise jinja2.TemplateError(reason)


def _put_back(rendered: str, stand_ins: list[str], messages: Sequence[Message]) -> Prompt:
    pieces: list[Piece] = []
    rest = rendered
    for mark, message in zip(stand_ins, messages, strict=True):
        before, found, after = rest.partition(mark)
        if found:  # a template may leave turns out
            pieces += [Markup(before), message.content]
            rest = after
    pieces.append(Markup(rest))
    return tuple(piece for piece in pieces if piece not in (Markup(""), ""))
