"""Messages to jobs: text becomes token ids, cut to what the model can hold."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from assistant.errors import InputError
from assistant.prompts import FimFormat, Markup, Prompt, Special, chat_prompt, fim_context, fim_prompt, template_prompt
from assistant.protocol import ChatRequest, FimRequest, LaidOut, PromptPiece, TextRequest
from assistant.runtime.adapters import Adapters
from assistant.runtime.context import Context
from assistant.runtime.draft_model import DraftModel
from assistant.runtime.drafter import Drafter
from assistant.runtime.drafting import DraftCredit
from assistant.runtime.grammar import read_grammar
from assistant.runtime.healing import Healer
from assistant.runtime.jobs import Job, RequestClass
from assistant.runtime.json_schema import read_schema
from assistant.runtime.llama import Model, TextDecoder
from assistant.runtime.matcher import Alphabet, Matcher
from assistant.runtime.sampling import Sampler
from assistant.runtime.stops import StopStrings
from assistant.runtime.tokens import spelled
from assistant.runtime.window import SegmentedTokenizer, fit_hole, near_cursor

NUM_MARKS = 4
"""The three of a hole, and begin-of-text where a model wants it."""
CHUNKS_SHARE = 3
"""Pieces of other files get at most one part in this many of the window."""
SUFFIX_LAST_TOKENS = 64
"""Where the suffix stands behind the prefix, every keystroke computes it anew: on a CPU it must be short."""
Ids = list[int]


@dataclass(frozen=True, slots=True)
class Part:
    """Ids of one part of a hole's prompt, marks between files included."""

    role: Literal["context", "prefix", "suffix"]
    ids: Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A hole that was cut to the window."""

    prompt: tuple[Special | str | Part, ...]
    begun: bytes
    """The last token before the cursor, which may be half a word: the answer begins with it."""
    max_tokens: int
    kept_chunks: tuple[int, ...]
    window_tokens: int


class JobFactory:
    """Makes jobs for one model and context. Tokenising is thread-safe, so this runs on the reading thread.

    Args:
        window_tokens: What a completion sees of files, at most: its first keystroke waits until all that is computed.
        cost_s: Seconds that a decode of so many tokens of an answer takes.
        draft_model: Guesses ahead.
    """

    def __init__(
        self,
        model: Model,
        context: Context,
        adapters: Adapters,
        *,
        window_tokens: int,
        cost_s: Callable[[int], float],
        draft_model: DraftModel | None = None,
    ) -> None:
        self._model = model
        self._context = context
        self._adapters = adapters
        self._window_tokens = window_tokens
        self._cost_s = cost_s
        self._draft_model = draft_model
        self._draft_credit = DraftCredit()
        self._alphabet = Alphabet(model.vocab.pieces, model.vocab.end_ids)
        self._tokenizer = SegmentedTokenizer(model.vocab.tokenize, can_cut=model.vocab.is_byte_pair)
        self.limit_tokens = min(model.trained_tokens, context.num_cells)
        """Tokens one request may hold, answer included: beyond what it was trained for a model has no positions."""

    def fim(self, job_id: int, request: FimRequest) -> Job:
        """A hole in a file, trimmed to the window around the cursor.

        Raises:
            InputError: The model was not trained to fill in the middle.
        """
        hole = self._cut(request)
        ids = self._encode(hole)
        return self._job(
            job_id,
            RequestClass.WARM_UP if request.warm_up else RequestClass.KEYSTROKE,
            ids,
            request,
            max_tokens=hole.max_tokens,
            stop=(*request.stop, "\n") if request.single_line else request.stop,
            key=(request.client, request.document) if request.client else None,
            known=hole.begun,
            references=tuple(self._ids(text) for text in request.references),
        )

    def lay_out(self, request: FimRequest) -> LaidOut:
        """A hole as the model would read it, for people who want to see it. Raises as `fim`."""
        hole = self._cut(request)
        pieces = [self._piece(each) for each in hole.prompt if not isinstance(each, str)]
        if len(self._encode(hole)) > sum(piece.num_tokens for piece in pieces):
            pieces.insert(0, self._begin_of_text())
        begun = PromptPiece(role="begun", text=hole.begun.decode("utf-8", "replace"), num_tokens=0)
        return LaidOut(pieces=(*pieces, begun), kept_chunks=hole.kept_chunks, window_tokens=hole.window_tokens)

    def _encode(self, hole: Hole) -> Ids:
        return self._model.vocab.encode(tuple(each.ids if isinstance(each, Part) else each for each in hole.prompt))

    def _piece(self, part: Special | Part) -> PromptPiece:
        if isinstance(part, Special):
            return PromptPiece(role="mark", text=part.token, num_tokens=1)
        return PromptPiece(role=part.role, text=spelled(self._model.vocab, part.ids), num_tokens=len(part.ids))

    def chat(self, job_id: int, request: ChatRequest) -> Job:
        """A conversation, in the model's own template or, where it has none, in ours."""
        return self._text_job(job_id, self._chat_prompt(request), request)

    def lay_out_chat(self, request: ChatRequest) -> LaidOut:
        """A conversation as the model would read it, whole, whether there is room for it or not. Raises as `chat`."""
        prompt = self._chat_prompt(request)
        pieces = [self._chat_piece(each) for each in prompt]
        if len(self._model.vocab.encode(prompt)) > sum(piece.num_tokens for piece in pieces):
            pieces.insert(0, self._begin_of_text())
        return LaidOut(pieces=tuple(pieces), kept_chunks=(), window_tokens=self.limit_tokens)

    def _chat_prompt(self, request: ChatRequest) -> Prompt:
        model = self._model
        if not model.chat_template:
            return chat_prompt(request.messages)
        vocab = model.vocab
        return template_prompt(model.chat_template, request.messages, bos=vocab.bos_text, eos=vocab.eos_text)

    def _chat_piece(self, piece: Special | Markup | str) -> PromptPiece:
        text = piece if isinstance(piece, str) else piece.token if isinstance(piece, Special) else piece.text
        role = "message" if isinstance(piece, str) else "mark"
        return PromptPiece(role=role, text=text, num_tokens=len(self._model.vocab.join((piece,))))

    def _begin_of_text(self) -> PromptPiece:
        return PromptPiece(role="mark", text=self._model.vocab.bos_text, num_tokens=1)

    def text(self, job_id: int, request: TextRequest) -> Job:
        """Plain text to continue."""
        return self._text_job(job_id, (request.prompt,), request)

    def _cut(self, request: FimRequest) -> Hole:
        """Trim a hole to the window. Raises as `fim`."""
        form = self._model.fim
        if form is None:
            raise InputError(
                f"{self._model.name} cannot fill in the middle",
                hint="choose a model with fill-in-the-middle tokens for completions",
            )
        max_tokens = min(request.max_tokens, self.limit_tokens // 2)
        window = min(self._window_tokens, self.limit_tokens - max_tokens - NUM_MARKS)
        context, kept_chunks = self._context_of(form, request, window // CHUNKS_SHARE)
        room = window - len(context.ids)
        prefix_text, suffix_text = near_cursor(request.prefix, request.suffix, room)
        segments = self._tokenizer.segments
        order = request.order or form.order
        most_suffix = SUFFIX_LAST_TOKENS if order == "psm" and self._context.can_abort else None
        prefix, suffix = fit_hole(segments(prefix_text), segments(suffix_text), room, most_suffix=most_suffix)
        begun = self._model.vocab.pieces[prefix.pop()] if prefix else b""
        parts = (Part("prefix", prefix), Part("suffix", suffix))
        prompt = fim_prompt(form, *parts, order=order, context=(context,) if context.ids else ())
        return Hole(prompt=prompt, begun=begun, max_tokens=max_tokens, kept_chunks=kept_chunks, window_tokens=window)

    def _context_of(self, form: FimFormat, request: FimRequest, room: int) -> tuple[Part, tuple[int, ...]]:
        """Pieces of other files, the first ones first, those that fit; and which those are."""
        chunks = [(chunk.name, self._ids(chunk.text)) for chunk in request.chunks]
        kept: list[int] = []
        context: Ids = []
        for index in range(len(chunks)):
            tried = fim_context(form, [chunks[each] for each in (*kept, index)], request.name)
            ids = self._model.vocab.join(tried)
            if len(ids) <= room:
                context = ids
                kept.append(index)
        return Part("context", context), tuple(kept)

    def _ids(self, text: str) -> Ids:
        return list(chain.from_iterable(self._tokenizer.segments(text)))

    def _text_job(self, job_id: int, prompt: Prompt, request: ChatRequest | TextRequest) -> Job:
        ids = self._model.vocab.encode(prompt)
        if not ids:
            raise InputError("the prompt is empty", hint="say something")
        if len(ids) >= self.limit_tokens:
            raise InputError(
                f"the conversation has {len(ids)} tokens and {self._model.name} holds {self.limit_tokens}",
                hint="start a new conversation, or send less text",
            )
        return self._job(
            job_id,
            RequestClass.CHAT,
            ids,
            request,
            max_tokens=request.max_tokens,
            stop=request.stop,
            matcher=self._matcher(request),
        )

    def _matcher(self, request: ChatRequest | TextRequest) -> Matcher | None:
        if request.json_schema is not None:
            return Matcher(read_schema(request.json_schema), self._alphabet)
        return Matcher(read_grammar(request.grammar), self._alphabet) if request.grammar else None

    def _job(
        self,
        job_id: int,
        request_class: RequestClass,
        ids: Ids,
        request: FimRequest | ChatRequest | TextRequest,
        *,
        max_tokens: int,
        stop: tuple[str, ...],
        key: tuple[str, str] | None = None,
        known: bytes = b"",
        references: tuple[Ids, ...] = (),
        matcher: Matcher | None = None,
    ) -> Job:
        vocab = self._model.vocab
        sampler = Sampler(request, self._context.logits, num_tokens=vocab.num_tokens, prompt=ids, matcher=matcher)
        healer = Healer(vocab.index, vocab.pieces, known)

        def pick(index: int) -> int:
            return healer.choose(self._context.logits(index)) if healer.required else sampler.choose(index)

        return Job(
            id=job_id,
            request_class=request_class,
            tokens=ids,
            max_tokens=max(1, min(max_tokens, self.limit_tokens - len(ids))),
            stops=StopStrings(stop),
            decoder=TextDecoder(vocab.pieces, len(known)),
            pick=pick,
            close=sampler.close,
            drafter=Drafter(ids, references, cost_s=self._cost_s, credit=self._draft_credit, model=self._draft_model),
            weights=self._adapters.weights(request_class),
            key=key,
        )
